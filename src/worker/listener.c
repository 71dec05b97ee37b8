#include "worker/listener.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "worker/worker_figures.h"

enum { LISTENER_TAIL = 1000, LISTENER_BODY_MAX = 1024 };

static void
listener_reply_text(struct http_request *request, int status, const char *text)
{
    http_request_reply(request, status, "text/plain; charset=utf-8", text, strlen(text));
}

static void
listener_reply_json(struct http_request *request, int status, const char *text)
{
    http_request_reply(request, status, "application/json", text, strlen(text));
}

static void
listener_healthz(const struct listener *listener, struct http_request *request)
{
    (void)listener;
    listener_reply_text(request, 200, "ok\n");
}

/* Machines come to bear the address of an earlier one: whoever probes can tell whose answer it
 * is. */
static void
listener_sign(const struct listener *listener, struct http_request *request)
{
    const struct worker_options *options = listener->options;

    if (options->instance_id[0] != '\0') {
        const char *generation =
            arena_printf(http_request_arena(request), "%" PRId64, options->generation);
        http_request_add_header(request, "X-Instance-Id", options->instance_id);
        http_request_add_header(request, "X-Generation", generation);
    }
}

static void
listener_readyz(const struct listener *listener, struct http_request *request)
{
    struct worker_facts facts;

    worker_state_read(listener->state, &facts);
    bool ready = facts.status == WORKER_READY;
    listener_sign(listener, request);
    listener_reply_text(request, ready ? 200 : 503, ready ? "ready\n" : "not-ready\n");
}

static void
listener_metrics(const struct listener *listener, struct http_request *request)
{
    CLEANUP_BUFFER struct buffer text = { 0 };
    struct worker_facts facts;

    worker_state_read(listener->state, &facts);
    worker_figures_write(&facts, &text);
    http_request_reply(request, 200, "text/plain; version=0.0.4; charset=utf-8", text.bytes,
                       text.length);
}

static const char *
listener_told(const char *text)
{
    return text[0] == '\0' ? NULL : text;
}

/* python_version belongs to the existing agent's answer; this one has none. */
static void
listener_info(const struct listener *listener, struct http_request *request)
{
    const struct worker_options *options = listener->options;
    struct worker_facts facts;

    worker_state_read(listener->state, &facts);
    CLEANUP_JSON json_t *info = json_pack(
        "{s:s, s:s, s:s, s:s, s:n, s:s, s:s?, s:s?, s:I, s:b, s:s, s:b, s:i, s:I}", "agent_version",
        options->version, "agent_build_date", options->build_date, "agent_checksum",
        options->checksum, "agent_path", options->program_path, "python_version", "worker_id",
        options->worker_id, "instance_id", listener_told(options->instance_id), "model_id",
        listener_told(options->model_id), "generation", (json_int_t)options->generation,
        "vllm_ready", facts.engine.serves ? 1 : 0, "status", worker_status_name(facts.status),
        "ordered_to_stop", facts.ordered_to_stop ? 1 : 0, "engine_pid", (int)facts.engine.pid,
        "engine_starts", (json_int_t)facts.engine.starts);
    if (info == NULL) {
        http_request_reply_error(request, 500, "internal_error", "a setting is not valid UTF-8");
        return;
    }
    listener_reply_json(request, 200, json_text(http_request_arena(request), info));
}

/* False, the request answered, when 'tail' is no whole number. */
static bool
listener_tail(const struct listener *listener, struct http_request *request, size_t *out)
{
    const char *text = http_request_query(request, "tail");
    char *end;

    *out = LISTENER_TAIL;
    if (text == NULL) {
        return true;
    }
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || number < 0) {
        http_request_reply_error(request, 400, "invalid_request", "tail: must be a whole number");
        return false;
    }
    size_t most = listener->options->log_keep_lines;
    *out = (unsigned long long)number < most ? (size_t)number : most;
    return true;
}

static void
listener_logs(const struct listener *listener, struct http_request *request)
{
    size_t tail;
    int status;

    if (!listener_tail(listener, request, &tail)) {
        return;
    }
    const char *reply = event_log_reply(listener->events, http_request_arena(request), tail,
                                        http_request_query(request, "since"), &status);
    listener_reply_json(request, status, reply);
}

static const struct {
    const char *path;
    bool guarded;
    void (*answer)(const struct listener *listener, struct http_request *request);
} listener_routes[] = {
    { "/healthz", false, listener_healthz }, { "/readyz", false, listener_readyz },
    { "/metrics", false, listener_metrics }, { "/info", true, listener_info },
    { "/logs", true, listener_logs },
};

/* False, the request answered, for anyone but the plane. */
static bool
listener_admits(const struct listener *listener, struct http_request *request)
{
    const char *wanted = listener->options->plane_token;
    const char *header = http_request_header(request, "Authorization");

    if (wanted[0] == '\0') {
        http_request_reply_error(request, 403, "forbidden", "WORKER_PLANE_TOKEN is not set");
        return false;
    }
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0 ||
        !digest_equal(header + 7, wanted)) {
        http_request_reply_error(request, 401, "unauthorized", "the plane's token is needed");
        return false;
    }
    return true;
}

static void
listener_handle(struct http_request *request, void *context)
{
    const struct listener *listener = context;
    const char *method = http_request_method(request);

    for (size_t i = 0; i < ARRAY_LENGTH(listener_routes); i++) {
        if (strcmp(http_request_path(request), listener_routes[i].path) != 0) {
            continue;
        }
        if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
            http_request_reply_error(request, 405, "method_not_allowed", "only GET");
        } else if (!listener_routes[i].guarded || listener_admits(listener, request)) {
            listener_routes[i].answer(listener, request);
        }
        return;
    }
    listener_reply_text(request, 404, "not-found\n");
}

struct error
listener_new(struct listener *listener, struct loop *loop, struct arena *arena,
             struct http_server **out)
{
    const struct worker_options *options = listener->options;
    bool is_v6 = strchr(options->listen_address, ':') != NULL && options->listen_address[0] != '[';
    struct http_server_options server = {
        .listen = arena_printf(arena, is_v6 ? "[%s]:%lld" : "%s:%lld", options->listen_address,
                               (long long)options->health_port),
        .handler = listener_handle,
        .context = listener,
        .body_max = LISTENER_BODY_MAX,
        .connections_max = options->connections_max,
        .request_timeout_ms = options->request_timeout_ms,
    };

    return http_server_new(loop, arena, &server, out);
}
