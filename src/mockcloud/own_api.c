/* The local cloud's own endpoints: health, the bill, the machines as processes, what was asked. */
#include <signal.h>
#include <string.h>

#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/bill.h"
#include "mockcloud/life.h"
#include "mockcloud/machine.h"

void
api_own_healthz(struct call *call)
{
    call_reply_text(call, 200, "ok\n");
}

void
api_own_readyz(struct call *call)
{
    call_reply_text(call, 200, "ready\n");
}

void
api_own_bill(struct call *call)
{
    call_reply(call, 200, bill_view(call->world, call->now_ms));
}

void
api_own_requests(struct call *call)
{
    call_reply(call, 200, json_deep_copy(call->cloud->request_counts));
}

static json_t *
own_pid(pid_t pid)
{
    return pid == 0 ? json_null() : json_integer(pid);
}

static json_t *
own_machine_view(const struct call *call, const struct procfs_list *list, const json_t *server)
{
    const char *id = json_get_string(server, "id", "");
    struct machine_parts parts = machine_find_parts(call->cloud, list, id);

    return json_pack("{s:s, s:s, s:s, s:O, s:o, s:s, s:{s:o, s:o, s:o}}", "server_id", id, "name",
                     json_get_string(server, "name", ""), "zone",
                     json_get_string(server, "zone", ""), "tags", json_object_get(server, "tags"),
                     "address", json_string_or_null(json_get_string(server, "address", NULL)),
                     "state", life_state(server), "pids", "ssh", own_pid(parts.ssh), "agent",
                     own_pid(parts.agent), "engine", own_pid(parts.engine));
}

void
api_own_machines(struct call *call)
{
    struct procfs_list list = procfs_list_all(call->arena);
    json_t *machines = json_array();
    const char *id;
    json_t *server;

    json_object_foreach(call->world->servers, id, server)
    {
        json_array_append_new(machines, own_machine_view(call, &list, server));
    }
    call_reply(call, 200, machines);
}

static json_t *
own_server_find(struct call *call)
{
    json_t *server = world_find(call->world->servers, NULL, call->id);

    if (server == NULL) {
        call_not_found(call, "machine", call->id);
    }
    return server;
}

static void
own_kill_pid(struct call *call, pid_t pid)
{
    if (pid == 0) {
        call_not_found(call, "machine_part", call->id);
        return;
    }
    kill(pid, SIGKILL);
    call_reply(call, 200, json_pack("{s:i}", "killed", (int)pid));
}

void
api_own_machine_kill(struct call *call)
{
    json_t *server = own_server_find(call);
    const char *part;

    if (server == NULL || !arguments_required_text(call, "part", &part)) {
        return;
    }
    struct procfs_list list = procfs_list_all(call->arena);
    struct machine_parts parts = machine_find_parts(call->cloud, &list, call->id);
    if (strcmp(part, "ssh") == 0) {
        own_kill_pid(call, parts.ssh);
    } else if (strcmp(part, "agent") == 0) {
        own_kill_pid(call, parts.agent);
    } else if (strcmp(part, "engine") == 0) {
        own_kill_pid(call, parts.engine);
    } else if (strcmp(part, "all") == 0) {
        /* As a kernel that hangs: the provider goes on to say "running". */
        world_set_bool(call->world, server, "crashed", true);
        machine_end(call->cloud, call->id, false);
        call_reply(call, 200, json_pack("{s:s}", "killed", "all"));
    } else {
        call_invalid(call, "part", "constraint", "must be agent, engine, ssh or all");
    }
}

/* As a provider that closes an account or hunts abuse: what was running ends. */
void
api_own_machine_lock(struct call *call)
{
    json_t *server = own_server_find(call);
    bool locked;

    if (server == NULL || !arguments_bool(call, "locked", true, &locked)) {
        return;
    }
    if (life_is_transient(server)) {
        call_transient(call, "instance_server", call->id, life_state(server));
        return;
    }
    if (locked) {
        machine_end(call->cloud, call->id, false);
    }
    if (locked || life_is(server, LIFE_LOCKED)) {
        world_set_text(call->world, server, "state", locked ? LIFE_LOCKED : LIFE_STOPPED);
    }
    call_reply(call, 200, json_pack("{s:s}", "state", life_state(server)));
}

void
api_own_machine_delete(struct call *call)
{
    json_t *server = own_server_find(call);

    if (server != NULL) {
        life_delete(call->cloud, server, false);
        call_reply(call, 204, NULL);
    }
}
