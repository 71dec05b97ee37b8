/* What the Scaleway driver makes of a local cloud that fails: each fault, with the class that it
 * must answer and whether the thing was done. */
#include "contract.h"

#include <string.h>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/mem.h"
#include "check.h"

enum { FAULTS_PATIENCE_MS = 15000, FAULTS_CALL_MS = 300, FAULTS_REPLY_MAX = 65536 };

#define FAULTS_TAG "inventiv-instance=faults"
#define FAULTS_NOBODY "deadbeef-0000-4000-8000-000000000000"

static const char *faults_url;

/* --- rules --- */

static int
faults_ask(const char *method, const char *body)
{
    static const char *const headers[] = { "Content-Type: application/json", NULL };
    struct http_client *client = http_client_new(1);
    struct http_call call = {
        .method = method,
        .url = arena_printf(contract_arena, "%s/_faults", faults_url),
        .headers = headers,
        .body = body,
        .body_length = body == NULL ? 0 : strlen(body),
        .timeout_ms = FAULTS_PATIENCE_MS,
        .reply_max = FAULTS_REPLY_MAX,
    };
    struct http_call *calls[] = { &call };
    http_client_run(client, contract_arena, calls, 1);
    http_client_free(client);
    return call.status;
}

static void
faults_set(const char *rule)
{
    CHECK_CASE(faults_ask("POST", rule) == 201, rule);
}

static void
faults_clear(void)
{
    CHECK_I64(faults_ask("DELETE", NULL), 204);
}

/* --- before and after --- */

static struct provider_call
faults_call(enum call_kind kind, const char *ref)
{
    static const char *const tags[] = { FAULTS_TAG };
    static const int port = 22;
    struct provider_call call = contract_call(kind, ref);
    call.tags = tags;
    call.tag_count = call_is_mutating(kind) ? 1 : 0; /* lists show everything */
    call.ports = &port;
    call.port_count = 1;
    call.user_data = "#!/bin/sh\n";
    call.security_group_ref = FAULTS_NOBODY;
    call.size_bytes = 30000000000;
    return call;
}

static struct provider_call
faults_run(enum call_kind kind, const char *ref)
{
    struct provider_call call = faults_call(kind, ref);
    struct provider_call *calls[] = { &call };
    provider_run(contract_provider, contract_arena, calls, 1);
    return call;
}

/* Whatever the cases have left, their own or by accident. */
static void
faults_clear_away(void)
{
    struct provider_call servers = contract_run(CALL_SERVER_LIST, NULL);
    for (size_t i = 0; i < servers.server_count; i++) {
        if (servers.servers[i].state == SERVER_STARTING) {
            contract_wait_state(servers.servers[i].ref, SERVER_RUNNING);
        }
        contract_give_back(servers.servers[i].ref);
    }
    struct provider_call volumes = contract_run(CALL_VOLUME_LIST, NULL);
    for (size_t i = 0; i < volumes.volume_count; i++) {
        contract_run(CALL_VOLUME_DELETE, volumes.volumes[i].ref);
        CHECK(contract_wait_gone(CALL_VOLUME_GET, volumes.volumes[i].ref, ""));
    }
    struct provider_call addresses = contract_run(CALL_ADDRESS_LIST, NULL);
    for (size_t i = 0; i < addresses.address_count; i++) {
        contract_run(CALL_ADDRESS_DELETE, addresses.addresses[i].ref);
    }
    const char *tag = FAULTS_TAG;
    struct provider_call groups = contract_run_tagged(CALL_SECURITY_GROUP_LIST, NULL, &tag, 1);
    for (size_t i = 0; i < groups.security_group_count; i++) {
        CHECK(contract_run(CALL_SECURITY_GROUP_DELETE, groups.security_groups[i].ref).class ==
              ANSWER_OK);
    }
    CHECK_I64(contract_run(CALL_VOLUME_LIST, NULL).volume_count, 0);
    CHECK_I64(contract_run(CALL_ADDRESS_LIST, NULL).address_count, 0);
}

/* --- one call, one fault: its class, and whether it was done --- */

