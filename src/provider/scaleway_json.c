/* scaleway_json.c: reads Scaleway's things into views.  Leaves texts in the arena. */
#include "provider/scaleway_step.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const char *
scaleway_text(struct arena *arena, const json_t *object, const char *key)
{
    return arena_strdup(arena, json_get_string(object, key, ""));
}

static const char *
scaleway_inner_text(struct arena *arena, const json_t *object, const char *member, const char *key)
{
    return scaleway_text(arena, json_object_get(object, member), key);
}

static const char *const *
scaleway_read_tags(struct arena *arena, const json_t *thing, size_t *count)
{
    const json_t *tags = json_object_get(thing, "tags");
    size_t size = json_array_size(tags);
    const char **out = arena_array(arena, const char *, size + 1);
    *count = 0;
    for (size_t i = 0; i < size; i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        if (tag != NULL) {
            out[(*count)++] = arena_strdup(arena, tag);
        }
    }
    return out;
}

static bool
scaleway_has_tag(const json_t *tags, const char *wanted)
{
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        if (tag != NULL && strcmp(tag, wanted) == 0) {
            return true;
        }
    }
    return false;
}

bool
scaleway_has_tags(const struct provider_call *call, const json_t *thing)
{
    const json_t *tags = json_object_get(thing, "tags");
    for (size_t i = 0; i < call->tag_count; i++) {
        if (!scaleway_has_tag(tags, call->tags[i])) {
            return false;
        }
    }
    return true;
}

bool
scaleway_is_about_ref(const struct scaleway_step *step, const json_t *thing)
{
    return strcasecmp(json_get_string(thing, "id", ""), step->call->ref) == 0;
}

/* "2025-09-05T15:45:56.437719+00:00" or "...Z" to ms since 1970; 0 when it is neither. */
static int64_t
scaleway_time_ms(const char *text)
{
    struct tm tm = { 0 };
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL) {
        return 0;
    }
    double fraction = 0;
    int length = 0;
    if (*rest == '.' && sscanf(rest, "%lf%n", &fraction, &length) == 1) {
        rest += length;
    }
    int hours = 0;
    int minutes = 0;
    if ((*rest == '+' || *rest == '-') && sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2) {
        return 0;
    }
    int64_t offset_s = (hours * 60 + minutes) * (*rest == '-' ? -60 : 60);
    return ((int64_t)timegm(&tm) - offset_s) * 1000 + (int64_t)(fraction * 1000);
}

/* Bytes; the API has been seen to give whole GB for volumes shown with a server. */
static int64_t
scaleway_size_bytes(const json_t *thing)
{
    enum { BYTES_PER_GB = 1000000000, SMALLEST_IN_BYTES = 1000000 };
    int64_t size = json_get_i64(thing, "size", 0);
    return size > 0 && size < SMALLEST_IN_BYTES ? size * BYTES_PER_GB : size;
}

bool
scaleway_read_volume(struct arena *arena, const json_t *volume, struct volume_view *out)
{
    *out = (struct volume_view){
        .ref = scaleway_text(arena, volume, "id"),
        .name = scaleway_text(arena, volume, "name"),
        .volume_type = scaleway_text(arena, volume, "volume_type"),
        .size_bytes = scaleway_size_bytes(volume),
        .is_boot = json_get_bool(volume, "boot", false),
        .server_ref = scaleway_inner_text(arena, volume, "server", "id"),
        .status = scaleway_text(arena, volume, "state"),
    };
    out->tags = scaleway_read_tags(arena, volume, &out->tag_count);
    return out->ref[0] != '\0';
}

/* The machine among a block volume's references; "" when there is none. */
static const char *
scaleway_block_server(struct arena *arena, const json_t *volume)
{
    const json_t *references = json_object_get(volume, "references");
    for (size_t i = 0; i < json_array_size(references); i++) {
        const json_t *reference = json_array_get(references, i);
        if (strcmp(json_get_string(reference, "product_resource_type", ""), "instance_server") ==
            0) {
            return scaleway_text(arena, reference, "product_resource_id");
        }
    }
    return "";
}

/* The block API names the class of storage ("sbs_5k"); everywhere else the same volume is an
 * "sbs_volume", which is what says where it lives. */
bool
scaleway_read_block_volume(struct arena *arena, const json_t *volume, struct volume_view *out)
{
    *out = (struct volume_view){
        .ref = scaleway_text(arena, volume, "id"),
        .name = scaleway_text(arena, volume, "name"),
        .volume_type = "sbs_volume",
        .size_bytes = scaleway_size_bytes(volume),
        .server_ref = scaleway_block_server(arena, volume),
        .status = scaleway_text(arena, volume, "status"),
    };
    out->tags = scaleway_read_tags(arena, volume, &out->tag_count);
    return out->ref[0] != '\0';
}

