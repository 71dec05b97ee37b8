/* Volumes as the Instance API knows them: local ones only.  Block volumes are not found here. */
#include <string.h>

#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/list.h"
#include "mockcloud/local_volume_view.h"
#include "mockcloud/server_view.h"
#include "mockcloud/volume.h"

#define LOCAL_VOLUME_MIN_BYTES 1000000000LL

json_t *
local_volume_view(const struct call *call, json_t *volume)
{
    return json_pack(
        "{s:s, s:s, s:s, s:n, s:s, s:s, s:o, s:I, s:s, s:o, s:o, s:O, s:s}", "id",
        json_get_string(volume, "id", ""), "name", json_get_string(volume, "name", ""),
        "volume_type", "l_ssd", "export_uri", "organization", call->world->organization, "project",
        call->world->project, "server", server_summary(call->world, volume_server(volume)), "size",
        (json_int_t)json_get_i64(volume, "size", 0), "state", "available", "creation_date",
        world_date(json_get_i64(volume, "created_ms", 0)), "modification_date",
        world_date(json_get_i64(volume, "modified_ms", 0)), "tags", json_object_get(volume, "tags"),
        "zone", json_get_string(volume, "zone", ""));
}

static json_t *
local_volume_find(struct call *call)
{
    json_t *volume = world_find(call->world->volumes, call->zone, call->id);

    if (volume == NULL || !volume_is_local(volume)) {
        call_not_found(call, "instance_volume", call->id);
        return NULL;
    }
    return volume;
}

void
api_local_volume_create(struct call *call)
{
    struct volume_birth birth = { .zone = call->zone, .is_local = true };
    const char *type;

    if (!arguments_required_text(call, "name", &birth.name) ||
        !arguments_project(call, "project") || !arguments_tags(call, &birth.tags) ||
        !arguments_text(call, "volume_type", "l_ssd", &type) ||
        !arguments_size(call, call->body, "size", 0, &birth.size)) {
        return;
    }
    if (strcmp(type, "l_ssd") != 0) {
        call_invalid(call, "volume_type", "constraint", "only l_ssd is made here");
    } else if (birth.size < LOCAL_VOLUME_MIN_BYTES) {
        call_invalid(call, "size", "constraint", "at least 1 GB");
    } else {
        json_t *volume = volume_new(call->world, &birth, call->now_ms);
        call_reply_named(call, 201, "volume", local_volume_view(call, volume));
    }
}

static bool
local_volume_is_wanted(const struct call *call, const json_t *volume)
{
    const char *type = http_request_query(call->request, "volume_type");

    return volume_is_local(volume) && (type == NULL || strcmp(type, "l_ssd") == 0);
}

void
api_local_volume_list(struct call *call)
{
    const struct list_shape shape = {
        .name = "volumes",
        .table = call->world->volumes,
        .wanted = local_volume_is_wanted,
        .view = local_volume_view,
    };

    list_reply(call, &shape);
}

void
api_local_volume_get(struct call *call)
{
    json_t *volume = local_volume_find(call);

    if (volume != NULL) {
        call_reply_named(call, 200, "volume", local_volume_view(call, volume));
    }
}

void
api_local_volume_update(struct call *call)
{
    json_t *volume = local_volume_find(call);
    const char *name;
    json_t *tags;

    if (volume == NULL || !arguments_tags(call, &tags) ||
        !arguments_text(call, "name", json_get_string(volume, "name", ""), &name)) {
        return;
    }
    world_set_text(call->world, volume, "name", arena_strdup(call->arena, name));
    if (tags != NULL) {
        world_set_json(call->world, volume, "tags", json_incref(tags));
    }
    world_set_i64(call->world, volume, "modified_ms", call->now_ms);
    call_reply_named(call, 200, "volume", local_volume_view(call, volume));
}

void
api_local_volume_delete(struct call *call)
{
    json_t *volume = local_volume_find(call);

    if (volume == NULL) {
        return;
    }
    if (volume_server(volume) != NULL) {
        call_precondition(call, 400, "resource_still_in_use", "a server is attached to the volume");
        return;
    }
    volume_delete(call->world, volume, call->now_ms, 0);
    call_reply(call, 204, NULL);
}