struct faults_case {
    const char *rule;
    enum call_kind kind;
    enum answer_class wanted;
    bool done; /* of a mutating kind */
    int64_t retry_after_ms;
};

#define FAULTS_CASE(name, kind, wanted, done)                                                      \
    {                                                                                              \
        "{\"name\":\"" name "\"}", CALL_##kind, ANSWER_##wanted, done, -1                          \
    }

static const struct faults_case faults_cases[] = {
    FAULTS_CASE("error_500", SERVER_CREATE, UNKNOWN, false),
    FAULTS_CASE("error_after_work", SERVER_CREATE, UNKNOWN, true),
    FAULTS_CASE("lost_reply", SERVER_CREATE, UNKNOWN, true),
    FAULTS_CASE("cut_reply", SERVER_CREATE, UNKNOWN, true),
    FAULTS_CASE("unauthorized", SERVER_CREATE, DENIED, false),
    FAULTS_CASE("quota", SERVER_CREATE, QUOTA, false),
    FAULTS_CASE("out_of_stock", SERVER_CREATE, OUT_OF_STOCK, false),
    { "{\"name\":\"throttle\",\"value\":7}", CALL_SERVER_CREATE, ANSWER_TRANSIENT, false, 7000 },
    FAULTS_CASE("error_500", SERVER_POWERON, UNKNOWN, false),
    FAULTS_CASE("error_after_work", SERVER_POWERON, UNKNOWN, true),
    FAULTS_CASE("lost_reply", SERVER_POWERON, UNKNOWN, true),
    FAULTS_CASE("cut_reply", SERVER_POWERON, UNKNOWN, true),
    FAULTS_CASE("unauthorized", SERVER_POWERON, DENIED, false),
    FAULTS_CASE("quota", SERVER_POWERON, QUOTA, false),
    FAULTS_CASE("out_of_stock", SERVER_POWERON, OUT_OF_STOCK, false),
    { "{\"name\":\"throttle\",\"value\":3}", CALL_SERVER_POWERON, ANSWER_TRANSIENT, false, 3000 },
    FAULTS_CASE("error_500", SERVER_DELETE, UNKNOWN, false),
    FAULTS_CASE("error_after_work", SERVER_DELETE, UNKNOWN, true),
    FAULTS_CASE("lost_reply", SERVER_DELETE, UNKNOWN, true),
    FAULTS_CASE("cut_reply", SERVER_DELETE, UNKNOWN, true),
    FAULTS_CASE("unauthorized", SERVER_DELETE, DENIED, false),
    FAULTS_CASE("quota", SERVER_DELETE, OK, true),
    FAULTS_CASE("out_of_stock", SERVER_DELETE, OK, true),
    { "{\"name\":\"throttle\",\"value\":1}", CALL_SERVER_DELETE, ANSWER_TRANSIENT, false, 1000 },
    { "{\"name\":\"throttle\",\"value\":2}", CALL_SERVER_GET, ANSWER_TRANSIENT, false, 2000 },
    FAULTS_CASE("quota", SERVER_GET, OK, false),
    FAULTS_CASE("list_short", SERVER_GET, OK, false),
    FAULTS_CASE("list_short", SERVER_LIST, TRANSIENT, false),
    FAULTS_CASE("list_short", VOLUME_LIST, TRANSIENT, false),
    FAULTS_CASE("list_short", TYPE_LIST, TRANSIENT, false),
    FAULTS_CASE("quota", SECURITY_GROUP_CREATE, QUOTA, false),
};

/* Seen without the fault. */
static bool
faults_was_done(enum call_kind kind, const char *ref)
{
    struct provider_call seen = contract_run(CALL_SERVER_GET, ref);
    if (kind == CALL_SERVER_DELETE) {
        return seen.class == ANSWER_NOT_FOUND;
    }
    if (kind == CALL_SERVER_POWERON) {
        return seen.servers[0].state != SERVER_STOPPED;
    }
    return contract_run(CALL_SERVER_LIST, NULL).server_count > 1;
}

