/* The provider in memory does what decisions are tested with: faults, lost replies, lag, time.
 * Also the registry: who is found, and where options come from. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "memory_provider.h"

static struct arena *memory_arena;
static struct provider *memory_provider;

static struct provider_call
memory_call(enum call_kind kind, const char *ref)
{
    static const char *const tags[] = { "inventiv-instance=i" };
    struct provider_call call = {
        .kind = kind,
        .zone = "local",
        .ref = ref,
        .name = "n",
        .instance_type = "L4-1-24G",
        .tags = tags,
        .tag_count = 1,
        .user_data = "text",
    };
    struct provider_call *calls[] = { &call };
    provider_run(memory_provider, memory_arena, calls, 1);
    return call;
}

static void
memory_begin(void)
{
    struct provider_options options = memory_provider_options();
    memory_provider_start();
    memory_arena = arena_new();
    if (error_is(provider_new(memory_arena, &options, &memory_provider))) {
        abort();
    }
}

static void
memory_end(void)
{
    provider_free(memory_provider);
    arena_free(memory_arena);
    memory_provider_stop();
}

static void
test_failures_are_counted_and_do_nothing(void)
{
    memory_begin();
    memory_provider_fail(CALL_SERVER_CREATE, ANSWER_QUOTA, 2);
    CHECK(memory_call(CALL_SERVER_CREATE, NULL).class == ANSWER_QUOTA);
    CHECK(memory_call(CALL_SERVER_CREATE, NULL).class == ANSWER_QUOTA);
    CHECK_I64(memory_provider_servers(), 0);
    CHECK(memory_call(CALL_SERVER_CREATE, NULL).class == ANSWER_OK);
    CHECK_I64(memory_provider_servers(), 1);
    CHECK_I64(memory_provider_volumes(), 1);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), 3);
    memory_end();
}

static void
test_a_lost_reply_was_done(void)
{
    memory_begin();
    memory_provider_lose_reply(CALL_SERVER_CREATE, 1);
    struct provider_call made = memory_call(CALL_SERVER_CREATE, NULL);
    CHECK(made.class == ANSWER_UNKNOWN);
    CHECK_STR(made.new_ref, "");
    CHECK_I64(memory_provider_servers(), 1);
    CHECK_I64(memory_call(CALL_SERVER_LIST, NULL).server_count, 1);
    memory_end();
}

static void
test_lists_lag_and_looks_by_id_do_not(void)
{
    memory_begin();
    memory_provider_set_list_lag(5000);
    struct provider_call made = memory_call(CALL_SERVER_CREATE, NULL);
    memory_provider_advance(4999);
    CHECK_I64(memory_call(CALL_SERVER_LIST, NULL).server_count, 0);
    CHECK(memory_call(CALL_SERVER_GET, made.new_ref).class == ANSWER_OK);
    memory_provider_advance(1);
    CHECK_I64(memory_call(CALL_SERVER_LIST, NULL).server_count, 1);
    CHECK_I64(memory_provider_now_ms(), 5000);
    memory_end();
}

static enum server_state
memory_state(const char *ref)
{
    struct provider_call seen = memory_call(CALL_SERVER_GET, ref);
    return seen.class == ANSWER_OK ? seen.servers[0].state : SERVER_OTHER;
}

static void
test_states_move_with_its_clock_alone(void)
{
    memory_begin();
    memory_provider_set_times(300, 200);
    struct provider_call made = memory_call(CALL_SERVER_CREATE, NULL);
    CHECK(memory_call(CALL_USER_DATA_PUT, made.new_ref).class == ANSWER_OK);
    CHECK_STR(memory_provider_user_data(memory_arena, made.new_ref), "text");
    CHECK(memory_call(CALL_SERVER_POWERON, made.new_ref).class == ANSWER_OK);
    CHECK_I64(memory_provider_addresses(), 1);
    memory_provider_advance(299);
    CHECK(memory_state(made.new_ref) == SERVER_STARTING);
    memory_provider_advance(1);
    CHECK(memory_state(made.new_ref) == SERVER_RUNNING);
    memory_provider_set_state(made.new_ref, SERVER_LOCKED);
    CHECK(memory_call(CALL_SERVER_POWEROFF, made.new_ref).class == ANSWER_TRANSIENT);
    memory_provider_remove(made.new_ref);
    CHECK(memory_call(CALL_SERVER_GET, made.new_ref).class == ANSWER_NOT_FOUND);
    CHECK_I64(memory_provider_volumes(), 1);
    memory_end();
}

static void
test_stock(void)
{
    memory_begin();
    memory_provider_set_stock("L4-1-24G", "shortage");
    CHECK(memory_call(CALL_SERVER_CREATE, NULL).class == ANSWER_OUT_OF_STOCK);
    memory_provider_fail(CALL_SERVER_LIST, ANSWER_TRANSIENT, 9);
    memory_provider_clear_faults();
    CHECK(memory_call(CALL_SERVER_LIST, NULL).class == ANSWER_OK);
    CHECK_I64(memory_provider_groups(), 0);
    memory_end();
}

static void
test_options_come_from_the_environment(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *config = config_defaults('O');
    setenv("ACME_API_URL", "http://127.0.0.1:9", 1);
    setenv("ACME_SECRET_KEY", "s", 1);
    setenv("ACME_PROJECT_ID", "p", 1);
    struct provider_options options =
        provider_options_load(arena, config, "acme", "scaleway", "https://row", "ACME");
    CHECK_STR(options.code, "acme");
    CHECK_STR(options.driver, "scaleway");
    CHECK_STR(options.api_url, "http://127.0.0.1:9");
    CHECK_STR(options.secret_key, "s");
    CHECK_STR(options.project_id, "p");
    CHECK_I64(options.call_timeout_ms, 20000);
    CHECK_I64(options.page_rows, 100);
    unsetenv("ACME_API_URL");
    unsetenv("ACME_SECRET_KEY");
    options = provider_options_load(arena, config, "acme", "scaleway", "https://row", "ACME");
    CHECK_STR(options.api_url, "https://row");
    CHECK(options.secret_key == NULL);
    unsetenv("ACME_PROJECT_ID");
    config_free(config);
}

int
main(void)
{
    check_run("failures asked for are counted, and do nothing",
              test_failures_are_counted_and_do_nothing);
    check_run("a call whose reply is lost was done", test_a_lost_reply_was_done);
    check_run("lists lag, looks by id do not", test_lists_lag_and_looks_by_id_do_not);
    check_run("states move with its own clock alone", test_states_move_with_its_clock_alone);
    check_run("out of stock is a type's business", test_stock);
    check_run("options come from settings, row and environment",
              test_options_come_from_the_environment);
    return check_end();
}
