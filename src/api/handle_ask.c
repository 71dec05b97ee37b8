/* handle_ask.c: one question to an instance's own engine, at the address and port on record. */
#include <string.h>

#include "api/handlers.h"
#include "base/http_client.h"
#include "base/json.h"

static const char *
handle_ask_body(struct exchange *exchange, const char *model, const char *prompt)
{
    int64_t most = config_count(exchange->api->config, SETTING_ASK_MAX_TOKENS);
    json_t *body = json_pack("{s:s, s:I, s:[{s:s, s:s}]}", "model", model, "max_tokens",
                             (json_int_t)most, "messages", "role", "user", "content", prompt);
    const char *text = json_text(exchange->arena, body);

    json_decref(body);
    return text;
}

static void
handle_ask_call(struct exchange *exchange, const struct db_rows *target, const char *prompt,
                struct http_call *call)
{
    static const char *const headers[] = { "Content-Type: application/json",
                                           "Accept: application/json", NULL };
    const struct config *config = exchange->api->config;
    const char *engine = http_url_of(exchange->arena, row_text(target, 0, "ip_address"),
                                     row_i64(target, 0, "engine_port", 0));
    const char *body = handle_ask_body(exchange, row_text(target, 0, "model"), prompt);
    struct http_client *client = http_client_new(1);
    struct http_call *calls[] = { call };

    *call = (struct http_call){
        .method = "POST",
        .url = arena_printf(exchange->arena, "%s/v1/chat/completions", engine),
        .headers = headers,
        .body = body,
        .body_length = strlen(body),
        .timeout_ms = config_ms(config, SETTING_ASK_TIMEOUT_SECONDS),
        .reply_max = (size_t)config_count(config, SETTING_API_BODY_MAX_BYTES),
    };
    http_client_run(client, exchange->arena, calls, 1);
    http_client_free(client);
}

/* choices[0].message.content; NULL: the engine said something else. */
static const char *
handle_ask_answer(const json_t *reply)
{
    const json_t *choice = json_array_get(json_object_get(reply, "choices"), 0);

    return json_get_string(json_object_get(choice, "message"), "content", NULL);
}

static void
handle_ask_reply(struct exchange *exchange, const struct db_rows *target,
                 const struct http_call *call)
{
    CLEANUP_JSON json_t *reply = NULL;

    if (call->outcome != HTTP_ANSWERED) {
        exchange_refuse(exchange, 502, "upstream_unreachable", call->failure);
        return;
    }
    struct error error = json_parse(exchange->arena, call->reply, call->reply_length, &reply);
    const char *answer = error_is(error) ? NULL : handle_ask_answer(reply);
    if (call->status != 200 || answer == NULL) {
        exchange_refuse(exchange, 502, "upstream_error",
                        arena_printf(exchange->arena, "the engine answered %d", call->status));
        return;
    }
    json_t *usage = json_incref(json_object_get(reply, "usage"));
    exchange_reply(exchange, 200,
                   json_pack("{s:s, s:s, s:s, s:o}", "instance_id", row_text(target, 0, "id"),
                             "model", row_text(target, 0, "model"), "answer", answer, "usage",
                             usage == NULL ? json_null() : usage));
}

struct error
handle_ask(struct exchange *exchange, struct db *db)
{
    const char *id = exchange_path_id(exchange);
    const char *prompt = json_get_string(exchange->body, "prompt", "");
    struct db_rows target;
    struct http_call call;

    if (id == NULL) {
        return NO_ERROR;
    }
    if (prompt[0] == '\0') {
        exchange_refuse(exchange, 400, "invalid_request", "\"prompt\" is wanted");
        return NO_ERROR;
    }
    TRY(db_run(db, exchange->arena, Q_API_ASK_TARGET, &target, DB_PARAMS(id)));
    if (target.count == 0) {
        exchange_refuse(exchange, 404, "not_found", "no such instance");
        return NO_ERROR;
    }
    const char *status = row_text(&target, 0, "status");
    if (strcmp(status, "ready") != 0 || row_is_null(&target, 0, "ip_address")) {
        exchange_reply(exchange, 409,
                       json_pack("{s:s, s:s, s:s}", "error", "not_ready", "message",
                                 "only a ready instance can be asked", "status", status));
        return NO_ERROR;
    }
    handle_ask_call(exchange, &target, prompt, &call);
    handle_ask_reply(exchange, &target, &call);
    return NO_ERROR;
}
