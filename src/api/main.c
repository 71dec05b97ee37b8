/* inventiv-api: the public API and the intake of heartbeats.  Records wishes; never calls a
 * provider and never moves an instance through its life. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/dispatch.h"
#include "api/endpoint.h"
#include "api/event_stream.h"
#include "api/ingest.h"
#include "api/schema_start.h"
#include "base/log.h"
#include "base/program.h"

struct api_main {
    struct api *api;
    struct schema_start *start;
    int exit_status;
    bool ending;
};

static const struct program api_program = {
    .name = "inventiv-api",
    .letter = 'A',
    .summary = "The public API of inventiv, and the intake of its workers' heartbeats.",
    .usage = "  --routes         print the table of routes and roles",
};

static void
api_main_on_drained(void *argument)
{
    struct api_main *program = argument;

    loop_stop(program->api->loop);
}

static void
api_main_end(struct api_main *program)
{
    struct api *api = program->api;

    if (program->ending) {
        return;
    }
    program->ending = true;
    schema_start_stop(program->start);
    http_server_drain(api->server, config_ms(api->config, SETTING_API_DRAIN_SECONDS),
                      api_main_on_drained, program);
}

static void
api_main_on_signal(void *argument)
{
    log_info("told to stop");
    api_main_end(argument);
}

static void
api_main_on_schema(void *argument, bool works)
{
    struct api_main *program = argument;
    struct api *api = program->api;

    if (!works) {
        program->exit_status = EXIT_FAILURE;
        api_main_end(program);
    } else if (!program->ending) {
        api->ingest = ingest_new(api);
        api->events = event_streams_new(api);
        atomic_store(&api->ready, true);
        log_info("the schema is there; serving");
    }
}

/* Heartbeats that wait hold a connection each: they must not be able to hold all of them. */
static struct error
api_main_check_limits(const struct config *config, struct arena *arena)
{
    long long most = config_count(config, SETTING_API_CONNECTIONS_MAX);
    long long waiting = config_count(config, SETTING_HEARTBEAT_WAITING_MAX);

    if (waiting < most) {
        return NO_ERROR;
    }
    return error_make(arena, ERR_CONFIG,
                      "HEARTBEAT_WAITING_MAX (%lld) must be below API_CONNECTIONS_MAX (%lld)",
                      waiting, most);
}

static struct error
api_main_listen(struct api *api, struct arena *arena)
{
    const struct config *config = api->config;
    size_t connections_max = (size_t)config_count(config, SETTING_API_CONNECTIONS_MAX);
    size_t percent = (size_t)config_count(config, SETTING_API_CONNECTIONS_SOFT_PERCENT);
    struct http_server_options options = {
        .listen = config_text(config, SETTING_API_LISTEN),
        .handler = dispatch_request,
        .context = api,
        .body_max = (size_t)config_count(config, SETTING_API_BODY_MAX_BYTES),
        .connections_max = connections_max,
        .connections_soft = connections_max * percent / 100,
        .request_timeout_ms = config_ms(config, SETTING_API_REQUEST_TIMEOUT_SECONDS),
        .stream_path = EVENT_STREAM_PATH,
    };

    TRY(api_main_check_limits(config, arena));
    TRY(http_server_new(api->loop, arena, &options, &api->server));
    log_info("listening", LOG_STR(ADDRESS, options.listen),
             LOG_I64(PORT, http_server_port(api->server)));
    return NO_ERROR;
}

/* What is required and has no default that would be safe. */
static const char *
api_main_missing(const struct config *config)
{
    if (config_text(config, SETTING_JWT_SECRET)[0] == '\0') {
        return "JWT_SECRET";
    }
    return config_text(config, SETTING_DATABASE_URL)[0] == '\0' ? "DATABASE_URL" : NULL;
}

/* Whatever still runs in a pool would hold the end up beyond what is allowed. */
static void
api_main_leave_if_busy(const struct api_main *program)
{
    if (program->api->exchanges > 0 || !schema_start_stop(program->start)) {
        log_warn("ended with work under way", LOG_I64(COUNT, program->api->exchanges));
        _exit(program->exit_status);
    }
}

static int
api_main_run(struct config *config, struct loop *loop)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct api_main program = { .api = api_new(config, loop) };
    struct error error = api_main_listen(program.api, arena);

    if (error_is(error)) {
        log_fail("cannot start", LOG_STR(ERROR, error.message));
        api_free(program.api);
        return EXIT_FAILURE;
    }
    program.start = schema_start_new(program.api, api_main_on_schema, &program);
    loop_on_stop_signal(loop, api_main_on_signal, &program);
    loop_run(loop);
    api_main_leave_if_busy(&program);
    schema_start_free(program.start);
    http_server_free(program.api->server);
    api_free(program.api);
    log_info("ended");
    return program.exit_status;
}

int
main(int argc, char **argv)
{
    struct config *config = program_start(&api_program, argc, argv);
    const char *missing = api_main_missing(config);

    if (argc == 2 && strcmp(argv[1], "--routes") == 0) {
        endpoint_print(stdout);
        config_free(config);
        return EXIT_SUCCESS;
    }
    if (argc > 1 || missing != NULL) {
        fprintf(stderr, "inventiv-api: %s%s\n",
                argc > 1 ? "unknown argument " : "required: ", argc > 1 ? argv[1] : missing);
        config_free(config);
        return 2;
    }
    struct loop *loop = loop_new();
    int status = api_main_run(config, loop);
    loop_free(loop);
    config_free(config);
    return status;
}
