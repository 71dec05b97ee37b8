/* What the Scaleway driver makes of servers that lie, break off, or are not the API at all. */
#include "check.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"
#include "scripted_provider.h"

/* Calls that nobody answers end after this. */
enum { LIES_PATIENCE_MS = 500 };

#define HTML "<html><body>nothing here</body></html>"

/* Runs one call against one rule for every request; *requests: how many arrived. */
static struct provider_call
lies_run_one(struct scripted_provider *scripted, enum call_kind kind, struct scripted_rule rule,
             size_t *requests)
{
    rule.when = "";
    scripted_provider_start(scripted, &rule, 1);
    struct provider_call call = scripted_call(scripted, kind);
    scripted_run(scripted, &call);
    *requests = scripted_server_count(scripted->server);
    return call;
}

struct lie {
    const char *name;
    const char *status; /* NULL: bytes are the whole reply */
    const char *content_type;
    const char *bytes;
    size_t repeat;
    enum scripted_end end;
    enum answer_class mutating;
    enum answer_class reading;
};

static const struct lie lies[] = {
    { "a reply cut in its body", NULL, NULL,
      "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"server\": {\"id\": \"" SERVER_REF, 0,
      SCRIPTED_CLOSE, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "a reply cut in its head", NULL, NULL, "HTTP/1.1 200 O", 0, SCRIPTED_CLOSE, ANSWER_UNKNOWN,
      ANSWER_TRANSIENT },
    { "no reply at all", NULL, NULL, "", 0, SCRIPTED_CLOSE, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "a reset", NULL, NULL, "", 0, SCRIPTED_RESET, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "silence", NULL, NULL, "", 0, SCRIPTED_HOLD, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "a body that stops", NULL, NULL, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"server\"",
      0, SCRIPTED_HOLD, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "a body without end", NULL, NULL,
      "HTTP/1.1 200 OK\r\n\r\n                                                               ",
      4000, SCRIPTED_CLOSE, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "bytes that are no HTTP", NULL, NULL, "SSH-2.0-OpenSSH_9.2\r\n", 0, SCRIPTED_CLOSE,
      ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "500", "500 Internal Server Error", "application/json", "{\"message\":\"oops\"}", 0,
      SCRIPTED_CLOSE, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "502 of a proxy", "502 Bad Gateway", "text/html", HTML, 0, SCRIPTED_CLOSE, ANSWER_UNKNOWN,
      ANSWER_TRANSIENT },
    { "404 of a proxy", "404 Not Found", "text/html", HTML, 0, SCRIPTED_CLOSE, ANSWER_TRANSIENT,
      ANSWER_TRANSIENT },
    { "200 of a login page", "200 OK", "text/html", HTML, 0, SCRIPTED_CLOSE, ANSWER_UNKNOWN,
      ANSWER_TRANSIENT },
    { "200 with JSON that is cut", "200 OK", "application/json", "{\"server\": {\"id\": ", 0,
      SCRIPTED_CLOSE, ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "200 with a JSON array", "200 OK", "application/json", "[]", 0, SCRIPTED_CLOSE,
      ANSWER_UNKNOWN, ANSWER_TRANSIENT },
    { "401", "401 Unauthorized", "application/json", "{\"type\":\"denied_authentication\"}", 0,
      SCRIPTED_CLOSE, ANSWER_DENIED, ANSWER_DENIED },
    { "429", "429 Too Many Requests", "application/json", "{}", 0, SCRIPTED_CLOSE, ANSWER_TRANSIENT,
      ANSWER_TRANSIENT },
};

static size_t
lies_mutating_requests(struct scripted_provider *scripted)
{
    size_t mutating = 0;
    for (size_t i = 0; i < scripted_server_count(scripted->server); i++) {
        const char *request = scripted_server_request(scripted->server, scripted->arena, i);
        mutating += strncmp(request, "GET ", 4) == 0 ? 0 : 1;
    }
    return mutating;
}

static void
lies_check_answer(const struct lie *lie, const struct provider_call *call, struct arena *arena)
{
    bool mutating = call_is_mutating(call->kind);
    const char *name = arena_printf(arena, "%s to %s", lie->name, call_kind_name(call->kind));
    CHECK_CASE(call->class == (mutating ? lie->mutating : lie->reading), name);
    CHECK_CASE(call->message[0] != '\0', name);
    CHECK_CASE(call->new_ref[0] == '\0', name);
    CHECK_CASE(call->server_count + call->volume_count + call->type_count == 0, name);
}

/* Calls of all kinds at once. */
static void
lies_check(const struct lie *lie)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rule = {
        .when = "", .bytes = lie->bytes, .repeat = lie->repeat, .end = lie->end
    };
    struct provider_call calls[CALL_KIND_COUNT_];
    struct provider_call *all[CALL_KIND_COUNT_];
    scripted.call_timeout_ms = lie->end == SCRIPTED_HOLD ? LIES_PATIENCE_MS : 0;
    if (lie->status != NULL) {
        rule.bytes = scripted_reply(scripted.arena, lie->status, lie->content_type, "", lie->bytes);
    }
    scripted_provider_start(&scripted, &rule, 1);
    size_t mutating = 0;
    for (int kind = 0; kind < CALL_KIND_COUNT_; kind++) {
        calls[kind] = scripted_call(&scripted, (enum call_kind)kind);
        all[kind] = &calls[kind];
        mutating += call_is_mutating((enum call_kind)kind) ? 1 : 0;
    }
    provider_run(scripted.provider, scripted.arena, all, CALL_KIND_COUNT_);
    for (int kind = 0; kind < CALL_KIND_COUNT_; kind++) {
        lies_check_answer(lie, &calls[kind], scripted.arena);
    }
    CHECK_CASE(scripted.sent == (int)mutating, lie->name);
    CHECK_CASE(lies_mutating_requests(&scripted) == mutating, lie->name);
    scripted_provider_stop(&scripted);
}

