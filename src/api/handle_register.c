/* handle_register.c: a worker comes for the first time, or again.  Ours brings the enrolment token
 * of its user data and a secret that it has drawn; one of the existing system brings neither, or
 * a token that it was given before (wire contract 1.2, 1.3). */
#include <string.h>

#include "api/access.h"
#include "api/handlers.h"
#include "api/worker_facts.h"
#include "base/json.h"

enum { ISSUED_TOKEN_SIZE = 3 + 36 + 1 + 36 + 1, ISSUED_PREFIX_LENGTH = 12 };

struct register_request {
    struct worker_facts_told told;
    bool has_bearer;
    const char *bearer_hash; /* "-" for none */
    const char *token_hash;  /* of the new token: the worker's secret, or one of ours */
    const char *issued;      /* NULL: the worker has drawn its own */
};

static const char *
handle_register_hash(struct arena *arena, const char *token)
{
    char *hash = arena_alloc(arena, DIGEST_HEX_SIZE);

    digest_sha256_hex(token, strlen(token), hash);
    return hash;
}

static const char *
handle_register_draw(struct arena *arena)
{
    char first[UUID_TEXT_SIZE];
    char second[UUID_TEXT_SIZE];

    digest_uuid(first);
    digest_uuid(second);
    return arena_printf(arena, "wk_%s_%s", first, second);
}

/* False after the refusal. */
static bool
handle_register_read(struct exchange *exchange, struct register_request *out)
{
    struct arena *arena = exchange->arena;
    const char *bearer = access_bearer(exchange->request);
    struct error error = worker_facts_read(arena, exchange->body, &out->told);

    if (error_is(error) && bearer == NULL) {
        exchange_reply(exchange, 401, json_pack("{s:s}", "error", "unauthorized"));
        return false;
    }
    if (error_is(error)) {
        exchange_refuse(exchange, 400, "invalid_body", error.message);
        return false;
    }
    out->has_bearer = bearer != NULL;
    out->bearer_hash = bearer == NULL ? "-" : handle_register_hash(arena, bearer);
    const char *token = out->told.secret;
    if (token == NULL) {
        token = out->issued = handle_register_draw(arena);
    }
    out->token_hash = handle_register_hash(arena, token);
    return true;
}

static const char *
handle_register_number(struct arena *arena, int64_t number)
{
    return number == WORKER_FACTS_UNTOLD ? NULL : db_i64(arena, number);
}

/* The peer's address counts only where that is allowed and nothing better is shown. */
static const char *
handle_register_address(const struct exchange *exchange, const struct register_request *request)
{
    bool counts = config_bool(exchange->api->config, SETTING_WORKER_BOOTSTRAP_BY_ADDRESS) &&
                  !request->has_bearer && request->issued != NULL;

    return counts ? exchange->peer : "";
}

static struct error
handle_register_run(struct exchange *exchange, struct db *db,
                    const struct register_request *request, struct db_rows *out)
{
    struct arena *arena = exchange->arena;
    const struct worker_facts_told *told = &request->told;
    const char *agent = told->agent_info == NULL ? NULL : json_text(arena, told->agent_info);
    const char *metadata = told->metadata == NULL ? NULL : json_text(arena, told->metadata);

    return db_run(db, arena, Q_INGEST_REGISTER, out,
                  DB_PARAMS(told->instance_id, request->bearer_hash, request->token_hash,
                            request->issued == NULL ? "secret" : "issued",
                            handle_register_address(exchange, request), told->worker_id,
                            told->model_id, handle_register_number(arena, told->health_port),
                            handle_register_number(arena, told->vllm_port), told->ip_address, agent,
                            metadata, db_i64(arena, told->metadata_hash), exchange->id,
                            exchange->api->id));
}

static void
handle_register_accept(struct exchange *exchange, const struct register_request *request,
                       const struct db_rows *admitted)
{
    json_t *reply = json_pack("{s:s}", "status", "ok");

    if (strcmp(row_text(admitted, 0, "way"), "known") != 0) {
        wake_publish(exchange->api->wake, WAKE_JOBS, "job-health-check");
        if (request->issued != NULL) {
            json_object_set_new(reply, "bootstrap_token", json_string(request->issued));
            json_object_set_new(reply, "bootstrap_token_prefix",
                                json_stringn(request->issued, ISSUED_PREFIX_LENGTH));
        }
    }
    exchange_reply(exchange, 200, reply);
}

static void
handle_register_refuse(struct exchange *exchange, int64_t verdict)
{
    switch (verdict) {
    case 404:
        exchange_reply(exchange, 404, json_pack("{s:s}", "error", "instance_not_found"));
        return;
    case 410:
        exchange_reply(exchange, 410,
                       json_pack("{s:s, s:s}", "error", "gone", "directive", "stop"));
        return;
    case 409:
        exchange_reply(exchange, 409, json_pack("{s:s}", "error", "token_already_exists_or_race"));
        return;
    case 401:
        exchange_reply(exchange, 401, json_pack("{s:s}", "error", "unauthorized"));
        return;
    default:
        exchange_refuse_for_now(exchange, "unavailable", "try again later");
    }
}

/* Somebody was quicker: with the same token, or from the same address. */
static int64_t
handle_register_verdict(const struct exchange *exchange, const struct register_request *request,
                        const struct db_rows *why)
{
    int64_t verdict = row_i64(why, 0, "verdict", 503);
    const char *address = handle_register_address(exchange, request);

    if (verdict == 409 && request->issued == NULL) {
        return 401; /* used with another secret */
    }
    if (verdict == 401 && address[0] != '\0' && strcmp(address, row_text(why, 0, "address")) == 0) {
        return 409;
    }
    return verdict;
}

struct error
handle_register(struct exchange *exchange, struct db *db)
{
    struct arena *arena = exchange->arena;
    struct register_request request = { 0 };
    struct db_rows admitted;
    struct db_rows why;

    if (!handle_register_read(exchange, &request)) {
        return NO_ERROR;
    }
    TRY(handle_register_run(exchange, db, &request, &admitted));
    if (admitted.count > 0) {
        handle_register_accept(exchange, &request, &admitted);
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_INGEST_CLASSIFY, &why,
               DB_PARAMS(db_uuid_array(arena, &request.told.instance_id, 1),
                         db_uuid_array(arena, &request.bearer_hash, 1), "{0}")));
    handle_register_refuse(exchange, handle_register_verdict(exchange, &request, &why));
    return NO_ERROR;
}
