#include "api/dispatch.h"

#include <string.h>

#include "api/access.h"
#include "api/client.h"
#include "api/endpoint.h"
#include "api/handlers.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

/* A value that the database does not take is the client's fault, not ours. */
static void
dispatch_log_error(const struct exchange *exchange, struct error error)
{
    LOG_AT(error.code == ERR_INPUT ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "a request failed",
           LOG_STR(REQUEST_ID, exchange->id), LOG_STR(METHOD, exchange->endpoint->method),
           LOG_STR(PATH, exchange->endpoint->path),
           LOG_STR(ERROR_CODE, error_code_name(error.code)), LOG_STR(ERROR, error.message));
}

/* What kept a handler from its reply becomes one; the message stays in the log. */
static void
dispatch_reply_error(struct exchange *exchange, struct error error)
{
    exchange->status = 0;
    json_decref(exchange->reply);
    exchange->reply = NULL;
    if (error.code == ERR_UNAVAILABLE || error.code == ERR_TIMEOUT) {
        exchange_refuse_for_now(exchange, "unavailable", "the database does not answer");
    } else if (error.code == ERR_INPUT) {
        exchange_refuse(exchange, 400, "invalid_request", "a value is not acceptable");
    } else {
        exchange_refuse(exchange, 500, error_code_name(error.code), "see the log, by request id");
    }
}

/* Parses the body where the route takes one. */
static bool
dispatch_take_body(struct exchange *exchange)
{
    size_t length;
    const char *body = http_request_body(exchange->request, &length);

    if (exchange->endpoint->body == ENDPOINT_NO_BODY) {
        return true;
    }
    struct error error = json_parse(exchange->arena, body, length, &exchange->body);
    if (error_is(error) || !json_is_object(exchange->body)) {
        exchange_refuse(exchange, 400, "invalid_body",
                        error_is(error) ? error.message : "a JSON object is wanted");
        return false;
    }
    return true;
}

static struct error
dispatch_handle(struct exchange *exchange, struct db *db)
{
    enum role role = exchange->endpoint->role;

    if (role == ROLE_NOBODY) {
        access_refuse_foreign_login(exchange);
    } else if (role != ROLE_WORKER) {
        TRY(access_admit(exchange, db));
    }
    if (exchange->status != 0 || !dispatch_take_body(exchange)) {
        return NO_ERROR;
    }
    return exchange->endpoint->in_pool(exchange, db);
}

static void
dispatch_reply(struct exchange *exchange)
{
    const char *text = json_text(exchange->arena, exchange->reply);

    log_debug("answered", LOG_STR(REQUEST_ID, exchange->id),
              LOG_STR(METHOD, exchange->endpoint->method), LOG_STR(PATH, exchange->endpoint->path),
              LOG_I64(STATUS, exchange->status),
              LOG_I64(DURATION_MS, http_request_age_ms(exchange->request)));
    http_request_reply(exchange->request, exchange->status, "application/json", text, strlen(text));
}

/* On the loop again. */
static void
dispatch_finish(void *argument)
{
    struct exchange *exchange = argument;

    for (size_t i = 0; i < exchange->header_count; i++) {
        http_request_add_header(exchange->request, exchange->headers[i].name,
                                exchange->headers[i].value);
    }
    if (exchange->on_loop != NULL) {
        exchange->on_loop(exchange);
    } else {
        dispatch_reply(exchange);
    }
    exchange->api->exchanges--;
    json_decref(exchange->reply);
    json_decref(exchange->body);
    arena_free(exchange->arena);
}

static void
dispatch_run(void *argument, size_t slot)
{
    struct exchange *exchange = argument;
    struct db *db = exchange->api->connections[exchange->endpoint->pool][slot];
    struct error error = dispatch_handle(exchange, db);

    if (error_is(error)) {
        dispatch_log_error(exchange, error);
        dispatch_reply_error(exchange, error);
    }
    loop_post(exchange->api->loop, dispatch_finish, exchange);
}

