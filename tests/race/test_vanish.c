/* test_vanish.c: machines that disappear at the provider behind our back, stop there, or only seem
 * to: the watch-dog's cycles against the database, with the provider in memory. */
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { MACHINES = 4, STEP_MS = 6000, A_DAY_MS = 86400000, MANY = 1000 };

static struct config *config;
static struct bench *bench;
static const char *ids[MACHINES];

/* One round of everybody, with time between. */
static void
vanish_round(void)
{
    test_db_shift_clock(STEP_MS);
    test_db_exec("UPDATE job_shards SET next_run_at = fleet_now()");
    struct tally tally = bench_run(bench, &job_watch_dog);
    CHECK(tally.code == ERR_NONE && tally.claimed == 1);
    test_db_shift_clock(STEP_MS);
    bench_run(bench, &job_health_check);
    bench_run(bench, &job_terminator);
}

static void
vanish_rounds(int count)
{
    for (int i = 0; i < count; i++) {
        vanish_round();
    }
}

/* Ready, and nothing is due by itself. */
static const char *
vanish_ready(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    for (int i = 0; i < 3; i++) { /* Its address goes on record. */
        test_db_shift_clock(STEP_MS);
        bench_run(bench, &job_health_check);
    }
    CHECK_I64(stage_number(id, "(SELECT count(*) FROM instance_addresses a"
                               " WHERE a.instance_id = instances.id)"),
              1);
    test_db_move(id, "model_served", INSTANCE_READY);
    test_db_text("UPDATE instances SET next_run_at = NULL, server_state = 'running'"
                 " WHERE id = $1",
                 TEST_PARAMS(id));
    return id;
}

static const char *
vanish_machine_of(const char *id)
{
    return test_db_text("SELECT provider_instance_id FROM instances WHERE id = $1",
                        TEST_PARAMS(id));
}

static int
vanish_count(enum instance_state state)
{
    int count = 0;

    for (int i = 0; i < MACHINES; i++) {
        count += stage_is(ids[i], state);
    }
    return count;
}

static int64_t
vanish_alerts(const char *status)
{
    return test_db_i64("SELECT count(*) FROM alerts WHERE name = 'MassVanish' AND status = $1"
                       " AND zone_id IS NOT NULL AND summary LIKE '%confirm-vanished test-1'",
                       TEST_PARAMS(status));
}

/* All seem to be gone: no list shows one, and no look by id finds one. */
static void
vanish_hide(void)
{
    memory_provider_set_list_lag(A_DAY_MS);
    memory_provider_fail(CALL_SERVER_GET, ANSWER_NOT_FOUND, MANY);
}

static void
vanish_show(void)
{
    memory_provider_set_list_lag(0);
    memory_provider_clear_faults();
}

static void
test_no_answer(void)
{
    int64_t sightings = test_db_i640("SELECT sum(sightings) FROM instances");

    memory_provider_fail(CALL_SERVER_LIST, ANSWER_TRANSIENT, MANY);
    memory_provider_fail(CALL_SERVER_GET, ANSWER_NOT_FOUND, MANY);
    vanish_rounds(3);
    memory_provider_clear_faults();
    memory_provider_set_list_lag(A_DAY_MS);
    for (int class = ANSWER_TRANSIENT; class < ANSWER_CLASS_COUNT_; class ++) {
        memory_provider_fail(CALL_SERVER_GET, (enum answer_class) class, MANY);
        vanish_rounds(3);
    }
    memory_provider_clear_faults();
    vanish_rounds(3); /* Unlisted, and there. */
    vanish_show();
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES);
    CHECK_I64(test_db_i640("SELECT count(*) FROM instances WHERE gone_first_seen_at IS NOT NULL"),
              0);
    CHECK_I64(test_db_i640("SELECT sum(sightings) FROM instances"), sightings);
}

static void
test_quiet(void)
{
    int64_t looks = memory_provider_calls(CALL_SERVER_GET);

    vanish_rounds(3);
    CHECK_I64(memory_provider_calls(CALL_SERVER_GET), looks);
}

static void
test_stopped(void)
{
    memory_provider_set_state(vanish_machine_of(ids[0]), SERVER_STOPPED);
    vanish_round();
    CHECK(stage_is(ids[0], INSTANCE_UNAVAILABLE));
    CHECK_I64(stage_number(ids[0], "(rule = 'server_stopped')::int"), 1);
    vanish_rounds(2);
    CHECK(stage_is(ids[0], INSTANCE_UNAVAILABLE));
    memory_provider_set_state(vanish_machine_of(ids[0]), SERVER_RUNNING);
    test_db_move(ids[0], "model_served", INSTANCE_READY);
    test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id = $1",
                 TEST_PARAMS(ids[0]));
    vanish_round();
    CHECK(stage_is(ids[0], INSTANCE_READY));
    CHECK_I64(stage_number(ids[0], "(next_run_at IS NULL)::int"), 1);
}

