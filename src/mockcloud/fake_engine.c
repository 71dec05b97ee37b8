#include "mockcloud/fake_engine.h"

#include <string.h>

#include "base/clock.h"
#include "base/http_server.h"
#include "base/json.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/mem.h"
#include "mockcloud/fake_engine_text.h"

struct fake_engine {
    const struct config *config;
    struct loop *loop;
    struct loop_timer *load;
    struct http_server *server;
    const char *host;
    const char *port;
    const char *model;
    int64_t started_ms;
    struct fake_engine_totals totals;
    bool failed;
};

static void
fake_engine_send(struct http_request *request, int status, json_t *body)
{
    const char *text = json_text(http_request_arena(request), body);

    json_decref(body);
    http_request_reply(request, status, "application/json", text, strlen(text));
}

static void
fake_engine_refuse(struct http_request *request, int status, const char *kind, const char *message)
{
    fake_engine_send(request, status,
                     json_pack("{s:{s:s, s:s, s:n, s:i}}", "error", "message", message, "type",
                               kind, "param", "code", status));
}

/* NULL when the request was refused and answered. */
static json_t *
fake_engine_body(const struct fake_engine *engine, struct http_request *request)
{
    struct arena *arena = http_request_arena(request);
    size_t length;
    const char *text = http_request_body(request, &length);
    json_t *body = NULL;
    struct error error = json_parse(arena, text, length, &body);

    if (error_is(error)) {
        fake_engine_refuse(request, 400, "BadRequestError", error.message);
        return NULL;
    }
    const char *model = json_get_string(body, "model", engine->model);
    if (strcmp(model, engine->model) != 0) {
        fake_engine_refuse(request, 404, "NotFoundError",
                           arena_printf(arena, "The model `%s` does not exist.", model));
        json_decref(body);
        return NULL;
    }
    return body;
}

static void
fake_engine_complete(struct fake_engine *engine, struct http_request *request, bool is_chat)
{
    struct arena *arena = http_request_arena(request);
    CLEANUP_JSON json_t *body = fake_engine_body(engine, request);

    if (body == NULL) {
        return;
    }
    const char *question =
        is_chat ? fake_engine_last_message(arena, body) : fake_engine_prompt(body);
    const char *answer = fake_engine_answer(arena, question);
    const struct fake_engine_usage usage = { fake_engine_tokens(question),
                                             fake_engine_tokens(answer) };
    engine->totals.prompt_tokens += usage.prompt_tokens;
    engine->totals.generation_tokens += usage.completion_tokens;
    engine->totals.requests++;
    if (json_get_bool(body, "stream", false)) {
        const char *stream =
            fake_engine_stream(arena, engine->model, answer, is_chat, &usage, clock_wall_ms());
        http_request_reply(request, 200, "text/event-stream", stream, strlen(stream));
        return;
    }
    fake_engine_send(
        request, 200,
        fake_engine_completion(engine->model, answer, is_chat, &usage, clock_wall_ms()));
}

static void
fake_engine_chat(struct fake_engine *engine, struct http_request *request)
{
    fake_engine_complete(engine, request, true);
}

static void
fake_engine_plain(struct fake_engine *engine, struct http_request *request)
{
    fake_engine_complete(engine, request, false);
}

static void
fake_engine_embed(struct fake_engine *engine, struct http_request *request)
{
    CLEANUP_JSON json_t *body = fake_engine_body(engine, request);

    if (body != NULL) {
        engine->totals.requests++;
        fake_engine_send(request, 200, fake_engine_embeddings(engine->model, body));
    }
}

static void
fake_engine_list_models(struct fake_engine *engine, struct http_request *request)
{
    fake_engine_send(request, 200, fake_engine_models(engine->model, engine->started_ms));
}

static void
fake_engine_tell_metrics(struct fake_engine *engine, struct http_request *request)
{
    const char *text =
        fake_engine_metrics(http_request_arena(request), engine->model, &engine->totals);

    http_request_reply(request, 200, "text/plain; version=0.0.4", text, strlen(text));
}

static void
fake_engine_health(struct fake_engine *engine, struct http_request *request)
{
    (void)engine;
    http_request_reply(request, 200, NULL, "", 0);
}

