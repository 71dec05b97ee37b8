/* Security groups: create, list, get, update, delete. */
#include <string.h>

#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/list.h"
#include "mockcloud/security_group.h"
#include "mockcloud/security_group_view.h"
#include "mockcloud/server_view.h"

static json_t *
security_group_new(struct world *world, const char *zone, const char *name, int64_t now_ms)
{
    json_t *group = world_add(world, world->groups, zone, now_ms);

    json_object_update_new(
        group, json_pack("{s:s, s:s, s:b, s:s, s:s, s:b, s:[], s:[]}", "name", name, "description",
                         "", "stateful", 1, "inbound_default_policy", "accept",
                         "outbound_default_policy", "accept", "is_default", 0, "tags", "rules"));
    return group;
}

json_t *
security_group_default(struct world *world, const char *zone, int64_t now_ms)
{
    const char *id;
    json_t *group;

    json_object_foreach(world->groups, id, group)
    {
        if (json_get_bool(group, "is_default", false) &&
            strcmp(json_get_string(group, "zone", ""), zone) == 0) {
            return group;
        }
    }
    group = security_group_new(world, zone, "Default security group", now_ms);
    world_set_bool(world, group, "is_default", true);
    return group;
}

json_t *
security_group_find(struct call *call)
{
    json_t *group = world_find(call->world->groups, call->zone, call->id);

    if (group == NULL) {
        call_not_found(call, "instance_security_group", call->id);
    }
    return group;
}

static bool
security_group_holds(const json_t *group, const json_t *server)
{
    return strcmp(json_get_string(server, "group", ""), json_get_string(group, "id", "")) == 0;
}

static json_t *
security_group_servers(const struct world *world, const json_t *group)
{
    json_t *servers = json_array();
    const char *id;
    json_t *server;

    json_object_foreach(world->servers, id, server)
    {
        if (security_group_holds(group, server)) {
            json_array_append_new(servers, server_summary(world, id));
        }
    }
    return servers;
}

json_t *
security_group_view(const struct call *call, json_t *group)
{
    int is_default = json_get_bool(group, "is_default", false);

    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:s, s:b, s:b, s:b, s:s, s:o, s:o, s:o, s:O, s:s}",
        "id", json_get_string(group, "id", ""), "name", json_get_string(group, "name", ""),
        "description", json_get_string(group, "description", ""), "organization",
        call->world->organization, "project", call->world->project, "stateful",
        json_get_bool(group, "stateful", true), "inbound_default_policy",
        json_get_string(group, "inbound_default_policy", "accept"), "outbound_default_policy",
        json_get_string(group, "outbound_default_policy", "accept"), "organization_default",
        is_default, "project_default", is_default, "enable_default_security", 1, "state",
        "available", "creation_date", world_date(json_get_i64(group, "created_ms", 0)),
        "modification_date", world_date(json_get_i64(group, "modified_ms", 0)), "servers",
        security_group_servers(call->world, group), "tags", json_object_get(group, "tags"), "zone",
        json_get_string(group, "zone", ""));
}

struct security_group_wish {
    const char *name;
    const char *description;
    const char *inbound;
    const char *outbound;
    bool stateful;
    json_t *tags;
};

static bool
security_group_policy(struct call *call, const char *name, const json_t *group, const char **out)
{
    if (!arguments_text(call, name, json_get_string(group, name, "accept"), out)) {
        return false;
    }
    if (strcmp(*out, "accept") != 0 && strcmp(*out, "drop") != 0) {
        call_invalid(call, name, "constraint", "must be accept or drop");
        return false;
    }
    return true;
}

/* group NULL: a new one. */
static bool
security_group_wish_read(struct call *call, const json_t *group, struct security_group_wish *wish)
{
    const char *name = json_get_string(group, "name", "");

    if (!arguments_text(call, "name", name, &wish->name) ||
        !arguments_text(call, "description", json_get_string(group, "description", ""),
                        &wish->description) ||
        !security_group_policy(call, "inbound_default_policy", group, &wish->inbound) ||
        !security_group_policy(call, "outbound_default_policy", group, &wish->outbound) ||
        !arguments_bool(call, "stateful", json_get_bool(group, "stateful", true),
                        &wish->stateful) ||
        !arguments_tags(call, &wish->tags)) {
        return false;
    }
    if (wish->name[0] == '\0') {
        call_invalid(call, "name", "required", "");
        return false;
    }
    return true;
}

static void
security_group_wish_apply(struct call *call, json_t *group, const struct security_group_wish *wish)
{
    json_t *tags = wish->tags == NULL ? json_object_get(group, "tags") : wish->tags;

    /* The texts may be the group's own: packed before any is replaced. */
    json_object_update_new(
        group, json_pack("{s:s, s:s, s:s, s:s, s:b, s:O, s:I}", "name", wish->name, "description",
                         wish->description, "inbound_default_policy", wish->inbound,
                         "outbound_default_policy", wish->outbound, "stateful", wish->stateful,
                         "tags", tags, "modified_ms", (json_int_t)call->now_ms));
    call->world->changed = true;
}

void
api_security_group_create(struct call *call)
{
    struct security_group_wish wish;

    if (!arguments_project(call, "project") || !security_group_wish_read(call, NULL, &wish)) {
        return;
    }
    json_t *group = security_group_new(call->world, call->zone, wish.name, call->now_ms);
    security_group_wish_apply(call, group, &wish);
    call_reply_named(call, 201, "security_group", security_group_view(call, group));
}

static bool
security_group_is_wanted(const struct call *call, const json_t *group)
{
    const char *is_default = http_request_query(call->request, "project_default");

    return is_default == NULL ||
           (strcmp(is_default, "true") == 0) == json_get_bool(group, "is_default", false);
}

void
api_security_group_list(struct call *call)
{
    const struct list_shape shape = {
        .name = "security_groups",
        .table = call->world->groups,
        .wanted = security_group_is_wanted,
        .view = security_group_view,
    };

    security_group_default(call->world, call->zone, call->now_ms);
    list_reply(call, &shape);
}

void
api_security_group_get(struct call *call)
{
    json_t *group = security_group_find(call);

    if (group != NULL) {
        call_reply_named(call, 200, "security_group", security_group_view(call, group));
    }
}

void
api_security_group_update(struct call *call)
{
    json_t *group = security_group_find(call);
    struct security_group_wish wish;

    if (group != NULL && security_group_wish_read(call, group, &wish)) {
        security_group_wish_apply(call, group, &wish);
        call_reply_named(call, 200, "security_group", security_group_view(call, group));
    }
}

void
api_security_group_delete(struct call *call)
{
    const json_t *group = security_group_find(call);
    const char *id;
    json_t *server;

    if (group == NULL) {
        return;
    }
    json_object_foreach(call->world->servers, id, server)
    {
        if (security_group_holds(group, server)) {
            call_precondition(call, 400, "resource_still_in_use", "a server is in the group");
            return;
        }
    }
    world_remove(call->world, call->world->groups, call->id);
    call_reply(call, 204, NULL);
}
