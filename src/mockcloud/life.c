#include "mockcloud/life.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "mockcloud/address.h"
#include "mockcloud/bill.h"
#include "mockcloud/call.h"
#include "mockcloud/fault_machines.h"
#include "mockcloud/machine.h"
#include "mockcloud/volume.h"

static const char *const life_goal_names[] = {
    [LIFE_GOAL_STOPPED] = LIFE_STOPPED,
    [LIFE_GOAL_IN_PLACE] = LIFE_STOPPED_IN_PLACE,
    [LIFE_GOAL_RESTART] = "restart",
    [LIFE_GOAL_GONE] = "gone",
};

const char *
life_state(const json_t *server)
{
    return json_get_string(server, "state", LIFE_STOPPED);
}

bool
life_is(const json_t *server, const char *state)
{
    return strcmp(life_state(server), state) == 0;
}

bool
life_is_transient(const json_t *server)
{
    return life_is(server, LIFE_STARTING) || life_is(server, LIFE_STOPPING);
}

/* due_ms 0: nothing takes time any more. */
static void
life_set(struct cloud *cloud, json_t *server, const char *state, const char *next, int64_t due_ms)
{
    world_set_text(cloud->world, server, "state", state);
    world_set_text(cloud->world, server, "next", next);
    world_set_i64(cloud->world, server, "due_ms", due_ms);
    world_set_i64(cloud->world, server, "modified_ms", clock_wall_ms());
}

static void
life_begin_boot(struct cloud *cloud, json_t *server)
{
    int64_t due_ms = clock_wall_ms() + config_ms(cloud->config, SETTING_MOCKCLOUD_BOOT_SECONDS);

    life_set(cloud, server, LIFE_STARTING, LIFE_RUNNING, due_ms);
    fault_machines_starts(cloud, server);
}

bool
life_power_on(struct cloud *cloud, json_t *server)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    if (json_get_string(server, "address", NULL) == NULL) {
        const char *text = address_find_free(cloud, arena);
        if (text == NULL) {
            return false;
        }
        world_set_text(cloud->world, server, "address", text);
    }
    world_set_bool(cloud->world, server, "crashed", false);
    life_begin_boot(cloud, server);
    return true;
}

void
life_power_off(struct cloud *cloud, json_t *server, enum life_goal goal)
{
    int64_t due_ms = clock_wall_ms() + config_ms(cloud->config, SETTING_MOCKCLOUD_STOP_SECONDS);

    machine_end(cloud, json_get_string(server, "id", ""), false);
    life_set(cloud, server, LIFE_STOPPING, life_goal_names[goal], due_ms);
}

static void
life_release_volumes(struct cloud *cloud, const json_t *server, bool with_local, int64_t now_ms)
{
    struct world *world = cloud->world;
    size_t index;
    json_t *id;

    json_array_foreach(json_object_get(server, "volumes"), index, id)
    {
        json_t *volume = world_find(world->volumes, NULL, json_string_value(id));
        if (volume == NULL) {
            continue;
        }
        if (with_local && volume_is_local(volume)) {
            volume_delete(world, volume, now_ms, 0);
        } else {
            volume_detach(world, volume, now_ms);
        }
    }
}

void
life_delete(struct cloud *cloud, json_t *server, bool with_local_volumes)
{
    struct world *world = cloud->world;
    int64_t now_ms = clock_wall_ms();
    const char *id = json_get_string(server, "id", "");
    json_t *address = address_of_server(world, id);

    fault_machines_forget(cloud, id);
    machine_end(cloud, id, true);
    life_release_volumes(cloud, server, with_local_volumes, now_ms);
    if (address != NULL) {
        world_set_text(world, address, "server", NULL);
    }
    bill_close(world, id, now_ms);
    world_remove(world, world->servers, id);
}

/* The address of a server that asked for one, rented from its first running second on. */
static void
life_rent_address(struct cloud *cloud, const json_t *server)
{
    struct world *world = cloud->world;
    const char *id = json_get_string(server, "id", "");

    if (json_get_bool(server, "dynamic_ip_required", true) &&
        address_of_server(world, id) == NULL) {
        json_t *address = address_new(world, json_get_string(server, "zone", ""),
                                      json_get_string(server, "address", ""),
                                      json_object_get(server, "tags"), id, clock_wall_ms());
        world_set_bool(world, address, "dynamic", true);
    }
}

static void
life_run(struct cloud *cloud, json_t *server)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    if (fault_machines_lacks_stock(cloud, server)) {
        life_set(cloud, server, LIFE_STOPPED, NULL, 0);
        return;
    }
    struct error error = machine_boot(cloud, arena, server);
    if (error_is(error)) {
        log_fail("machine does not boot", LOG_STR(PROVIDER_REF, json_get_string(server, "id", "")),
                 LOG_STR(ERROR, error.message));
        life_set(cloud, server, LIFE_STOPPED, NULL, 0);
        return;
    }
    life_rent_address(cloud, server);
    life_set(cloud, server, LIFE_RUNNING, NULL, 0);
    fault_machines_runs(cloud, server);
}

