#include "memory_world.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct type_view memory_types[] = {
    { "mock-local-instance", 1, 24000000000, 4, 16000000000, 1000000000, 0.01, "available" },
    { "L4-1-24G", 1, 24000000000, 8, 48000000000, 2500000000, 0.75, "available" },
    { "H100-1-80G", 1, 80000000000, 24, 240000000000, 10000000000, 2.73, "available" },
};

static void
memory_thing_drop_tags(struct memory_thing *thing)
{
    for (size_t i = 0; i < thing->tag_count; i++) {
        mem_free(thing->tags[i]);
    }
    mem_free(thing->tags);
    thing->tags = NULL;
    thing->tag_count = 0;
}

static void
memory_thing_free(struct memory_thing *thing)
{
    memory_thing_drop_tags(thing);
    mem_free(thing->zone);
    mem_free(thing->name);
    mem_free(thing->user_data);
    mem_free(thing);
}

void
memory_world_reset(struct memory_world *world)
{
    while (world->things != NULL) {
        memory_world_remove(world, world->things);
    }
    *world = (struct memory_world){ .boot_ms = 1000, .stop_ms = 500 };
    memcpy(world->types, memory_types, sizeof(memory_types));
    world->type_count = ARRAY_LENGTH(memory_types);
}

void
memory_world_settle(struct memory_world *world)
{
    for (struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        if (thing->due_ms != 0 && thing->due_ms <= world->now_ms) {
            thing->state = thing->next_state;
            thing->due_ms = 0;
        }
    }
}

void
memory_thing_set_tags(struct memory_thing *thing, const char *const *tags, size_t count)
{
    memory_thing_drop_tags(thing);
    thing->tags = mem_zalloc(sizeof(*thing->tags) * (count + 1));
    for (size_t i = 0; i < count; i++) {
        thing->tags[thing->tag_count++] = mem_strdup(tags[i]);
    }
}

