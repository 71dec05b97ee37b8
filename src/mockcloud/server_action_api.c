/* What can be done to a server: power, reboot, terminate. */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/life.h"
#include "mockcloud/server_view.h"
#include "mockcloud/servers.h"

static bool
server_action_poweron(struct call *call, json_t *server)
{
    if (json_array_size(json_object_get(server, "volumes")) == 0) {
        call_precondition(call, 400, "volume_required", "a server without volume does not start");
        return false;
    }
    if (!life_power_on(call->cloud, server)) {
        call_quota_exceeded(call, "no address is left", "addresses", 253);
        return false;
    }
    return true;
}

static bool
server_action_poweroff(struct call *call, json_t *server)
{
    life_power_off(call->cloud, server, LIFE_GOAL_STOPPED);
    return true;
}

static bool
server_action_stop_in_place(struct call *call, json_t *server)
{
    life_power_off(call->cloud, server, LIFE_GOAL_IN_PLACE);
    return true;
}

static bool
server_action_reboot(struct call *call, json_t *server)
{
    world_set_bool(call->world, server, "crashed", false);
    life_power_off(call->cloud, server, LIFE_GOAL_RESTART);
    return true;
}

static bool
server_action_terminate(struct call *call, json_t *server)
{
    life_power_off(call->cloud, server, LIFE_GOAL_GONE);
    return true;
}

static const struct {
    const char *name;
    bool (*act)(struct call *call, json_t *server); /* false: refused and answered */
} server_action_table[] = {
    { "poweron", server_action_poweron },
    { "poweroff", server_action_poweroff },
    { "stop_in_place", server_action_stop_in_place },
    { "reboot", server_action_reboot },
    { "terminate", server_action_terminate },
};

static bool
server_action_is_allowed(const json_t *server, const char *name)
{
    json_t *allowed = server_allowed_actions(server);
    bool found = false;
    size_t index;
    json_t *action;

    json_array_foreach(allowed, index, action)
    {
        found = found || strcmp(json_string_value(action), name) == 0;
    }
    json_decref(allowed);
    return found;
}

static void
server_action_refuse(struct call *call, const json_t *server)
{
    if (life_is_transient(server)) {
        call_transient(call, "instance_server", call->id, life_state(server));
    } else if (life_is(server, LIFE_LOCKED)) {
        call_locked(call, "instance_server", call->id);
    } else {
        call_reply(call, 400,
                   json_pack("{s:s, s:s, s:s}", "type", "invalid_request_error", "message",
                             life_is(server, LIFE_RUNNING) ? "server should be stopped"
                                                           : "server should be running",
                             "current_state", life_state(server)));
    }
}

static void
server_action_reply(struct call *call, const char *name)
{
    char id[UUID_TEXT_SIZE];

    digest_uuid(id);
    call_reply_named(call, 202, "task",
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:n, s:i, s:s}", "id", id,
                               "description", arena_printf(call->arena, "server_%s", name),
                               "status", "pending", "href_from", http_request_path(call->request),
                               "href_result", arena_printf(call->arena, "/servers/%s", call->id),
                               "started_at", world_date(call->now_ms), "terminated_at", "progress",
                               0, "zone", call->zone));
}

/* The table's entry for a name, or -1 when the call was answered: there is no such action. */
static int
server_action_find(struct call *call, const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(server_action_table); i++) {
        if (strcmp(server_action_table[i].name, name) == 0) {
            return (int)i;
        }
    }
    call_invalid(call, "action", "constraint", "no such action");
    return -1;
}

void
api_server_action(struct call *call)
{
    json_t *server = servers_find(call);
    const char *name;

    if (server == NULL || !arguments_required_text(call, "action", &name)) {
        return;
    }
    int found = server_action_find(call, name);
    if (found < 0) {
        return;
    }
    if (!server_action_is_allowed(server, name)) {
        server_action_refuse(call, server);
        return;
    }
    if (server_action_table[found].act(call, server)) {
        server_action_reply(call, name);
    }
}

void
api_server_actions(struct call *call)
{
    const json_t *server = servers_find(call);

    if (server != NULL) {
        call_reply_named(call, 200, "actions", server_allowed_actions(server));
    }
}