static void
test_all_held(void)
{
    vanish_hide();
    vanish_rounds(2);
    test_db_shift_clock(A_DAY_MS); /* However long. */
    vanish_rounds(3);
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES);
    CHECK_I64(test_db_i640("SELECT count(*) FROM instances WHERE gone_first_seen_at IS NOT NULL"),
              MACHINES);
    CHECK_I64(vanish_alerts("open"), 1);
}

static void
test_seen_again(void)
{
    vanish_show();
    test_db_exec("UPDATE instances SET vanish_confirmed_ref = provider_instance_id");
    vanish_rounds(2);
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES);
    CHECK_I64(test_db_i640("SELECT count(*) FROM instances WHERE gone_first_seen_at IS NOT NULL"
                           " OR gone_looks > 0 OR next_run_at IS NOT NULL"
                           " OR vanish_confirmed_ref IS NOT NULL"),
              0);
    CHECK_I64(vanish_alerts("open"), 0);
    CHECK_I64(vanish_alerts("resolved"), 1);
}

/* One of us is misconfigured, or asks a part of the provider that errs: no look by id of its own finds
 * a machine. */
static void
vanish_look_in_vain(void)
{
    memory_provider_fail(CALL_SERVER_GET, ANSWER_NOT_FOUND, MANY);
    test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id = $1",
                 TEST_PARAMS(ids[0]));
    bench_run(bench, &job_health_check);
}

static void
vanish_watch(void *argument)
{
    test_db_exec("UPDATE job_shards SET next_run_at = fleet_now()");
    CHECK_I64(bench_run(argument, &job_watch_dog).code, ERR_NONE);
}

/* The others' lists show it, and their looks find it. */
static void
vanish_watch_well(void *argument)
{
    memory_provider_clear_faults();
    vanish_watch(argument);
}

static bool
vanish_is_seen(void)
{
    return stage_is(ids[0], INSTANCE_UNAVAILABLE) &&
           stage_number(ids[0], "(gone_first_seen_at IS NULL AND gone_looks = 0)::int") == 1;
}

static void
test_missed_by_one_of_two(void)
{
    struct bench *other = bench_new(config);

    test_db_move(ids[0], "model_lost", INSTANCE_UNAVAILABLE);
    for (int i = 0; i < 4; i++) {
        test_db_shift_clock(STEP_MS);
        vanish_look_in_vain();
        test_db_shift_clock(STEP_MS);
        vanish_watch_well(other);
        CHECK(vanish_is_seen());
    }
    bench_free(other);
}

static void
test_seen_while_it_is_given_up(void)
{
    struct bench *other = bench_new(config);

    vanish_look_in_vain();
    test_db_shift_clock(STEP_MS);
    vanish_watch(other); /* In vain, too. */
    test_db_shift_clock(STEP_MS);
    stage_once(STAGE_ANSWERED, "server_get", vanish_watch_well, other);
    vanish_look_in_vain();
    CHECK_I64(stage_leftovers(), 0);
    CHECK(vanish_is_seen());
    CHECK(stage_is_due(ids[0]));
    bench_free(other);
    test_db_move(ids[0], "model_served", INSTANCE_READY);
    test_db_text("UPDATE instances SET next_run_at = NULL WHERE id = $1", TEST_PARAMS(ids[0]));
}

static bool
vanish_is_given_back(const char *id)
{
    return bench_drive(bench, id, INSTANCE_TERMINATED) &&
           stage_number(id, "(deletion_reason = 'provider_deleted' AND deleted_by_provider"
                            " AND vanished_at IS NOT NULL AND machine_gone)::int") == 1;
}

static void
test_one_of_four(void)
{
    memory_provider_remove(vanish_machine_of(ids[0]));
    vanish_round();
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES); /* Looked for in vain, once. */
    CHECK_I64(stage_number(ids[0], "gone_looks"), 2);
    vanish_round();
    CHECK(stage_is(ids[0], INSTANCE_TERMINATING));
    CHECK(vanish_is_given_back(ids[0]));
    CHECK_I64(memory_provider_volumes(), MACHINES - 1);
    CHECK_I64(memory_provider_addresses(), MACHINES - 1);
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES - 1);
    CHECK_I64(vanish_alerts("open"), 0);
}

/* Noticed while somebody else holds the row: the apply that comes after it leaves the row due. */
static void
vanish_notice(void *argument)
{
    struct bench *other = argument;

    memory_provider_remove(vanish_machine_of(ids[1]));
    test_db_exec("UPDATE job_shards SET next_run_at = fleet_now()");
    CHECK_I64(bench_run(other, &job_watch_dog).code, ERR_NONE);
}

