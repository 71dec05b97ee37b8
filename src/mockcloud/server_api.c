/* Servers: create, list, get, update, delete. */
#include <string.h>

#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/bill.h"
#include "mockcloud/life.h"
#include "mockcloud/list.h"
#include "mockcloud/product_table.h"
#include "mockcloud/security_group.h"
#include "mockcloud/server_view.h"
#include "mockcloud/server_volumes.h"
#include "mockcloud/servers.h"

enum { SERVER_NAME_MAX = 255 };

struct server_wish {
    const char *name;
    const struct product *product;
    const char *image;
    json_t *tags;
    json_t *group; /* borrowed; NULL: the zone's default */
    bool dynamic_ip_required;
};

json_t *
servers_find(struct call *call)
{
    json_t *server = world_find(call->world->servers, call->zone, call->id);

    if (server == NULL) {
        call_not_found(call, "instance_server", call->id);
    }
    return server;
}

static bool
server_wish_type(struct call *call, struct server_wish *wish)
{
    const char *type;

    if (!arguments_required_text(call, "commercial_type", &type)) {
        return false;
    }
    wish->product = product_find(type);
    if (wish->product == NULL) {
        call_invalid(call, "commercial_type", "constraint", "no such type in this zone");
        return false;
    }
    return true;
}

static bool
server_wish_image(struct call *call, struct server_wish *wish)
{
    const char *boot_type;

    if (!arguments_required_text(call, "image", &wish->image) ||
        !arguments_text(call, "boot_type", "local", &boot_type)) {
        return false;
    }
    if (image_find(wish->image) == NULL) {
        call_invalid(call, "image", "constraint", "no such image");
        return false;
    }
    if (strcmp(boot_type, "local") != 0) {
        call_invalid(call, "boot_type", "constraint", "only local");
        return false;
    }
    return true;
}

/* "id", or {"id": "..."} as in an update; *out stays NULL when none is given. */
static bool
server_wish_group(struct call *call, json_t **out)
{
    const json_t *given = json_object_get(call->body, "security_group");
    const char *id =
        json_is_string(given) ? json_string_value(given) : json_get_string(given, "id", NULL);

    *out = NULL;
    if (id == NULL) {
        return true;
    }
    *out = world_find(call->world->groups, call->zone, id);
    if (*out == NULL) {
        call_not_found(call, "instance_security_group", id);
        return false;
    }
    return true;
}

static bool
server_wish_name(struct call *call, const char **out)
{
    if (!arguments_required_text(call, "name", out)) {
        return false;
    }
    if (strlen(*out) > SERVER_NAME_MAX) {
        call_invalid(call, "name", "constraint", "too long");
        return false;
    }
    return true;
}

static bool
server_wish_read(struct call *call, struct server_wish *wish)
{
    return server_wish_name(call, &wish->name) && server_wish_type(call, wish) &&
           arguments_project(call, "project") && server_wish_image(call, wish) &&
           arguments_tags(call, &wish->tags) && server_wish_group(call, &wish->group) &&
           arguments_bool(call, "dynamic_ip_required", true, &wish->dynamic_ip_required) &&
           server_volumes_check(call, wish->product, NULL);
}

void
api_server_create(struct call *call)
{
    struct world *world = call->world;
    struct server_wish wish = { 0 };

    if (!server_wish_read(call, &wish)) {
        return;
    }
    if (wish.group == NULL) {
        wish.group = security_group_default(world, call->zone, call->now_ms);
    }
    json_t *server = world_add(world, world->servers, call->zone, call->now_ms);
    world_set_text(world, server, "name", wish.name);
    world_set_text(world, server, "commercial_type", wish.product->name);
    world_set_text(world, server, "image", wish.image);
    world_set_json(world, server, "tags", arguments_array_or_empty(wish.tags));
    world_set_text(world, server, "group", json_get_string(wish.group, "id", ""));
    world_set_bool(world, server, "dynamic_ip_required", wish.dynamic_ip_required);
    world_set_text(world, server, "state", LIFE_STOPPED);
    world_set_json(world, server, "user_data", json_object());
    server_volumes_apply(call, server, true);
    bill_open(world, "server", server, call->now_ms);
    call_reply_named(call, 201, "server", server_view(call, server));
}

static bool
server_is_wanted(const struct call *call, const json_t *server)
{
    const char *state = http_request_query(call->request, "state");
    const char *type = http_request_query(call->request, "commercial_type");

    return (state == NULL || life_is(server, state)) &&
           (type == NULL || strcmp(type, json_get_string(server, "commercial_type", "")) == 0);
}

void
api_server_list(struct call *call)
{
    const char *order = http_request_query(call->request, "order");
    const struct list_shape shape = {
        .name = "servers",
        .table = call->world->servers,
        .newest_first = order == NULL || strcmp(order, "creation_date_asc") != 0,
        .wanted = server_is_wanted,
        .view = server_view,
    };

    list_reply(call, &shape);
}

void
api_server_get(struct call *call)
{
    json_t *server = servers_find(call);

    if (server != NULL) {
        call_reply_named(call, 200, "server", server_view(call, server));
    }
}

void
api_server_update(struct call *call)
{
    json_t *server = servers_find(call);
    const char *name;
    json_t *tags;
    json_t *group;
    bool dynamic;

    if (server == NULL || !arguments_tags(call, &tags) || !server_wish_group(call, &group) ||
        !arguments_text(call, "name", json_get_string(server, "name", ""), &name) ||
        !arguments_bool(call, "dynamic_ip_required",
                        json_get_bool(server, "dynamic_ip_required", true), &dynamic) ||
        !server_volumes_check(call, NULL, call->id)) {
        return;
    }
    world_set_text(call->world, server, "name", arena_strdup(call->arena, name));
    world_set_bool(call->world, server, "dynamic_ip_required", dynamic);
    if (tags != NULL) {
        world_set_json(call->world, server, "tags", json_incref(tags));
    }
    if (group != NULL) {
        world_set_text(call->world, server, "group", json_get_string(group, "id", ""));
    }
    if (json_is_object(json_object_get(call->body, "volumes"))) {
        server_volumes_apply(call, server, false);
    }
    world_set_i64(call->world, server, "modified_ms", call->now_ms);
    call_reply_named(call, 200, "server", server_view(call, server));
}

void
api_server_delete(struct call *call)
{
    json_t *server = servers_find(call);

    if (server == NULL) {
        return;
    }
    if (life_is(server, LIFE_LOCKED)) {
        call_locked(call, "instance_server", call->id);
    } else if (!life_is(server, LIFE_STOPPED)) {
        call_precondition(call, 400, "resource_still_in_use", "instance should be powered off");
    } else {
        life_delete(call->cloud, server, false);
        call_reply(call, 204, NULL);
    }
}
