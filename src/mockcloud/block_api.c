/* Volumes as the Block API knows them. */
#include <string.h>

#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/list.h"
#include "mockcloud/volume.h"

#define BLOCK_MIN_BYTES 1000000000LL
enum { BLOCK_IOPS = 5000 };

static int64_t
block_delay_ms(const struct call *call)
{
    return config_ms(call->cloud->config, SETTING_MOCKCLOUD_VOLUME_SECONDS);
}

static json_t *
block_references(const json_t *volume)
{
    const char *server = volume_server(volume);

    if (server == NULL) {
        return json_array();
    }
    return json_pack("[{s:s, s:s, s:s, s:o, s:s, s:s}]", "id",
                     json_get_string(volume, "reference", ""), "product_resource_type",
                     "instance_server", "product_resource_id", server, "created_at",
                     world_date(json_get_i64(volume, "attached_ms", 0)), "type", "exclusive",
                     "status", "attached");
}

static json_t *
block_view(const struct call *call, json_t *volume)
{
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:s, s:o, s:o, s:o, s:n, s:s, s:O, s:{s:i, s:s}, s:o, s:s}", "id",
        json_get_string(volume, "id", ""), "name", json_get_string(volume, "name", ""), "type",
        "sbs_5k", "size", (json_int_t)json_get_i64(volume, "size", 0), "project_id",
        call->world->project, "created_at", world_date(json_get_i64(volume, "created_ms", 0)),
        "updated_at", world_date(json_get_i64(volume, "modified_ms", 0)), "references",
        block_references(volume), "parent_snapshot_id", "status", volume_status(volume), "tags",
        json_object_get(volume, "tags"), "specs", "perf_iops", BLOCK_IOPS, "class", "sbs",
        "last_detached_at", world_date(json_get_i64(volume, "detached_ms", 0)), "zone",
        json_get_string(volume, "zone", ""));
}

static json_t *
block_find(struct call *call)
{
    json_t *volume = world_find(call->world->volumes, call->zone, call->id);

    if (volume == NULL || volume_is_local(volume)) {
        call_not_found(call, "volume", call->id);
        return NULL;
    }
    return volume;
}

/* creating, resizing, deleting: it must settle first. */
static bool
block_is_settled(struct call *call, const json_t *volume)
{
    const char *status = volume_status(volume);

    if (strcmp(status, "available") == 0 || strcmp(status, "in_use") == 0) {
        return true;
    }
    call_transient(call, "volume", call->id, status);
    return false;
}

void
api_volume_create(struct call *call)
{
    const json_t *empty = json_object_get(call->body, "from_empty");
    struct volume_birth birth = { .zone = call->zone, .delay_ms = block_delay_ms(call) };

    if (!arguments_required_text(call, "name", &birth.name) ||
        !arguments_project(call, "project_id") || !arguments_tags(call, &birth.tags) ||
        !arguments_size(call, empty, "size", 0, &birth.size)) {
        return;
    }
    if (!json_is_object(empty)) {
        call_invalid(call, "from_empty", "required", "");
    } else if (birth.size < BLOCK_MIN_BYTES) {
        call_invalid(call, "size", "constraint", "at least 1 GB");
    } else {
        json_t *volume = volume_new(call->world, &birth, call->now_ms);
        call_reply(call, 200, block_view(call, volume));
    }
}

static bool
block_is_wanted(const struct call *call, const json_t *volume)
{
    const char *server = http_request_query(call->request, "product_resource_id");
    const char *holder = volume_server(volume);

    return !volume_is_local(volume) &&
           (server == NULL || (holder != NULL && strcmp(server, holder) == 0));
}

void
api_volume_list(struct call *call)
{
    const struct list_shape shape = {
        .name = "volumes",
        .table = call->world->volumes,
        .is_block = true,
        .wanted = block_is_wanted,
        .view = block_view,
    };

    list_reply(call, &shape);
}

void
api_volume_get(struct call *call)
{
    json_t *volume = block_find(call);

    if (volume != NULL) {
        call_reply(call, 200, block_view(call, volume));
    }
}

void
api_volume_update(struct call *call)
{
    json_t *volume = block_find(call);
    int64_t size_now = json_get_i64(volume, "size", 0);
    const char *name;
    json_t *tags;
    int64_t size;

    if (volume == NULL || !block_is_settled(call, volume) || !arguments_tags(call, &tags) ||
        !arguments_text(call, "name", json_get_string(volume, "name", ""), &name) ||
        !arguments_size(call, call->body, "size", size_now, &size)) {
        return;
    }
    if (size < size_now) {
        call_invalid(call, "size", "constraint", "a volume can only grow");
        return;
    }
    world_set_text(call->world, volume, "name", arena_strdup(call->arena, name));
    world_set_i64(call->world, volume, "modified_ms", call->now_ms);
    if (tags != NULL) {
        world_set_json(call->world, volume, "tags", json_incref(tags));
    }
    if (size > size_now) {
        volume_resize(call->world, volume, size, call->now_ms, block_delay_ms(call));
    }
    call_reply(call, 200, block_view(call, volume));
}

void
api_volume_delete(struct call *call)
{
    json_t *volume = block_find(call);

    if (volume == NULL) {
        return;
    }
    if (volume_server(volume) != NULL) {
        call_precondition(call, 412, "resource_still_in_use", "the volume must be detached first");
    } else if (block_is_settled(call, volume)) {
        volume_delete(call->world, volume, call->now_ms, block_delay_ms(call));
        call_reply(call, 204, NULL);
    }
}
