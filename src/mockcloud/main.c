/* inventiv-mockcloud: a cloud on this machine.  The same binary is also what its machines run: init,
 * SSH banner and engine are modes of it, because a copy of it is all that their image holds. */
#include <stdlib.h>
#include <string.h>

#include "base/http_server.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/program.h"
#include "mockcloud/call.h"
#include "mockcloud/fake_engine.h"
#include "mockcloud/fault_latency.h"
#include "mockcloud/fault_machines.h"
#include "mockcloud/guest_folder.h"
#include "mockcloud/guest_init.h"
#include "mockcloud/guest_ssh.h"
#include "mockcloud/life.h"
#include "mockcloud/machine.h"
#include "mockcloud/routes.h"
#include "mockcloud/stop_machines.h"
#include "mockcloud/world_file.h"

static const struct program mockcloud_program = {
    .name = "inventiv-mockcloud",
    .letter = 'M',
    .summary = "A local cloud that speaks the provider's API and boots machines as processes.",
    .usage = "  --stop-machines   end all machines of the state file, and this program\n"
             "Machines run it as --guest-init, --guest-ssh ADDRESS PORT and --fake-engine ...",
};

static struct error
mockcloud_check_settings(struct arena *arena, const struct config *config)
{
    static const enum setting_id required[] = {
        SETTING_MOCKCLOUD_SECRET_KEY,
        SETTING_MOCKCLOUD_PROJECT_ID,
        SETTING_MOCKCLOUD_ZONES,
    };

    for (size_t i = 0; i < ARRAY_LENGTH(required); i++) {
        if (config_text(config, required[i])[0] == '\0') {
            return error_make(arena, ERR_CONFIG, "%s: required", settings[required[i]].name);
        }
    }
    if (strncmp(config_text(config, SETTING_MOCKCLOUD_NETWORK), "127.", 4) != 0) {
        return error_make(arena, ERR_CONFIG, "MOCKCLOUD_NETWORK=%s: loopback addresses only",
                          config_text(config, SETTING_MOCKCLOUD_NETWORK));
    }
    return NO_ERROR;
}

static struct error
mockcloud_listen(struct cloud *cloud, struct arena *arena)
{
    const struct config *config = cloud->config;
    const struct http_server_options options = {
        .listen = config_text(config, SETTING_MOCKCLOUD_LISTEN),
        .handler = routes_handle,
        .context = cloud,
        .body_max = (size_t)config_count(config, SETTING_MOCKCLOUD_BODY_MAX_BYTES),
        .connections_max = (size_t)config_count(config, SETTING_MOCKCLOUD_CONNECTIONS_MAX),
        .request_timeout_ms = config_ms(config, SETTING_MOCKCLOUD_REQUEST_TIMEOUT_SECONDS),
        .loopback_only = true,
    };

    return http_server_new(cloud->loop, arena, &options, &cloud->server);
}

/* The listener comes first: a wrong address must not cost a machine. */
static struct error
mockcloud_start(struct cloud *cloud, struct arena *arena)
{
    const char *path = config_text(cloud->config, SETTING_MOCKCLOUD_STATE_FILE);

    TRY(mockcloud_check_settings(arena, cloud->config));
    TRY(world_file_lock(arena, path));
    TRY(world_file_load(arena, path, cloud->world));
    TRY(guest_folder_start(arena, cloud->config, &cloud->guest_base));
    TRY(mockcloud_listen(cloud, arena));
    return NO_ERROR;
}

static void
mockcloud_on_drained(void *argument)
{
    const struct cloud *cloud = argument;

    loop_stop(cloud->loop);
}

static void
mockcloud_on_stop(void *argument)
{
    const struct cloud *cloud = argument;

    http_server_drain(cloud->server, config_ms(cloud->config, SETTING_MOCKCLOUD_DRAIN_SECONDS),
                      mockcloud_on_drained, argument);
}

static void
mockcloud_serve(struct cloud *cloud)
{
    call_start(cloud);
    life_start(cloud);
    loop_on_stop_signal(cloud->loop, mockcloud_on_stop, cloud);
    log_info("listening", LOG_STR(ADDRESS, config_text(cloud->config, SETTING_MOCKCLOUD_LISTEN)),
             LOG_I64(PORT, http_server_port(cloud->server)));
    loop_run(cloud->loop);
    fault_latency_stop(cloud);
    call_stop(cloud);
    life_stop(cloud);
    fault_machines_stop(cloud);
    fault_rules_clear(cloud);
    machine_release_all(cloud);
    log_info("stopped", LOG_STR(REASON, "asked to; machines run on"));
}

static int
mockcloud_cloud(const struct config *config)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct cloud cloud = {
        .config = config,
        .loop = loop_new(),
        .world = world_new(config),
        .request_counts = json_object(),
        .held = json_object(),
    };
    struct error error = mockcloud_start(&cloud, arena);

    if (error_is(error)) {
        log_fail("not started", LOG_STR(ERROR, error.message));
    } else {
        mockcloud_serve(&cloud);
    }
    http_server_free(cloud.server);
    loop_free(cloud.loop);
    json_decref(cloud.request_counts);
    json_decref(cloud.held);
    world_free(cloud.world);
    if (!error_is(error)) {
        return 0;
    }
    return error.code == ERR_CONFIG ? 2 : 1;
}

static int
mockcloud_run(const struct config *config, int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";

    if (strcmp(mode, "--guest-init") == 0) {
        return guest_init_main(config);
    }
    if (strcmp(mode, "--fake-engine") == 0) {
        return fake_engine_main(config, argc, argv);
    }
    if (strcmp(mode, "--stop-machines") == 0) {
        return stop_machines_main(config);
    }
    if (mode[0] != '\0') {
        log_fail("unknown option", LOG_STR(NAME, mode));
        return 2;
    }
    return mockcloud_cloud(config);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--guest-ssh") == 0) {
        return guest_ssh_main(argc, argv); /* as lean as can be: one a machine */
    }
    struct config *config = program_start(&mockcloud_program, argc, argv);
    int status = mockcloud_run(config, argc, argv);

    config_free(config);
    return status;
}