static void
test_noticed_meanwhile(void)
{
    struct bench *other = bench_new(config);

    test_db_text("UPDATE instances SET next_run_at = fleet_now(), server_state = 'stopping'"
                 " WHERE id = $1",
                 TEST_PARAMS(ids[1]));
    stage_once(STAGE_ANSWERED, "server_get", vanish_notice, other);
    CHECK_I64(bench_run(bench, &job_health_check).applied, 1);
    CHECK_I64(stage_leftovers(), 0);
    CHECK(stage_is_due(ids[1]));
    CHECK_I64(stage_number(ids[1], "gone_looks"), 1);
    bench_free(other);
}

/* One went minutes ago, one is missed: with the two others they are all of the zone. */
static void
test_the_others(void)
{
    for (int i = 2; i < MACHINES; i++) {
        memory_provider_remove(vanish_machine_of(ids[i]));
    }
    vanish_rounds(5);
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES - 1);
    CHECK_I64(vanish_alerts("open"), 1);
}

static void
test_wish(void)
{
    const char *zone = test_db_catalogue()->zone_id;

    CHECK_I64(test_db_i64("SELECT vanishing FROM zone_vanish($1, 0)", TEST_PARAMS(zone)),
              MACHINES - 1);
    stage_wish(ids[1], "terminate");
    CHECK_I64(test_db_i64("SELECT vanishing FROM zone_vanish($1, 0)", TEST_PARAMS(zone)),
              MACHINES - 2);
    CHECK(bench_drive(bench, ids[1], INSTANCE_TERMINATED));
    vanish_rounds(2);
    CHECK_I64(vanish_count(INSTANCE_READY), MACHINES - 2);
}

static void
test_confirmed(void)
{
    struct db *db = db_new(config, "operator");
    struct db_rows rows;
    struct error error = db_run(db, test_db_arena(), Q_API_CONFIRM_VANISHED, &rows,
                                DB_PARAMS(test_db_catalogue()->zone_id, NULL, "operator"));

    CHECK(!error_is(error) && rows.count == 1);
    CLEANUP_JSON json_t *told = row_json(&rows, 0, "instance_ids");
    CHECK_I64(json_array_size(told), 2);
    vanish_round();
    for (int i = 2; i < MACHINES; i++) {
        CHECK(vanish_is_given_back(ids[i]));
        CHECK_I64(test_db_i64("SELECT count(*) FROM action_logs WHERE instance_id = $1"
                              " AND action_type = 'CONFIRM_VANISHED'",
                              TEST_PARAMS(ids[i])),
                  1);
    }
    vanish_round();
    CHECK_I64(vanish_alerts("open"), 0);
    CHECK_I64(memory_provider_volumes(), 0);
    CHECK_I64(memory_provider_addresses(), 0);
    db_free(db);
}

/* After those that vanished are no longer counted with it, it is alone. */
static void
test_single(void)
{
    test_db_shift_clock(A_DAY_MS);
    const char *id = vanish_ready();

    memory_provider_remove(vanish_machine_of(id));
    vanish_rounds(3);
    CHECK(stage_is(id, INSTANCE_READY));
    test_db_shift_clock(config_ms(config, SETTING_WATCH_DOG_SINGLE_VANISH_SECONDS));
    vanish_round();
    CHECK(vanish_is_given_back(id));
    CHECK_I64(vanish_alerts("open"), 0);
}

int
main(void)
{
    config = stage_start();
    bench = bench_new(config);
    for (int i = 0; i < MACHINES; i++) {
        ids[i] = vanish_ready();
    }
    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-watch-dog', provider_id, id FROM zones");
    check_run("machines that are listed cost no look", test_quiet);
    check_run("no answer is never gone", test_no_answer);
    check_run("a stopped machine makes its instance unavailable", test_stopped);
    check_run("all of a zone at once: held, with an alert", test_all_held);
    check_run("and let go when they are seen again", test_seen_again);
    check_run("who alone finds nothing does not give up what others see",
              test_missed_by_one_of_two);
    check_run("what is seen while it is given up is not given up", test_seen_while_it_is_given_up);
    check_run("one of four is given back with all it had", test_one_of_four);
    check_run("what is noticed while the row is held is not forgotten", test_noticed_meanwhile);
    check_run("the rest of the zone, soon after: held", test_the_others);
    check_run("a held one can be terminated", test_wish);
    check_run("an operator confirms the others: given back", test_confirmed);
    check_run("a single machine is missed for longer", test_single);
    bench_free(bench);
    return check_end();
}
