#include "memory_calls.h"

#include <string.h>

#include "base/mem.h"

enum { MEMORY_ROOT_BYTES_GB = 20 };
static const int64_t memory_gb = 1000000000;

static void
memory_calls_answer(struct provider_call *call, enum answer_class class, const char *message)
{
    call->class = class;
    call->message = message;
}

/* The thing that the call is about; NULL, with the answer given, when it is not there. */
static struct memory_thing *
memory_calls_thing(struct memory_world *world, struct provider_call *call, enum memory_sort sort)
{
    struct memory_thing *thing =
        memory_world_find(world, sort, call->zone, call->ref == NULL ? "" : call->ref);
    if (thing == NULL) {
        memory_calls_answer(call, ANSWER_NOT_FOUND, "not found");
    } else {
        memory_calls_answer(call, ANSWER_OK, "");
    }
    return thing;
}

/* --- servers --- */

static const struct type_view *
memory_calls_type(const struct memory_world *world, const char *code)
{
    for (size_t i = 0; i < world->type_count; i++) {
        if (code != NULL && strcmp(world->types[i].code, code) == 0) {
            return &world->types[i];
        }
    }
    return NULL;
}

static void
memory_calls_show_server(struct memory_world *world, struct arena *arena,
                         struct provider_call *call, const struct memory_thing *server)
{
    struct server_view *view = arena_array(arena, struct server_view, 1);
    *view = memory_view_server(world, arena, server);
    call->servers = view;
    call->server_count = 1;
}

static void
memory_calls_create(struct memory_world *world, struct arena *arena, struct provider_call *call)
{
    const struct type_view *type = memory_calls_type(world, call->instance_type);
    if (type == NULL || call->name == NULL) {
        memory_calls_answer(call, ANSWER_INVALID, "unknown type, or no name");
        return;
    }
    if (strcmp(type->stock, "shortage") == 0) {
        memory_calls_answer(call, ANSWER_OUT_OF_STOCK, "out of stock");
        return;
    }
    struct memory_thing *server =
        memory_world_add(world, MEMORY_SERVER, call->zone, call->name, call->tags, call->tag_count);
    struct memory_thing *volume =
        memory_world_add(world, MEMORY_VOLUME, call->zone, call->name, NULL, 0);
    volume->size_bytes = MEMORY_ROOT_BYTES_GB * memory_gb;
    memcpy(volume->server_ref, server->ref, sizeof(volume->server_ref));
    memory_calls_answer(call, ANSWER_OK, "");
    memory_calls_show_server(world, arena, call, server);
    call->new_ref = call->servers[0].ref;
}

static void
memory_calls_delete_server(struct memory_world *world, struct provider_call *call)
{
    struct memory_thing *server = memory_calls_thing(world, call, MEMORY_SERVER);
    if (server == NULL) {
        return;
    }
    if (server->state != SERVER_STOPPED && server->state != SERVER_STOPPED_IN_PLACE) {
        memory_calls_answer(call, ANSWER_TRANSIENT, "the server must be powered off");
        return;
    }
    memory_world_remove(world, server);
}

/* From one of two states, through another, to the last. */
static void
memory_calls_move(struct memory_world *world, struct provider_call *call,
                  const enum server_state from[2], enum server_state through, enum server_state to,
                  int64_t duration_ms)
{
    struct memory_thing *server = memory_calls_thing(world, call, MEMORY_SERVER);
    if (server == NULL) {
        return;
    }
    if (server->state != from[0] && server->state != from[1]) {
        memory_calls_answer(call, ANSWER_TRANSIENT, "the server is in another state");
        return;
    }
    server->state = through;
    server->next_state = to;
    server->due_ms = world->now_ms + duration_ms;
    if (to == SERVER_RUNNING) {
        memory_world_give_address(world, server);
    }
    memory_world_settle(world);
}

static void
memory_calls_power(struct memory_world *world, struct provider_call *call)
{
    static const enum server_state off[] = { SERVER_STOPPED, SERVER_STOPPED_IN_PLACE };
    static const enum server_state on[] = { SERVER_RUNNING, SERVER_RUNNING };
    if (call->kind == CALL_SERVER_POWERON) {
        memory_calls_move(world, call, off, SERVER_STARTING, SERVER_RUNNING, world->boot_ms);
    } else if (call->kind == CALL_SERVER_POWEROFF) {
        memory_calls_move(world, call, on, SERVER_STOPPING, SERVER_STOPPED, world->stop_ms);
    } else {
        memory_calls_move(world, call, on, SERVER_STARTING, SERVER_RUNNING, world->boot_ms);
    }
}

static void
memory_calls_user_data(struct memory_world *world, struct provider_call *call)
{
    struct memory_thing *server = memory_calls_thing(world, call, MEMORY_SERVER);
    if (server != NULL) {
        mem_free(server->user_data);
        server->user_data = mem_strdup(call->user_data == NULL ? "" : call->user_data);
    }
}