static const struct {
    const char *method;
    const char *path;
    void (*handle)(struct fake_engine *engine, struct http_request *request);
} fake_engine_routes[] = {
    { "GET", "/health", fake_engine_health },
    { "GET", "/v1/models", fake_engine_list_models },
    { "GET", "/metrics", fake_engine_tell_metrics },
    { "POST", "/v1/chat/completions", fake_engine_chat },
    { "POST", "/v1/completions", fake_engine_plain },
    { "POST", "/v1/embeddings", fake_engine_embed },
};

static void
fake_engine_handle(struct http_request *request, void *context)
{
    const char *path = http_request_path(request);

    for (size_t i = 0; i < ARRAY_LENGTH(fake_engine_routes); i++) {
        if (strcmp(path, fake_engine_routes[i].path) != 0) {
            continue;
        }
        if (strcmp(http_request_method(request), fake_engine_routes[i].method) != 0) {
            fake_engine_refuse(request, 405, "MethodNotAllowed", "Method Not Allowed");
        } else {
            fake_engine_routes[i].handle(context, request);
        }
        return;
    }
    fake_engine_refuse(request, 404, "NotFoundError", "Not Found");
}

/* The model is "loaded": only now is there anybody to talk to, as with the real one. */
static void
fake_engine_open(void *argument)
{
    struct fake_engine *engine = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();
    const struct http_server_options options = {
        .listen = arena_printf(arena, "%s:%s", engine->host, engine->port),
        .handler = fake_engine_handle,
        .context = engine,
        .body_max = (size_t)config_count(engine->config, SETTING_MOCKCLOUD_BODY_MAX_BYTES),
        .connections_max = (size_t)config_count(engine->config, SETTING_MOCKCLOUD_CONNECTIONS_MAX),
        .request_timeout_ms = config_ms(engine->config, SETTING_MOCKCLOUD_REQUEST_TIMEOUT_SECONDS),
        .loopback_only = true,
    };
    struct error error = http_server_new(engine->loop, arena, &options, &engine->server);

    if (error_is(error)) {
        engine->server = NULL;
        engine->failed = true;
        log_fail("engine cannot listen", LOG_STR(ERROR, error.message));
        loop_stop(engine->loop);
        return;
    }
    log_info("engine serves", LOG_STR(NAME, engine->model), LOG_STR(ADDRESS, options.listen));
}

static void
fake_engine_on_stop(void *argument)
{
    const struct fake_engine *engine = argument;

    loop_stop(engine->loop);
}

/* The value after a flag, or in --flag=value. */
static const char *
fake_engine_option(int argc, char **argv, const char *flag, const char *fallback)
{
    size_t length = strlen(flag);

    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], flag) == 0 && i + 1 < argc) {
            return argv[i + 1];
        }
        if (strncmp(argv[i], flag, length) == 0 && argv[i][length] == '=') {
            return argv[i] + length + 1;
        }
    }
    return fallback;
}

/* "vllm serve MODEL" names it without a flag. */
static const char *
fake_engine_served_word(int argc, char **argv)
{
    bool is_served = argc > 3 && strcmp(argv[2], "serve") == 0 && argv[3][0] != '-';

    return is_served ? argv[3] : "mock-echo-model";
}

int
fake_engine_main(const struct config *config, int argc, char **argv)
{
    struct fake_engine engine = { .config = config, .started_ms = clock_wall_ms() };
    const char *model =
        fake_engine_option(argc, argv, "--model", fake_engine_served_word(argc, argv));

    engine.host = fake_engine_option(argc, argv, "--host", "127.0.0.1");
    engine.port = fake_engine_option(argc, argv, "--port", "8000");
    engine.model = fake_engine_option(argc, argv, "--served-model-name", model);
    engine.loop = loop_new();
    engine.load = loop_timer_new(engine.loop, fake_engine_open, &engine);
    loop_on_stop_signal(engine.loop, fake_engine_on_stop, &engine);
    loop_timer_start(engine.load, config_ms(config, SETTING_MOCKCLOUD_MODEL_LOAD_SECONDS));
    loop_run(engine.loop);
    http_server_free(engine.server);
    loop_timer_free(engine.load);
    loop_free(engine.loop);
    return engine.failed ? 1 : 0;
}