static void
dispatch_to_pool(struct api *api, struct http_request *request, const struct endpoint *endpoint,
                 const char *id, const char *path_id)
{
    struct arena *arena = arena_new();
    struct exchange *exchange = arena_alloc(arena, sizeof *exchange);

    *exchange = (struct exchange){
        .api = api,
        .request = request,
        .endpoint = endpoint,
        .arena = arena,
        .path_id = arena_strdup(arena, path_id),
        .peer = client_address(arena, api->config, request),
        .is_https = client_is_https(api->config, request),
    };
    memcpy(exchange->id, id, sizeof exchange->id);
    api->exchanges++;
    if (endpoint->in_pool != handle_readyz && !atomic_load(&api->ready)) {
        exchange_refuse_for_now(exchange, "not_ready", "the database's schema is not there yet");
        dispatch_finish(exchange);
    } else if (!thread_pool_add(api->pools[endpoint->pool], dispatch_run, exchange)) {
        exchange_refuse_for_now(exchange, "overloaded", "too many requests wait");
        dispatch_finish(exchange);
    }
}

/* A connection that came when nearly all were taken gets one answer and goes; whether we live and
 * are ready is told even there. */
static bool
dispatch_turns_away(struct api *api, struct http_request *request, const struct endpoint *endpoint)
{
    int64_t seconds = config_count(api->config, SETTING_API_RETRY_AFTER_SECONDS);

    if (!http_request_is_surplus(request)) {
        return false;
    }
    http_request_add_header(request, "Connection", "close");
    if (endpoint->on_loop == handle_healthz || endpoint->in_pool == handle_readyz) {
        return false;
    }
    http_request_add_header(request, "Retry-After",
                            arena_printf(http_request_arena(request), "%lld", (long long)seconds));
    http_request_reply_error(request, 503, "overloaded", "too many connections");
    return true;
}

/* True after a refusal. */
static bool
dispatch_refuses(struct api *api, struct http_request *request, const struct endpoint *endpoint)
{
    size_t length;
    size_t most = (size_t)config_count(api->config, endpoint->body == ENDPOINT_WORKER_JSON
                                                        ? SETTING_WORKER_BODY_MAX_BYTES
                                                        : SETTING_API_BODY_MAX_BYTES);

    if (dispatch_turns_away(api, request, endpoint)) {
        return true;
    }
    http_request_body(request, &length);
    if (length > most) {
        http_request_reply_error(request, 413, "body_too_large", "the request body is too large");
        return true;
    }
    if (endpoint->on_loop == NULL && !client_means_us(api->config, request)) {
        http_request_reply_error(request, 421, "misdirected", "this Host is not ours");
        return true;
    }
    if (endpoint->body != ENDPOINT_NO_BODY && !access_body_is_json(request)) {
        http_request_reply_error(request, 415, "unsupported_media_type", "send application/json");
        return true;
    }
    return false;
}

void
dispatch_request(struct http_request *request, void *context)
{
    struct api *api = context;
    struct arena *arena = http_request_arena(request);
    char id[EXCHANGE_ID_SIZE];
    const char *path_id = NULL;
    const char *allowed = NULL;
    const struct endpoint *endpoint = endpoint_find(arena, http_request_method(request),
                                                    http_request_path(request), &path_id, &allowed);

    digest_random_hex(id, sizeof id / 2);
    http_request_add_header(request, "X-Request-Id", id);
    http_request_add_header(request, "X-Content-Type-Options", "nosniff");
    if (endpoint == NULL && allowed == NULL) {
        http_request_reply_error(request, 404, "not_found", "no such path");
    } else if (endpoint == NULL) {
        http_request_add_header(request, "Allow", allowed);
        http_request_reply_error(request, 405, "method_not_allowed", "not with this method");
    } else if (dispatch_refuses(api, request, endpoint)) {
        return;
    } else if (endpoint->on_loop != NULL) {
        endpoint->on_loop(api, request, path_id);
    } else {
        dispatch_to_pool(api, request, endpoint, id, path_id);
    }
}
