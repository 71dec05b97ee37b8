#include "mockcloud/stop_machines.h"

#include <signal.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mockcloud/guest_folder.h"
#include "mockcloud/procfs.h"
#include "mockcloud/world.h"
#include "mockcloud/world_file.h"

enum { STOP_MACHINES_LOOKS = 200 };

static void
stop_machines_signal(const struct world *world)
{
    const char *id;
    json_t *server;

    json_object_foreach(world->servers, id, server)
    {
        pid_t pid = (pid_t)json_get_i64(server, "pid", 0);
        if (pid > 0 && child_is_alive(pid, json_get_i64(server, "pid_started", 0))) {
            kill(pid, SIGTERM);
            kill(pid, SIGCONT);
        }
    }
}

static bool
stop_machines_any_alive(const struct world *world)
{
    const char *id;
    json_t *server;

    json_object_foreach(world->servers, id, server)
    {
        pid_t pid = (pid_t)json_get_i64(server, "pid", 0);
        if (pid > 0 && child_is_alive(pid, json_get_i64(server, "pid_started", 0))) {
            return true;
        }
    }
    return false;
}

/* What is left after that, by the folders in processes' environments. */
static bool
stop_machines_sweep(struct arena *arena, const char *base, const struct world *world)
{
    bool swept = true;
    const char *id;
    json_t *server;

    json_object_foreach(world->servers, id, server)
    {
        swept = procfs_kill_marked(guest_folder_path(arena, base, id)) && swept;
    }
    return swept;
}

static struct error
stop_machines_run(struct arena *arena, const struct config *config, struct world *world)
{
    const char *path = config_text(config, SETTING_MOCKCLOUD_STATE_FILE);
    int64_t patience_ms = config_ms(config, SETTING_MOCKCLOUD_KILL_SECONDS);
    const char *base;

    TRY(world_file_load(arena, path, world));
    TRY(guest_folder_start(arena, config, &base));
    stop_machines_signal(world);
    for (int look = 0; look < STOP_MACHINES_LOOKS && stop_machines_any_alive(world); look++) {
        clock_pause_ms(1 + patience_ms / STOP_MACHINES_LOOKS);
    }
    if (!stop_machines_sweep(arena, base, world)) {
        return error_make(arena, ERR_TIMEOUT, "machines of %s do not end", path);
    }
    return NO_ERROR;
}

int
stop_machines_main(const struct config *config)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct world *world = world_new(config);
    struct error error = stop_machines_run(arena, config, world);

    world_free(world);
    if (error_is(error)) {
        log_fail("machines not stopped", LOG_STR(ERROR, error.message));
        return 1;
    }
    return 0;
}