static void
test_lies_are_classified(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lies); i++) {
        lies_check(&lies[i]);
    }
}

static void
test_silence_ends_at_the_calls_limit(void)
{
    struct scripted_provider scripted = { .call_timeout_ms = LIES_PATIENCE_MS };
    size_t requests;
    int64_t began_ms = clock_monotonic_ms();
    struct scripted_rule rule = { .bytes = "", .end = SCRIPTED_HOLD };
    struct provider_call call = lies_run_one(&scripted, CALL_SERVER_GET, rule, &requests);
    int64_t took_ms = clock_monotonic_ms() - began_ms;
    CHECK(took_ms >= LIES_PATIENCE_MS - 50 && took_ms < 10 * LIES_PATIENCE_MS);
    CHECK(call.duration_ms >= LIES_PATIENCE_MS - 50 && call.duration_ms <= took_ms);
    scripted_provider_stop(&scripted);
}

static void
test_redirects_are_not_followed(void)
{
    static const enum call_kind kinds[] = { CALL_SERVER_CREATE, CALL_SERVER_GET,
                                            CALL_SERVER_DELETE };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct scripted_provider scripted = { .arena = arena_new() };
        size_t requests;
        struct scripted_rule rule = { .bytes =
                                          scripted_reply(scripted.arena, "302 Found", "text/html",
                                                         "Location: /elsewhere\r\n", "") };
        struct provider_call call = lies_run_one(&scripted, kinds[i], rule, &requests);
        CHECK(call.class == ANSWER_TRANSIENT);
        CHECK_I64(requests, 1);
        scripted_provider_stop(&scripted);
    }
}

static void
test_retry_after_is_told(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    size_t requests;
    struct scripted_rule rule = { .bytes = scripted_reply(scripted.arena, "429 Too Many Requests",
                                                          "application/json", "Retry-After: 7\r\n",
                                                          "{}") };
    struct provider_call call = lies_run_one(&scripted, CALL_SERVER_CREATE, rule, &requests);
    CHECK(call.class == ANSWER_TRANSIENT);
    CHECK_I64(call.retry_after_ms, 7000);
    scripted_provider_stop(&scripted);
}

static void
test_no_listener_is_transient(void)
{
    struct scripted_provider scripted = { 0 };
    struct scripted_server *gone = scripted_server_start(NULL, 0);
    int port = scripted_server_port(gone);
    scripted_server_stop(gone);
    scripted_provider_start(&scripted, NULL, 0);
    struct provider_options options = scripted_provider_options(scripted.arena, port);
    struct provider *refused = NULL;
    CHECK(!error_is(provider_new(scripted.arena, &options, &refused)));
    struct provider_call create = scripted_call(&scripted, CALL_SERVER_CREATE);
    struct provider_call get = scripted_call(&scripted, CALL_SERVER_GET);
    struct provider_call *calls[] = { &create, &get };
    provider_run(refused, scripted.arena, calls, 2);
    CHECK(create.class == ANSWER_TRANSIENT && get.class == ANSWER_TRANSIENT);
    CHECK_I64(scripted.sent, 0);
    provider_free(refused);
    scripted_provider_stop(&scripted);
}

static void
test_another_things_body_is_no_answer(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    size_t requests;
    struct scripted_rule rule = { .bytes = scripted_json(scripted.arena,
                                                         "{\"server\":{\"id\":\"" OTHER_REF
                                                         "\",\"state\":\"running\"}}") };
    struct provider_call call = lies_run_one(&scripted, CALL_SERVER_GET, rule, &requests);
    CHECK(call.class == ANSWER_TRANSIENT);
    CHECK_I64(call.server_count, 0);
    scripted_provider_stop(&scripted);
}

static void
test_a_create_without_id_is_unknown(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    size_t requests;
    struct scripted_rule rule = { .bytes = scripted_reply(scripted.arena, "201 Created",
                                                          "application/json", "",
                                                          "{\"server\":{\"name\":\"x\"}}") };
    struct provider_call call = lies_run_one(&scripted, CALL_SERVER_CREATE, rule, &requests);
    CHECK(call.class == ANSWER_UNKNOWN);
    CHECK_STR(call.new_ref, "");
    scripted_provider_stop(&scripted);
}

static void
test_messages_hold_no_secret(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    size_t requests;
    struct scripted_rule rule = { .bytes = scripted_reply(
                                      scripted.arena, "400 Bad Request", "application/json", "",
                                      "{\"type\":\"" SECRET_KEY "\",\"message\":\"token " SECRET_KEY
                                      " and " SECRET_KEY " again\"}") };
    struct provider_call call = lies_run_one(&scripted, CALL_SERVER_CREATE, rule, &requests);
    CHECK(call.class == ANSWER_INVALID);
    CHECK_STR(call.message, "server_create: HTTP 400 ***: token *** and *** again");
    scripted_provider_stop(&scripted);
}

int
main(void)
{
    digest_start();
    check_run("every lie gets its class, and no mutating call is sent twice",
              test_lies_are_classified);
    check_run("silence ends at the call's limit", test_silence_ends_at_the_calls_limit);
    check_run("redirects are not followed", test_redirects_are_not_followed);
    check_run("Retry-After is told", test_retry_after_is_told);
    check_run("a refused connection is transient, and nothing was sent",
              test_no_listener_is_transient);
    check_run("the body of another thing is no answer", test_another_things_body_is_no_answer);
    check_run("a create answered without an id is unknown", test_a_create_without_id_is_unknown);
    check_run("messages hold no secret", test_messages_hold_no_secret);
    return check_end();
}