/* --- volumes, addresses, groups --- */

static void
memory_calls_resize(struct memory_world *world, struct provider_call *call)
{
    struct memory_thing *volume = memory_calls_thing(world, call, MEMORY_VOLUME);
    if (volume == NULL) {
        return;
    }
    if (call->size_bytes != 0 && call->size_bytes < volume->size_bytes) {
        memory_calls_answer(call, ANSWER_INVALID, "a volume cannot shrink");
        return;
    }
    if (call->size_bytes != 0) {
        volume->size_bytes = call->size_bytes;
    }
    if (call->tags != NULL) {
        memory_thing_set_tags(volume, call->tags, call->tag_count);
    }
}

static void
memory_calls_delete_loose(struct memory_world *world, struct provider_call *call,
                          enum memory_sort sort)
{
    struct memory_thing *thing = memory_calls_thing(world, call, sort);
    if (thing == NULL) {
        return;
    }
    if (sort == MEMORY_VOLUME && thing->server_ref[0] != '\0') {
        memory_calls_answer(call, ANSWER_TRANSIENT, "the volume is in use");
        return;
    }
    memory_world_remove(world, thing);
}

static bool
memory_calls_group_is_used(const struct memory_world *world, const char *ref)
{
    for (const struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        if (thing->sort == MEMORY_SERVER && strcmp(thing->group_ref, ref) == 0) {
            return true;
        }
    }
    return false;
}

static void
memory_calls_group_create(struct memory_world *world, struct arena *arena,
                          struct provider_call *call)
{
    if (call->name == NULL) {
        memory_calls_answer(call, ANSWER_INVALID, "no name");
        return;
    }
    struct memory_thing *group =
        memory_world_add(world, MEMORY_GROUP, call->zone, call->name, call->tags, call->tag_count);
    struct security_group_view *view = arena_array(arena, struct security_group_view, 1);
    *view = memory_view_group(arena, group);
    call->security_groups = view;
    call->security_group_count = 1;
    call->new_ref = view->ref;
    memory_calls_answer(call, ANSWER_OK, "");
}

static void
memory_calls_group_attach(struct memory_world *world, struct provider_call *call)
{
    struct memory_thing *server = memory_calls_thing(world, call, MEMORY_SERVER);
    if (server == NULL) {
        return;
    }
    struct memory_thing *group =
        memory_world_find(world, MEMORY_GROUP, call->zone, call->security_group_ref);
    if (group == NULL) {
        memory_calls_answer(call, ANSWER_TRANSIENT, "the group is not there");
        return;
    }
    memcpy(server->group_ref, group->ref, sizeof(server->group_ref));
}

static void
memory_calls_group_delete(struct memory_world *world, struct provider_call *call)
{
    struct memory_thing *group = memory_calls_thing(world, call, MEMORY_GROUP);
    if (group == NULL) {
        return;
    }
    if (memory_calls_group_is_used(world, group->ref)) {
        memory_calls_answer(call, ANSWER_TRANSIENT, "the group is in use");
        return;
    }
    memory_world_remove(world, group);
}

static void
memory_calls_tags(struct memory_world *world, struct provider_call *call)
{
    struct memory_thing *server = memory_calls_thing(world, call, MEMORY_SERVER);
    if (server != NULL) {
        memory_thing_set_tags(server, call->tags, call->tag_count);
    }
}

/* --- looks --- */

static bool
memory_calls_is_listed(const struct memory_world *world, const struct provider_call *call,
                       const struct memory_thing *thing, enum memory_sort sort)
{
    return thing->sort == sort && strcmp(thing->zone, call->zone) == 0 &&
           thing->born_ms + world->list_lag_ms <= world->now_ms &&
           memory_thing_has_tags(thing, call->tags, call->tag_count);
}

static const struct memory_thing **
memory_calls_listed(const struct memory_world *world, struct arena *arena,
                    const struct provider_call *call, enum memory_sort sort, size_t *count)
{
    size_t all = 0;
    for (const struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        all++;
    }
    const struct memory_thing **out = arena_array(arena, const struct memory_thing *, all + 1);
    *count = 0;
    for (const struct memory_thing *thing = world->things; thing != NULL; thing = thing->next) {
        if (memory_calls_is_listed(world, call, thing, sort)) {
            out[(*count)++] = thing;
        }
    }
    return out;
}

