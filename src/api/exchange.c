#include "api/exchange.h"

#include <assert.h>

#include "base/json.h"

void
exchange_reply(struct exchange *exchange, int status, json_t *reply)
{
    assert(exchange->status == 0);
    exchange->status = status;
    exchange->reply = reply;
}

void
exchange_refuse(struct exchange *exchange, int status, const char *code, const char *message)
{
    exchange_reply(exchange, status, json_pack("{s:s, s:s}", "error", code, "message", message));
}

void
exchange_refuse_for_now(struct exchange *exchange, const char *code, const char *message)
{
    int64_t seconds = config_count(exchange->api->config, SETTING_API_RETRY_AFTER_SECONDS);

    exchange_add_header(exchange, "Retry-After",
                        arena_printf(exchange->arena, "%lld", (long long)seconds));
    exchange_refuse(exchange, 503, code, message);
}

void
exchange_answer_on_loop(struct exchange *exchange, void (*answer)(struct exchange *exchange),
                        void *context)
{
    exchange->on_loop = answer;
    exchange->on_loop_context = context;
}

void
exchange_add_header(struct exchange *exchange, const char *name, const char *value)
{
    assert(exchange->header_count < EXCHANGE_HEADERS_MAX);
    exchange->headers[exchange->header_count++] =
        (struct exchange_header){ name, arena_strdup(exchange->arena, value) };
}

const char *
exchange_path_id(struct exchange *exchange)
{
    if (digest_is_uuid(exchange->path_id)) {
        return exchange->path_id;
    }
    exchange_refuse(exchange, 404, "not_found", "this is no id");
    return NULL;
}

const char *
exchange_query(const struct exchange *exchange, const char *name)
{
    const char *value = http_request_query(exchange->request, name);

    return value == NULL || value[0] == '\0' ? NULL : value;
}

bool
exchange_query_id(struct exchange *exchange, const char *name, const char **out)
{
    *out = exchange_query(exchange, name);
    if (*out == NULL || digest_is_uuid(*out)) {
        return true;
    }
    exchange_reply(exchange, 400,
                   json_pack("{s:s, s:s, s:s}", "error", "invalid_request", "message",
                             "this is no id", "field", name));
    return false;
}
