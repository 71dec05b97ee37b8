#include "mockcloud/world.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/ghosts.h"

enum { WORLD_VERSION = 1 };

static json_t *
world_table(struct world *world, const char *name, bool is_array)
{
    json_t *table = json_object_get(world->document, name);

    if (is_array ? !json_is_array(table) : !json_is_object(table)) {
        table = is_array ? json_array() : json_object();
        json_object_set_new(world->document, name, table);
    }
    return table;
}

static void
world_bind(struct world *world)
{
    world->servers = world_table(world, "servers", false);
    world->volumes = world_table(world, "volumes", false);
    world->addresses = world_table(world, "addresses", false);
    world->groups = world_table(world, "security_groups", false);
    world->bill = world_table(world, "bill", true);
}

struct world *
world_new(const struct config *config)
{
    struct world *world = mem_zalloc(sizeof *world);
    const char *organization = config_text(config, SETTING_MOCKCLOUD_ORGANIZATION_ID);

    world->document = json_pack("{s:i}", "version", WORLD_VERSION);
    world->project = config_text(config, SETTING_MOCKCLOUD_PROJECT_ID);
    world->organization = organization[0] == '\0' ? world->project : organization;
    world->zones = config_text(config, SETTING_MOCKCLOUD_ZONES);
    world_bind(world);
    return world;
}

void
world_free(struct world *world)
{
    if (world == NULL) {
        return;
    }
    ghosts_free(world);
    json_decref(world->document);
    mem_free(world);
}

struct error
world_adopt(struct world *world, struct arena *arena, json_t *document)
{
    int64_t version = json_get_i64(document, "version", 0);

    if (version != WORLD_VERSION) {
        return error_make(arena, ERR_INPUT, "state of version %lld, known is %d",
                          (long long)version, WORLD_VERSION);
    }
    json_decref(world->document);
    world->document = json_incref(document);
    world_bind(world);
    return NO_ERROR;
}

bool
world_has_zone(const struct world *world, const char *zone)
{
    size_t length = strlen(zone);
    const char *at = world->zones;

    while (length > 0 && at != NULL) {
        if (strncmp(at, zone, length) == 0 && (at[length] == ',' || at[length] == '\0')) {
            return true;
        }
        at = strchr(at, ',');
        at = at == NULL ? NULL : at + 1;
    }
    return false;
}

json_t *
world_find(const json_t *table, const char *zone, const char *id)
{
    json_t *thing = id == NULL ? NULL : json_object_get(table, id);

    if (thing == NULL || (zone != NULL && strcmp(json_get_string(thing, "zone", ""), zone) != 0)) {
        return NULL;
    }
    return thing;
}

json_t *
world_add(struct world *world, json_t *table, const char *zone, int64_t now_ms)
{
    char id[UUID_TEXT_SIZE];

    digest_uuid(id);
    json_t *thing = json_pack("{s:s, s:s, s:I, s:I}", "id", id, "zone", zone, "created_ms",
                              (json_int_t)now_ms, "modified_ms", (json_int_t)now_ms);
    json_object_set_new(table, id, thing);
    world->changed = true;
    return thing;
}

void
world_set_json(struct world *world, json_t *thing, const char *key, json_t *stolen)
{
    json_object_set_new(thing, key, stolen);
    world->changed = true;
}

void
world_set_text(struct world *world, json_t *thing, const char *key, const char *value)
{
    world_set_json(world, thing, key, json_string_or_null(value));
}

void
world_set_i64(struct world *world, json_t *thing, const char *key, int64_t value)
{
    world_set_json(world, thing, key, json_integer(value));
}

void
world_set_bool(struct world *world, json_t *thing, const char *key, bool value)
{
    world_set_json(world, thing, key, json_boolean(value));
}

void
world_remove(struct world *world, json_t *table, const char *id)
{
    json_t *thing = json_object_get(table, id);

    if (thing != NULL) {
        ghosts_add(world, table, thing);
    }
    json_object_del(table, id);
    world->changed = true;
}

json_t *
world_date(int64_t wall_ms)
{
    char text[CLOCK_TEXT_SIZE];

    if (wall_ms == 0) {
        return json_null();
    }
    clock_format(wall_ms, text);
    return json_string(text);
}