/* What took time has taken it. */
static void
life_arrive(struct cloud *cloud, json_t *server)
{
    const char *next = json_get_string(server, "next", LIFE_STOPPED);

    if (strcmp(next, LIFE_RUNNING) == 0) {
        life_run(cloud, server);
    } else if (strcmp(next, life_goal_names[LIFE_GOAL_RESTART]) == 0) {
        life_begin_boot(cloud, server);
    } else if (strcmp(next, life_goal_names[LIFE_GOAL_GONE]) == 0) {
        life_delete(cloud, server, true);
    } else {
        bool in_place = strcmp(next, LIFE_STOPPED_IN_PLACE) == 0;
        life_set(cloud, server, in_place ? LIFE_STOPPED_IN_PLACE : LIFE_STOPPED, NULL, 0);
    }
}

/* On the way down or to a new boot the old machine must be gone first; then life_machine_ended()
 * goes on.  So does whoever lets go of a machine that is held. */
static bool
life_waits(const struct cloud *cloud, const char *server_id)
{
    return machine_is_there(cloud, server_id) || fault_machines_is_held(cloud, server_id);
}

static bool
life_can_arrive(const struct cloud *cloud, const json_t *server, int64_t now_ms)
{
    int64_t due_ms = json_get_i64(server, "due_ms", 0);

    return due_ms != 0 && due_ms <= now_ms && !life_waits(cloud, json_get_string(server, "id", ""));
}

static void
life_tick_volumes(struct cloud *cloud, int64_t now_ms)
{
    void *next;
    const char *id;
    json_t *volume;

    json_object_foreach_safe(cloud->world->volumes, next, id, volume)
    {
        int64_t due_ms = json_get_i64(volume, "due_ms", 0);
        if (due_ms != 0 && due_ms <= now_ms) {
            volume_arrive(cloud->world, volume, now_ms);
        }
    }
}

static void
life_tick(void *argument)
{
    struct cloud *cloud = argument;
    int64_t now_ms = clock_wall_ms();
    void *next;
    const char *id;
    json_t *server;

    json_object_foreach_safe(cloud->world->servers, next, id, server)
    {
        if (life_can_arrive(cloud, server, now_ms)) {
            life_arrive(cloud, server);
        }
    }
    life_tick_volumes(cloud, now_ms);
    life_arm(cloud);
}

void
life_machine_ended(struct cloud *cloud, const char *server_id)
{
    json_t *server = world_find(cloud->world->servers, NULL, server_id);

    if (server != NULL) {
        world_set_i64(cloud->world, server, "pid", 0);
        if (life_is(server, LIFE_RUNNING) && !json_get_bool(server, "crashed", false)) {
            /* Shut down from within: the provider keeps it in its place. */
            life_set(cloud, server, LIFE_STOPPED_IN_PLACE, NULL, 0);
        }
    }
    life_tick(cloud);
}

static int64_t
life_next_due(const struct cloud *cloud, json_t *table, bool are_servers)
{
    int64_t soonest_ms = INT64_MAX;
    const char *id;
    json_t *thing;

    json_object_foreach(table, id, thing)
    {
        int64_t due_ms = json_get_i64(thing, "due_ms", 0);
        if (due_ms != 0 && due_ms < soonest_ms && !(are_servers && life_waits(cloud, id))) {
            soonest_ms = due_ms;
        }
    }
    return soonest_ms;
}

void
life_arm(struct cloud *cloud)
{
    int64_t server_ms = life_next_due(cloud, cloud->world->servers, true);
    int64_t volume_ms = life_next_due(cloud, cloud->world->volumes, false);
    int64_t due_ms = server_ms < volume_ms ? server_ms : volume_ms;
    int64_t wait_ms = due_ms == INT64_MAX ? -1 : due_ms - clock_wall_ms();

    if (cloud->world->changed) {
        call_ask_save(cloud);
    }
    if (due_ms == INT64_MAX) {
        loop_timer_stop(cloud->life_timer);
    } else {
        loop_timer_start(cloud->life_timer, wait_ms < 0 ? 0 : wait_ms);
    }
}

/* A machine that is not there any more although its server runs: the host went away under it, and
 * boots its guests again, as a real one would. */
static void
life_take_up(struct cloud *cloud, json_t *server)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    bool there = machine_adopt(cloud, arena, server);

    if (there && !life_is(server, LIFE_RUNNING)) {
        machine_end(cloud, json_get_string(server, "id", ""), false);
    }
    if (!there && life_is(server, LIFE_RUNNING) && !json_get_bool(server, "crashed", false)) {
        life_begin_boot(cloud, server);
    }
}

void
life_start(struct cloud *cloud)
{
    const char *id;
    json_t *server;

    cloud->life_timer = loop_timer_new(cloud->loop, life_tick, cloud);
    json_object_foreach(cloud->world->servers, id, server)
    {
        life_take_up(cloud, server);
    }
    machine_clear_strays(cloud);
    life_arm(cloud);
}

void
life_stop(struct cloud *cloud)
{
    loop_timer_free(cloud->life_timer);
    cloud->life_timer = NULL;
}
