/* handle_status.c: is it alive, is it ready, which version is it. */
#include <string.h>

#include "api/handlers.h"
#include "base/json.h"
#include "base/program.h"

static void
handle_reply_on_loop(struct http_request *request, json_t *body)
{
    const char *text = json_text(http_request_arena(request), body);

    json_decref(body);
    http_request_reply(request, 200, "application/json", text, strlen(text));
}

void
handle_healthz(struct api *api, struct http_request *request, const char *path_id)
{
    (void)api;
    (void)path_id;
    handle_reply_on_loop(request, json_pack("{s:s}", "status", "ok"));
}

void
handle_version(struct api *api, struct http_request *request, const char *path_id)
{
    (void)api;
    (void)path_id;
    handle_reply_on_loop(request, json_pack("{s:s, s:s}", "version", program_version(),
                                            "backend_version", program_version()));
}

void
handle_welcome(struct api *api, struct http_request *request, const char *path_id)
{
    (void)api;
    (void)path_id;
    handle_reply_on_loop(
        request, json_pack("{s:s, s:s}", "name", "inventiv-api", "version", program_version()));
}

struct error
handle_readyz(struct exchange *exchange, struct db *db)
{
    bool schema = atomic_load(&exchange->api->ready);
    bool database = schema && db_answers(db);
    bool redis = wake_is_up(exchange->api->wake);
    bool ready = database && redis;

    exchange_reply(exchange, ready ? 200 : 503,
                   json_pack("{s:s, s:b, s:b, s:b}", "status", ready ? "ready" : "not_ready",
                             "schema", schema, "database", database, "redis", redis));
    return NO_ERROR;
}