static void
test_cases(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(faults_cases); i++) {
        const struct faults_case *each = &faults_cases[i];
        const char *name =
            arena_printf(contract_arena, "%s to %s", each->rule, call_kind_name(each->kind));
        const char *ref = contract_create("inventiv-instance=other");
        faults_set(each->rule);
        struct provider_call call = faults_run(each->kind, ref);
        faults_clear();
        CHECK_CASE(call.class == each->wanted, name);
        CHECK_CASE(call.retry_after_ms == each->retry_after_ms, name);
        CHECK_CASE((call.message[0] == '\0') == (each->wanted == ANSWER_OK), name);
        CHECK_CASE(call.new_ref[0] == '\0', name);
        CHECK_CASE(faults_was_done(each->kind, ref) == each->done, name);
        faults_clear_away();
    }
}

/* --- every kind of call --- */

static void
faults_every_kind(struct provider *provider, const char *rule, enum answer_class mutating,
                  enum answer_class reading)
{
    struct provider_call calls[CALL_KIND_COUNT_];
    struct provider_call *all[CALL_KIND_COUNT_];
    for (int kind = 0; kind < CALL_KIND_COUNT_; kind++) {
        calls[kind] = faults_call((enum call_kind)kind, FAULTS_NOBODY);
        all[kind] = &calls[kind];
    }
    faults_set(rule);
    provider_run(provider, contract_arena, all, CALL_KIND_COUNT_);
    faults_clear();
    for (int kind = 0; kind < CALL_KIND_COUNT_; kind++) {
        const char *name =
            arena_printf(contract_arena, "%s to %s", rule, call_kind_name((enum call_kind)kind));
        CHECK_CASE(calls[kind].class ==
                       (call_is_mutating((enum call_kind)kind) ? mutating : reading),
                   name);
    }
}

static void
test_every_kind(void)
{
    static const struct {
        const char *rule;
        enum answer_class mutating;
        enum answer_class reading;
    } rows[] = {
        { "{\"name\":\"error_500\"}", ANSWER_UNKNOWN, ANSWER_TRANSIENT },
        { "{\"name\":\"lost_reply\"}", ANSWER_UNKNOWN, ANSWER_TRANSIENT },
        { "{\"name\":\"cut_reply\"}", ANSWER_UNKNOWN, ANSWER_TRANSIENT },
        { "{\"name\":\"unauthorized\"}", ANSWER_DENIED, ANSWER_DENIED },
        { "{\"name\":\"throttle\"}", ANSWER_TRANSIENT, ANSWER_TRANSIENT },
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        faults_every_kind(contract_provider, rows[i].rule, rows[i].mutating, rows[i].reading);
        faults_clear_away();
    }
}

static bool
faults_wait_server(void)
{
    int64_t until_ms = clock_monotonic_ms() + FAULTS_PATIENCE_MS;
    while (contract_run(CALL_SERVER_LIST, NULL).server_count == 0) {
        if (clock_monotonic_ms() > until_ms) {
            return false;
        }
        contract_subject->pass_time();
    }
    return true;
}

/* Longer than the driver waits: nobody knows, and it is done all the same, later. */
static void
test_latency(void)
{
    struct provider_options options = contract_subject->options;
    struct provider *hasty = NULL;
    options.call_timeout_ms = FAULTS_CALL_MS;
    options.calls_at_once = CALL_KIND_COUNT_; /* those that wait for a turn are not sent */
    if (CHECK(!error_is(provider_new(contract_arena, &options, &hasty)))) {
        faults_every_kind(hasty, "{\"name\":\"latency\",\"value\":900}", ANSWER_UNKNOWN,
                          ANSWER_TRANSIENT);
        CHECK_I64(contract_run(CALL_SERVER_LIST, NULL).server_count, 0);
        CHECK(faults_wait_server());
        faults_clear_away();
    }
    provider_free(hasty);
}

static void
test_short_latency(void)
{
    faults_set("{\"name\":\"latency\",\"value\":50,\"jitter\":50}");
    struct provider_call call = faults_run(CALL_SERVER_CREATE, NULL);
    faults_clear();
    CHECK(call.class == ANSWER_OK && call.new_ref[0] != '\0');
    faults_clear_away();
}

