#include "mockcloud/volume.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "mockcloud/bill.h"

static void
volume_set_status(struct world *world, json_t *volume, const char *status, int64_t due_ms)
{
    world_set_text(world, volume, "status", status);
    world_set_i64(world, volume, "due_ms", due_ms);
}

json_t *
volume_new(struct world *world, const struct volume_birth *birth, int64_t now_ms)
{
    json_t *volume = world_add(world, world->volumes, birth->zone, now_ms);
    bool at_once = birth->is_local || birth->delay_ms == 0;

    world_set_text(world, volume, "name", birth->name);
    world_set_i64(world, volume, "size", birth->size);
    world_set_bool(world, volume, "is_local", birth->is_local);
    world_set_json(world, volume, "tags",
                   birth->tags == NULL ? json_array() : json_incref(birth->tags));
    volume_set_status(world, volume, at_once ? "available" : "creating",
                      at_once ? 0 : now_ms + birth->delay_ms);
    bill_open(world, "volume", volume, now_ms);
    return volume;
}

bool
volume_is_local(const json_t *volume)
{
    return json_get_bool(volume, "is_local", false);
}

const char *
volume_status(const json_t *volume)
{
    return json_get_string(volume, "status", "available");
}

const char *
volume_server(const json_t *volume)
{
    return json_get_string(volume, "server", NULL);
}

void
volume_attach(struct world *world, json_t *volume, const char *server_id, int64_t now_ms)
{
    char reference[UUID_TEXT_SIZE];

    digest_uuid(reference);
    world_set_text(world, volume, "server", server_id);
    world_set_text(world, volume, "reference", reference);
    world_set_i64(world, volume, "attached_ms", now_ms);
    world_set_i64(world, volume, "modified_ms", now_ms);
    volume_set_status(world, volume, "in_use", 0);
}

void
volume_detach(struct world *world, json_t *volume, int64_t now_ms)
{
    world_set_text(world, volume, "server", NULL);
    world_set_i64(world, volume, "detached_ms", now_ms);
    world_set_i64(world, volume, "modified_ms", now_ms);
    volume_set_status(world, volume, "available", 0);
}

void
volume_resize(struct world *world, json_t *volume, int64_t size, int64_t now_ms, int64_t delay_ms)
{
    world_set_i64(world, volume, "size", size);
    world_set_i64(world, volume, "modified_ms", now_ms);
    volume_set_status(world, volume, "resizing", now_ms + delay_ms);
}

static void
volume_end(struct world *world, const json_t *volume, int64_t now_ms)
{
    const char *id = json_get_string(volume, "id", "");

    bill_close(world, id, now_ms);
    world_remove(world, world->volumes, id);
}

void
volume_delete(struct world *world, json_t *volume, int64_t now_ms, int64_t delay_ms)
{
    if (delay_ms == 0) {
        volume_end(world, volume, now_ms);
        return;
    }
    volume_set_status(world, volume, "deleting", now_ms + delay_ms);
}

void
volume_arrive(struct world *world, json_t *volume, int64_t now_ms)
{
    if (strcmp(volume_status(volume), "deleting") == 0) {
        volume_end(world, volume, now_ms);
        return;
    }
    volume_set_status(world, volume, volume_server(volume) == NULL ? "available" : "in_use", 0);
}