bool
scaleway_read_address(struct arena *arena, const json_t *ip, struct address_view *out)
{
    *out = (struct address_view){
        .ref = scaleway_text(arena, ip, "id"),
        .address = scaleway_text(arena, ip, "address"),
        .server_ref = scaleway_inner_text(arena, ip, "server", "id"),
    };
    out->tags = scaleway_read_tags(arena, ip, &out->tag_count);
    return out->ref[0] != '\0';
}

bool
scaleway_read_group(struct arena *arena, const json_t *group, struct security_group_view *out)
{
    *out = (struct security_group_view){
        .ref = scaleway_text(arena, group, "id"),
        .name = scaleway_text(arena, group, "name"),
    };
    out->tags = scaleway_read_tags(arena, group, &out->tag_count);
    return out->ref[0] != '\0';
}

/* The flag may be missing on the boot volume: then it is the first network volume, else the
 * first of all. */
static void
scaleway_mark_boot(struct volume_view *volumes, size_t count)
{
    struct volume_view *boot = count > 0 ? &volumes[0] : NULL;
    for (size_t i = count; i-- > 0;) {
        if (volumes[i].is_boot) {
            return;
        }
        if (strcmp(volumes[i].volume_type, "sbs_volume") == 0) {
            boot = &volumes[i];
        }
    }
    if (boot != NULL) {
        boot->is_boot = true;
    }
}

static bool
scaleway_add_server_volume(struct arena *arena, struct server_view *server,
                           struct volume_view *volumes, const json_t *volume)
{
    struct volume_view *out = &volumes[server->volume_count++];
    if (!scaleway_read_volume(arena, volume, out)) {
        return false;
    }
    out->server_ref = server->ref;
    return true;
}

/* "volumes" is an object keyed "0", "1", ... or an array. */
static bool
scaleway_read_server_volumes(struct arena *arena, const json_t *volumes, struct server_view *out)
{
    size_t size = json_is_array(volumes) ? json_array_size(volumes) : json_object_size(volumes);
    struct volume_view *views = arena_array(arena, struct volume_view, size + 1);
    json_t *walked = (json_t *)(uintptr_t)volumes; /* jansson's walk takes no const */
    size_t index;
    const char *key;
    json_t *volume;
    json_array_foreach(walked, index, volume)
    {
        if (!scaleway_add_server_volume(arena, out, views, volume)) {
            return false;
        }
    }
    json_object_foreach(walked, key, volume)
    {
        if (!scaleway_add_server_volume(arena, out, views, volume)) {
            return false;
        }
    }
    scaleway_mark_boot(views, out->volume_count);
    out->volumes = views;
    return true;
}

static bool
scaleway_knows_address(const struct address_view *addresses, size_t count, const char *ref)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(addresses[i].ref, ref) == 0) {
            return true;
        }
    }
    return false;
}

/* "public_ip" is one of "public_ips", where both are given. */
static bool
scaleway_read_server_addresses(struct arena *arena, const json_t *server, struct server_view *out)
{
    const json_t *first = json_object_get(server, "public_ip");
    const json_t *all = json_object_get(server, "public_ips");
    struct address_view *views = arena_array(arena, struct address_view, json_array_size(all) + 1);
    for (size_t i = 0; i <= json_array_size(all); i++) {
        const json_t *ip = i == 0 ? first : json_array_get(all, i - 1);
        struct address_view *view = &views[out->address_count];
        if (!json_is_object(ip)) {
            continue;
        }
        if (!scaleway_read_address(arena, ip, view)) {
            return false;
        }
        view->server_ref = out->ref;
        out->address_count += scaleway_knows_address(views, out->address_count, view->ref) ? 0 : 1;
    }
    out->addresses = views;
    out->address = out->address_count > 0 ? views[0].address : "";
    return true;
}

bool
scaleway_read_server(struct arena *arena, const json_t *server, struct server_view *out)
{
    *out = (struct server_view){
        .ref = scaleway_text(arena, server, "id"),
        .name = scaleway_text(arena, server, "name"),
        .state = server_state_parse(json_get_string(server, "state", "")),
        .security_group_ref = scaleway_inner_text(arena, server, "security_group", "id"),
        .created_ms = scaleway_time_ms(json_get_string(server, "creation_date", "")),
    };
    out->tags = scaleway_read_tags(arena, server, &out->tag_count);
    return out->ref[0] != '\0' &&
           scaleway_read_server_volumes(arena, json_object_get(server, "volumes"), out) &&
           scaleway_read_server_addresses(arena, server, out);
}
