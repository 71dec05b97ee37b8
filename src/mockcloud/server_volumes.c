#include "mockcloud/server_volumes.h"

#include <string.h>

#include "base/json.h"
#include "mockcloud/arguments.h"
#include "mockcloud/volume.h"

enum { SERVER_VOLUMES_MAX = 16 };
#define SERVER_VOLUMES_ROOT_BYTES 20000000000LL

/* The wish for place i, or NULL. */
static json_t *
server_volumes_wish(const struct call *call, int place)
{
    return json_object_get(json_object_get(call->body, "volumes"),
                           arena_printf(call->arena, "%d", place));
}

static bool
server_volumes_wants_local(const json_t *wish)
{
    return strcmp(json_get_string(wish, "volume_type", "l_ssd"), "l_ssd") == 0;
}

static bool
server_volumes_check_one(struct call *call, const json_t *wish, const char *server_id,
                         int64_t *local_bytes)
{
    const char *id = json_get_string(wish, "id", NULL);
    const json_t *volume = world_find(call->world->volumes, call->zone, id);
    const char *holder = volume_server(volume);
    int64_t size = 0;

    if (id == NULL) {
        if (!arguments_size(call, wish, "size", SERVER_VOLUMES_ROOT_BYTES, &size)) {
            return false;
        }
        *local_bytes += server_volumes_wants_local(wish) ? size : 0;
        return true;
    }
    if (volume == NULL) {
        call_not_found(call, "volume", id);
        return false;
    }
    if (holder != NULL && (server_id == NULL || strcmp(holder, server_id) != 0)) {
        call_precondition(call, 400, "resource_still_in_use", "the volume is attached elsewhere");
        return false;
    }
    *local_bytes += volume_is_local(volume) ? json_get_i64(volume, "size", 0) : 0;
    return true;
}

bool
server_volumes_check(struct call *call, const struct product *product, const char *server_id)
{
    const json_t *wishes = json_object_get(call->body, "volumes");
    int64_t local_bytes = 0;

    if (wishes != NULL && !json_is_null(wishes) && !json_is_object(wishes)) {
        call_invalid(call, "volumes", "format", "must be an object");
        return false;
    }
    for (int place = 0; place < SERVER_VOLUMES_MAX; place++) {
        const json_t *wish = server_volumes_wish(call, place);
        if (wish != NULL && !server_volumes_check_one(call, wish, server_id, &local_bytes)) {
            return false;
        }
    }
    if (product != NULL && local_bytes > product->local_max_bytes) {
        call_invalid(call, "volumes", "constraint",
                     arena_printf(call->arena,
                                  "the total size of local volumes must be between 0 B and %lld B",
                                  (long long)product->local_max_bytes));
        return false;
    }
    return true;
}

static bool
server_volumes_names(const struct call *call, const char *volume_id)
{
    for (int place = 0; place < SERVER_VOLUMES_MAX; place++) {
        const char *id = json_get_string(server_volumes_wish(call, place), "id", NULL);
        if (id != NULL && strcmp(id, volume_id) == 0) {
            return true;
        }
    }
    return false;
}

static void
server_volumes_detach_others(const struct call *call, const json_t *server)
{
    size_t index;
    json_t *id;

    json_array_foreach(json_object_get(server, "volumes"), index, id)
    {
        json_t *volume = world_find(call->world->volumes, NULL, json_string_value(id));
        if (volume != NULL && !server_volumes_names(call, json_string_value(id))) {
            volume_detach(call->world, volume, call->now_ms);
        }
    }
}

/* wish NULL: the implicit root. */
static json_t *
server_volumes_create(const struct call *call, const json_t *server, const json_t *wish)
{
    const char *name = arena_printf(call->arena, "%s root", json_get_string(server, "name", ""));
    const struct volume_birth birth = {
        .zone = call->zone,
        .name = json_get_string(wish, "name", name),
        .size = json_get_i64(wish, "size", SERVER_VOLUMES_ROOT_BYTES),
        .is_local = wish != NULL && server_volumes_wants_local(wish),
        .tags = json_object_get(server, "tags"),
    };

    return volume_new(call->world, &birth, call->now_ms);
}

static json_t *
server_volumes_take(const struct call *call, const json_t *server, const json_t *wish)
{
    const char *id = json_get_string(wish, "id", NULL);

    return id == NULL ? server_volumes_create(call, server, wish)
                      : world_find(call->world->volumes, call->zone, id);
}

void
server_volumes_apply(struct call *call, json_t *server, bool with_root)
{
    const char *server_id = json_get_string(server, "id", "");
    json_t *ids = json_array();

    server_volumes_detach_others(call, server);
    for (int place = 0; place < SERVER_VOLUMES_MAX; place++) {
        const json_t *wish = server_volumes_wish(call, place);
        if (wish == NULL && !(with_root && place == 0)) {
            continue;
        }
        json_t *volume = server_volumes_take(call, server, wish);
        const char *holder = volume_server(volume);
        if (holder == NULL) {
            volume_attach(call->world, volume, server_id, call->now_ms);
        }
        json_array_append(ids, json_object_get(volume, "id"));
    }
    world_set_json(call->world, server, "volumes", ids);
}