static bool
memory_thing_has_tag(const struct memory_thing *thing, const char *tag)
{
    for (size_t i = 0; i < thing->tag_count; i++) {
        if (strcmp(thing->tags[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

bool
memory_thing_has_tags(const struct memory_thing *thing, const char *const *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!memory_thing_has_tag(thing, tags[i])) {
            return false;
        }
    }
    return true;
}

struct memory_thing *
memory_world_add(struct memory_world *world, enum memory_sort sort, const char *zone,
                 const char *name, const char *const *tags, size_t tag_count)
{
    struct memory_thing *thing = mem_zalloc(sizeof(*thing));
    struct memory_thing **last = &world->things;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = thing;
    thing->sort = sort;
    snprintf(thing->ref, sizeof(thing->ref), "00000000-0000-4000-8000-%012d", ++world->born);
    thing->zone = mem_strdup(zone);
    thing->name = mem_strdup(name);
    thing->born_ms = world->now_ms;
    memory_thing_set_tags(thing, tags, tag_count);
    return thing;
}

struct memory_thing *
memory_world_find(struct memory_world *world, enum memory_sort sort, const char *zone,
                  const char *ref)
{
    for (struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        if (thing->sort == sort && strcmp(thing->ref, ref) == 0 &&
            (zone == NULL || strcmp(thing->zone, zone) == 0)) {
            return thing;
        }
    }
    return NULL;
}

/* What was attached to it stays, attached to nothing. */
void
memory_world_remove(struct memory_world *world, struct memory_thing *thing)
{
    struct memory_thing **at = &world->things;
    while (*at != thing) {
        at = &(*at)->next;
    }
    *at = thing->next;
    for (struct memory_thing *other = world->things; other != NULL; other = other->next) {
        if (strcmp(other->server_ref, thing->ref) == 0) {
            other->server_ref[0] = '\0';
        }
    }
    memory_thing_free(thing);
}

void
memory_world_give_address(struct memory_world *world, const struct memory_thing *server)
{
    for (struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        if (thing->sort == MEMORY_ADDRESS && strcmp(thing->server_ref, server->ref) == 0) {
            return;
        }
    }
    struct memory_thing *address =
        memory_world_add(world, MEMORY_ADDRESS, server->zone, "", NULL, 0);
    snprintf(address->address, sizeof(address->address), "127.0.%d.%d", world->born / 250,
             world->born % 250 + 1);
    snprintf(address->server_ref, sizeof(address->server_ref), "%s", server->ref);
}

static const char *const *
memory_view_tags(struct arena *arena, const struct memory_thing *thing)
{
    const char **tags = arena_array(arena, const char *, thing->tag_count + 1);
    for (size_t i = 0; i < thing->tag_count; i++) {
        tags[i] = arena_strdup(arena, thing->tags[i]);
    }
    return tags;
}

struct volume_view
memory_view_volume(struct arena *arena, const struct memory_thing *volume)
{
    return (struct volume_view){
        .ref = arena_strdup(arena, volume->ref),
        .name = arena_strdup(arena, volume->name),
        .volume_type = "sbs_volume",
        .size_bytes = volume->size_bytes,
        .is_boot = !volume->is_data,
        .server_ref = arena_strdup(arena, volume->server_ref),
        .status = volume->server_ref[0] == '\0' ? "available" : "in_use",
        .tags = memory_view_tags(arena, volume),
        .tag_count = volume->tag_count,
    };
}

struct address_view
memory_view_address(struct arena *arena, const struct memory_thing *address)
{
    return (struct address_view){
        .ref = arena_strdup(arena, address->ref),
        .address = arena_strdup(arena, address->address),
        .server_ref = arena_strdup(arena, address->server_ref),
        .tags = memory_view_tags(arena, address),
        .tag_count = address->tag_count,
    };
}

struct security_group_view
memory_view_group(struct arena *arena, const struct memory_thing *group)
{
    return (struct security_group_view){
        .ref = arena_strdup(arena, group->ref),
        .name = arena_strdup(arena, group->name),
        .tags = memory_view_tags(arena, group),
        .tag_count = group->tag_count,
    };
}

static size_t
memory_view_attached(struct memory_world *world, const struct memory_thing *server,
                     enum memory_sort sort, struct memory_thing **out)
{
    size_t count = 0;
    for (struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        if (thing->sort == sort && strcmp(thing->server_ref, server->ref) == 0) {
            if (out != NULL) {
                out[count] = thing;
            }
            count++;
        }
    }
    return count;
}

static void
memory_view_server_volumes(struct memory_world *world, struct arena *arena,
                           const struct memory_thing *server, struct server_view *out)
{
    out->volume_count = memory_view_attached(world, server, MEMORY_VOLUME, NULL);
    struct memory_thing **found = arena_array(arena, struct memory_thing *, out->volume_count + 1);
    struct volume_view *views = arena_array(arena, struct volume_view, out->volume_count + 1);
    memory_view_attached(world, server, MEMORY_VOLUME, found);
    for (size_t i = 0; i < out->volume_count; i++) {
        views[i] = memory_view_volume(arena, found[i]);
    }
    out->volumes = views;
}

/* The public address shows only once the machine runs. */
static void
memory_view_server_addresses(struct memory_world *world, struct arena *arena,
                             const struct memory_thing *server, struct server_view *out)
{
    size_t count = memory_view_attached(world, server, MEMORY_ADDRESS, NULL);
    struct memory_thing **found = arena_array(arena, struct memory_thing *, count + 1);
    struct address_view *views = arena_array(arena, struct address_view, count + 1);
    memory_view_attached(world, server, MEMORY_ADDRESS, found);
    for (size_t i = 0; i < count; i++) {
        views[i] = memory_view_address(arena, found[i]);
    }
    out->addresses = views;
    out->address_count = count;
    out->address = server->state == SERVER_RUNNING && count > 0 ? views[0].address : "";
}

struct server_view
memory_view_server(struct memory_world *world, struct arena *arena,
                   const struct memory_thing *server)
{
    struct server_view view = {
        .ref = arena_strdup(arena, server->ref),
        .name = arena_strdup(arena, server->name),
        .state = server->state,
        .security_group_ref = arena_strdup(arena, server->group_ref),
        .created_ms = server->born_ms,
        .tags = memory_view_tags(arena, server),
        .tag_count = server->tag_count,
    };
    memory_view_server_volumes(world, arena, server, &view);
    memory_view_server_addresses(world, arena, server, &view);
    return view;
}