static void
memory_calls_show(struct memory_world *world, struct arena *arena, struct provider_call *call,
                  enum memory_sort sort, const struct memory_thing **things, size_t count)
{
    struct server_view *servers = arena_array(arena, struct server_view, count + 1);
    struct volume_view *volumes = arena_array(arena, struct volume_view, count + 1);
    struct address_view *addresses = arena_array(arena, struct address_view, count + 1);
    struct security_group_view *groups = arena_array(arena, struct security_group_view, count + 1);
    for (size_t i = 0; i < count; i++) {
        switch (sort) {
        case MEMORY_SERVER:
            servers[call->server_count++] = memory_view_server(world, arena, things[i]);
            break;
        case MEMORY_VOLUME:
            volumes[call->volume_count++] = memory_view_volume(arena, things[i]);
            break;
        case MEMORY_ADDRESS:
            addresses[call->address_count++] = memory_view_address(arena, things[i]);
            break;
        case MEMORY_GROUP:
            groups[call->security_group_count++] = memory_view_group(arena, things[i]);
            break;
        }
    }
    call->servers = servers;
    call->volumes = volumes;
    call->addresses = addresses;
    call->security_groups = groups;
}

static void
memory_calls_get(struct memory_world *world, struct arena *arena, struct provider_call *call,
                 enum memory_sort sort)
{
    const struct memory_thing *thing = memory_calls_thing(world, call, sort);
    if (thing != NULL) {
        memory_calls_show(world, arena, call, sort, &thing, 1);
    }
}

static void
memory_calls_list(struct memory_world *world, struct arena *arena, struct provider_call *call,
                  enum memory_sort sort)
{
    size_t count;
    const struct memory_thing **things = memory_calls_listed(world, arena, call, sort, &count);
    memory_calls_answer(call, ANSWER_OK, "");
    memory_calls_show(world, arena, call, sort, things, count);
}

static void
memory_calls_types(struct memory_world *world, struct arena *arena, struct provider_call *call)
{
    struct type_view *types = arena_array(arena, struct type_view, world->type_count + 1);
    memcpy(types, world->types, sizeof(*types) * world->type_count);
    call->types = types;
    call->type_count = world->type_count;
    memory_calls_answer(call, ANSWER_OK, "");
}

static enum memory_sort
memory_calls_sort(enum call_kind kind)
{
    if (kind == CALL_VOLUME_GET || kind == CALL_VOLUME_LIST) {
        return MEMORY_VOLUME;
    }
    if (kind == CALL_ADDRESS_GET || kind == CALL_ADDRESS_LIST) {
        return MEMORY_ADDRESS;
    }
    return kind == CALL_SECURITY_GROUP_LIST ? MEMORY_GROUP : MEMORY_SERVER;
}

static void
memory_calls_look(struct memory_world *world, struct arena *arena, struct provider_call *call)
{
    bool one = call->kind == CALL_SERVER_GET || call->kind == CALL_VOLUME_GET ||
               call->kind == CALL_ADDRESS_GET;
    if (call->kind == CALL_TYPE_LIST) {
        memory_calls_types(world, arena, call);
    } else if (one) {
        memory_calls_get(world, arena, call, memory_calls_sort(call->kind));
    } else {
        memory_calls_list(world, arena, call, memory_calls_sort(call->kind));
    }
}

void
memory_calls_do(struct memory_world *world, struct arena *arena, struct provider_call *call)
{
    switch (call->kind) {
    case CALL_SERVER_CREATE:
        memory_calls_create(world, arena, call);
        break;
    case CALL_SERVER_DELETE:
        memory_calls_delete_server(world, call);
        break;
    case CALL_SERVER_POWERON:
    case CALL_SERVER_POWEROFF:
    case CALL_SERVER_REBOOT:
        memory_calls_power(world, call);
        break;
    case CALL_SERVER_TAGS:
        memory_calls_tags(world, call);
        break;
    case CALL_USER_DATA_PUT:
        memory_calls_user_data(world, call);
        break;
    case CALL_VOLUME_RESIZE:
        memory_calls_resize(world, call);
        break;
    case CALL_VOLUME_DELETE:
        memory_calls_delete_loose(world, call, MEMORY_VOLUME);
        break;
    case CALL_ADDRESS_DELETE:
        memory_calls_delete_loose(world, call, MEMORY_ADDRESS);
        break;
    case CALL_SECURITY_GROUP_CREATE:
        memory_calls_group_create(world, arena, call);
        break;
    case CALL_SECURITY_GROUP_RULES:
        memory_calls_thing(world, call, MEMORY_GROUP);
        break;
    case CALL_SECURITY_GROUP_ATTACH:
        memory_calls_group_attach(world, call);
        break;
    case CALL_SECURITY_GROUP_DELETE:
        memory_calls_group_delete(world, call);
        break;
    case CALL_SERVER_GET:
    case CALL_SERVER_LIST:
    case CALL_VOLUME_GET:
    case CALL_VOLUME_LIST:
    case CALL_ADDRESS_GET:
    case CALL_ADDRESS_LIST:
    case CALL_SECURITY_GROUP_LIST:
    case CALL_TYPE_LIST:
    case CALL_KIND_COUNT_:
        memory_calls_look(world, arena, call);
        break;
    }
}
