/* main.c: inventiv-orchestrator: the only process that calls providers and moves instances. */
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/kill_point.h"
#include "base/log.h"
#include "base/program.h"
#include "orchestrator/commands.h"
#include "orchestrator/interface.h"
#include "orchestrator/user_data.h"
#include "store/migrate.h"

static const struct program orchestrator_program = {
    .name = "inventiv-orchestrator",
    .letter = 'O',
    .summary = "Rents machines, brings instances to ready and back, and proves what it did.",
    .usage = "  --migrate     bring the schema up to date and end\n"
             "  --seed FILE   apply a catalogue file and end",
};

struct orchestrator {
    struct config *config;
    char id[UUID_TEXT_SIZE];
    struct loop *loop;
    struct runner *runner;
    struct pulse *pulse;
    struct commands commands;
    struct wake_listener *listener;
    struct interface *interface;
    bool failed;
};

static void
orchestrator_drained(void *argument)
{
    struct orchestrator *orchestrator = argument;

    loop_stop(orchestrator->loop);
}

static void
orchestrator_stop(void *argument)
{
    struct orchestrator *orchestrator = argument;

    log_info("stopping");
    program_end_within(config_ms(orchestrator->config, SETTING_ORCHESTRATOR_END_SECONDS));
    interface_drain(orchestrator->interface,
                    config_ms(orchestrator->config, SETTING_ORCHESTRATOR_HTTP_DRAIN_SECONDS),
                    orchestrator_drained, orchestrator);
}

static void
orchestrator_fatal(void *argument)
{
    struct orchestrator *orchestrator = argument;

    orchestrator->failed = true;
    loop_stop(orchestrator->loop);
}

enum { CALLS_IN_A_LEASE = 3 };

/* A call that outlasts its lease by design could never be made. */
static struct error
orchestrator_check_lease(struct arena *arena, const struct config *config)
{
    int64_t lease_ms = config_ms(config, SETTING_JOB_LEASE_SECONDS);
    int64_t call_ms = config_ms(config, SETTING_PROVIDER_CALL_TIMEOUT_SECONDS);

    if (lease_ms < CALLS_IN_A_LEASE * call_ms) {
        return error_make(arena, ERR_CONFIG,
                          "JOB_LEASE_SECONDS=%g must be at least three times "
                          "PROVIDER_CALL_TIMEOUT_SECONDS=%g",
                          (double)lease_ms / 1000, (double)call_ms / 1000);
    }
    return NO_ERROR;
}

static struct error
orchestrator_start(struct orchestrator *orchestrator, struct arena *arena)
{
    const struct config *config = orchestrator->config;

    if (config_text(config, SETTING_ORCHESTRATOR_TOKEN)[0] == '\0') {
        return error_static(ERR_CONFIG, "ORCHESTRATOR_TOKEN is required: at least 32 bytes");
    }
    TRY(orchestrator_check_lease(arena, config));
    TRY(wake_check(arena, config));
    TRY(kill_point_start(arena, config));
    TRY(user_data_start(arena, config));
    orchestrator->loop = loop_new();
    loop_on_stop_signal(orchestrator->loop, orchestrator_stop, orchestrator);
    orchestrator->runner = runner_new(config, orchestrator->id);
    orchestrator->pulse =
        pulse_new(config, orchestrator->id, orchestrator->runner, orchestrator_fatal, orchestrator);
    if (config_text(config, SETTING_REDIS_URL)[0] != '\0') {
        orchestrator->commands = (struct commands){ .config = config,
                                                    .runner = orchestrator->runner,
                                                    .pulse = orchestrator->pulse };
        orchestrator->listener = wake_listen(config, commands_heard, &orchestrator->commands);
    }
    return interface_new(orchestrator->loop, arena, config, orchestrator->runner,
                         orchestrator->pulse, orchestrator->listener, &orchestrator->interface);
}

static int
orchestrator_end(struct orchestrator *orchestrator)
{
    interface_free(orchestrator->interface);
    wake_listener_free(orchestrator->listener);
    pulse_free(orchestrator->pulse);
    int64_t limit_ms = config_ms(orchestrator->config, SETTING_ORCHESTRATOR_DRAIN_SECONDS);
    if (orchestrator->runner != NULL && !runner_stop(orchestrator->runner, limit_ms)) {
        /* A call outlasts our patience: its intent is on record, its lease runs out. */
        log_warn("a cycle is still under way; its leases run out by themselves");
        _exit(0);
    }
    runner_free(orchestrator->runner);
    loop_free(orchestrator->loop);
    return orchestrator->failed ? 1 : 0;
}

static int
orchestrator_serve(struct config *config)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct orchestrator orchestrator = { .config = config };

    digest_uuid(orchestrator.id);
    struct error error = orchestrator_start(&orchestrator, arena);
    if (error_is(error)) {
        log_fail("cannot start", LOG_STR(ERROR, error.message));
        orchestrator.failed = true;
    } else {
        log_info("listening", LOG_STR(ADDRESS, config_text(config, SETTING_ORCHESTRATOR_LISTEN)),
                 LOG_STR(VERSION, program_version()));
        loop_run(orchestrator.loop);
    }
    return orchestrator_end(&orchestrator);
}

static int
orchestrator_once(const struct config *config, const char *seed_path)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct error error = migrate_run(arena, config);

    if (!error_is(error) && seed_path != NULL) {
        error = migrate_seed(arena, config, seed_path);
    }
    if (error_is(error)) {
        log_fail("not done", LOG_STR(ERROR, error.message));
        return 1;
    }
    return 0;
}

int
main(int argc, char **argv)
{
    struct config *config = program_start(&orchestrator_program, argc, argv);
    const char *first = argc > 1 ? argv[1] : "";
    int status = 2;

    if (argc == 1) {
        status = orchestrator_serve(config);
    } else if (argc == 2 && strcmp(first, "--migrate") == 0) {
        status = orchestrator_once(config, NULL);
    } else if (argc == 3 && strcmp(first, "--seed") == 0) {
        status = orchestrator_once(config, argv[2]);
    } else {
        fprintf(stderr, "inventiv-orchestrator: unknown arguments; see --help\n");
    }
    config_free(config);
    return status;
}
