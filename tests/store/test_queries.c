/* test_queries.c: every named query, and the fleet's clock. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "check.h"
#include "store/db.h"
#include "test_db.h"

static struct config *config;

static void
test_every_query_prepares(void)
{
    struct db *db = db_new(config, "test");
    struct error error = db_connect(db, test_db_arena());

    CHECK_CASE(!error_is(error), error_is(error) ? error.message : "");
    CHECK(db_answers(db));
    db_free(db);
}

static void
test_queries_say_what_they_take(void)
{
    for (int i = 0; i < QUERY_COUNT_; i++) {
        CHECK_CASE(strncmp(queries[i].text, "-- ", 3) == 0, queries[i].name);
    }
}

static void
test_clock_moves(void)
{
    int64_t before_ms = test_db_i640("SELECT to_ms(fleet_now())");
    test_db_shift_clock(3600000);
    int64_t after_ms = test_db_i640("SELECT to_ms(fleet_now())");

    CHECK(after_ms - before_ms >= 3600000);
    CHECK(after_ms - before_ms < 3600000 + 60000);
    CHECK_I64(test_db_i640("SELECT to_ms(from_ms(1234567890123))"), 1234567890123);
}

static void
test_shifted_clock_is_refused(void)
{
    struct db *db = db_new(config, "test");

    CHECK(!error_is(config_set(config, test_db_arena(), SETTING_INVENTIV_TEST_CLOCK, "false")));
    struct error error = db_connect(db, test_db_arena());
    CHECK_STR(error_code_name(error.code), error_code_name(ERR_CONFIG));
    CHECK(!error_is(config_set(config, test_db_arena(), SETTING_INVENTIV_TEST_CLOCK, "true")));
    db_free(db);
    test_db_shift_clock(-3600000);
}

static void
test_clock_serves_indexes(void)
{
    test_db_exec("SET enable_seqscan = off");
    const char *plan = test_db_text0("EXPLAIN SELECT id FROM instances"
                                     " WHERE next_run_at <= fleet_now()");

    CHECK_CASE(strstr(plan, "Index") != NULL || strstr(plan, "Bitmap") != NULL, plan);
    test_db_exec("RESET enable_seqscan");
}

/* The ready instances of one model are found and ordered by their own index: neither the other models'
 * instances nor those in other states are read. */
static void
test_routing_keeps_to_its_index(void)
{
    test_db_exec(arena_printf(test_db_arena(), "PREPARE asked (text, bigint) AS %s",
                              queries[Q_API_ROUTING].text));
    test_db_exec("SET enable_seqscan = off; SET enable_sort = off;"
                 " SET plan_cache_mode = force_generic_plan");
    const char *plan = test_db_text0("EXPLAIN (FORMAT json) EXECUTE asked ('tiny', 10)");

    CHECK_CASE(strstr(plan, "instances_routable") != NULL, plan);
    CHECK_CASE(strstr(plan, "\"Sort\"") == NULL, plan);
    CHECK_CASE(strstr(plan, "worker_heartbeats_pkey") != NULL, plan);
    test_db_exec(
        "RESET enable_seqscan; RESET enable_sort; RESET plan_cache_mode; DEALLOCATE asked");
}

/* By statistics of a time when nothing waited, nothing that waits is held against all others. */
static void
test_outbox_is_read_once(void)
{
    test_db_exec("INSERT INTO outbox (type, published_at)"
                 " SELECT 'CMD:RECONCILE', fleet_now() FROM generate_series(1, 2000)");
    test_db_exec("ANALYZE outbox");
    test_db_exec("INSERT INTO outbox (type) SELECT 'CMD:RECONCILE' FROM generate_series(1, 2000)");
    test_db_exec(arena_printf(test_db_arena(), "PREPARE claim (bigint, int, uuid) AS %s",
                              queries[Q_OUTBOX_CLAIM].text));
    test_db_exec("SET plan_cache_mode = force_generic_plan");
    const char *plan =
        test_db_text0("EXPLAIN (FORMAT json) EXECUTE claim (1, 1000, gen_random_uuid())");

    CHECK_CASE(strstr(plan, "\"Join Filter\"") == NULL, plan);
    CHECK_CASE(strstr(plan, "outbox_pkey") != NULL, plan);
    test_db_exec("RESET plan_cache_mode; DEALLOCATE claim; TRUNCATE outbox");
}

int
main(void)
{
    config = test_db_start('O');
    check_run("every named query prepares", test_every_query_prepares);
    check_run("every query begins with a comment that says what it takes",
              test_queries_say_what_they_take);
    check_run("the fleet's clock moves by its shift", test_clock_moves);
    check_run("a shifted clock is refused where it is not allowed", test_shifted_clock_is_refused);
    check_run("an index serves a comparison with the fleet's clock", test_clock_serves_indexes);
    check_run("who may serve a model is read by an index", test_routing_keeps_to_its_index);
    check_run("what waits in the outbox is read once a claim", test_outbox_is_read_once);
    return check_end();
}