/* --- what is seen --- */

static void
test_list_lag(void)
{
    const char *ref = contract_create(FAULTS_TAG);
    faults_set("{\"name\":\"list_lag\",\"value\":3600}");
    struct provider_call listed = faults_run(CALL_SERVER_LIST, NULL);
    CHECK(listed.class == ANSWER_OK);
    CHECK_I64(listed.server_count, 0);
    CHECK_I64(faults_run(CALL_SERVER_GET, ref).server_count, 1);
    faults_clear();
    CHECK_I64(faults_run(CALL_SERVER_LIST, NULL).server_count, 1);
    faults_set("{\"name\":\"list_lag\",\"value\":0.5,\"operation\":\"server_list\"}");
    CHECK(faults_wait_server());
    CHECK(contract_run(CALL_SERVER_DELETE, ref).class == ANSWER_OK);
    CHECK(faults_run(CALL_SERVER_GET, ref).class == ANSWER_NOT_FOUND);
    listed = faults_run(CALL_SERVER_LIST, NULL);
    CHECK(listed.class == ANSWER_OK && listed.server_count == 1);
    faults_clear();
    CHECK_I64(faults_run(CALL_SERVER_LIST, NULL).server_count, 0);
    faults_clear_away();
}

/* A power-on that the cloud accepts, and the state in which the server is in the end. */
static void
faults_power_on(const char *rule, enum server_state state)
{
    const char *ref = contract_create(FAULTS_TAG);
    faults_set(rule);
    CHECK_CASE(contract_run(CALL_SERVER_POWERON, ref).class == ANSWER_OK, rule);
    CHECK_CASE(contract_wait_state(ref, state).class == ANSWER_OK, rule);
    faults_clear();
    if (state == SERVER_STOPPED_IN_PLACE) {
        CHECK(contract_run(CALL_SERVER_POWEROFF, ref).class == ANSWER_OK);
        contract_wait_state(ref, SERVER_STOPPED);
    }
    faults_clear_away();
}

static void
test_machines(void)
{
    faults_power_on("{\"name\":\"never_boots\"}", SERVER_STARTING);
    faults_power_on("{\"name\":\"no_ssh\"}", SERVER_RUNNING);
    faults_power_on("{\"name\":\"out_of_stock\",\"operation\":\"boot\"}", SERVER_STOPPED);
    faults_power_on("{\"name\":\"stopped\"}", SERVER_STOPPED);
    faults_power_on("{\"name\":\"stopped\",\"operation\":\"stop_in_place\"}",
                    SERVER_STOPPED_IN_PLACE);
}

static void
test_deleted(void)
{
    const char *ref = contract_create(FAULTS_TAG);
    CHECK(contract_run(CALL_SERVER_POWERON, ref).class == ANSWER_OK);
    contract_wait_state(ref, SERVER_RUNNING);
    faults_set("{\"name\":\"deleted\"}");
    CHECK(faults_run(CALL_SERVER_GET, ref).class == ANSWER_NOT_FOUND);
    CHECK(faults_run(CALL_SERVER_DELETE, ref).class == ANSWER_NOT_FOUND);
    CHECK_I64(contract_run(CALL_VOLUME_LIST, NULL).volume_count, 1);
    CHECK_I64(contract_run(CALL_ADDRESS_LIST, NULL).address_count, 1);
    faults_clear();
    faults_clear_away();
}

void
contract_check_faults(const char *url)
{
    faults_url = url;
    check_run("  each fault gives its class, and is done or not", test_cases);
    check_run("  each fault of all calls gives its class to every kind", test_every_kind);
    check_run("  a call that comes too late is unknown, and done", test_latency);
    check_run("  a call that is slow is answered", test_short_latency);
    check_run("  a list that lags misses the new and shows the gone", test_list_lag);
    check_run("  machines that do not come up, or stop, are seen as they are", test_machines);
    check_run("  a server that was deleted is not found, its leftovers are", test_deleted);
}
