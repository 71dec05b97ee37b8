/* test_pulse.c: deadlines while nobody decides; runs asked for by hand; jobs switched off and
 * re-timed; what each job did, on record. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/pulse.h"
#include "rival.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { LIMIT_MS = 20000, PAUSE_MS = 30000, LONG_MS = 600000 };

static struct config *config;

/* --- deadlines --- */

static int64_t
pulse_time_left_ms(const char *id)
{
    return stage_number(id, "extract(epoch FROM deadline_at - fleet_now()) * 1000");
}

static int64_t
pulse_beats(struct rival *rival)
{
    struct db_rows rows = rival_run(rival, Q_DECISION_PULSE, TEST_PARAMS("30000"));

    return row_i64(&rows, 0, "moved", 0);
}

static bool
pulse_is_near(int64_t got_ms, int64_t wanted_ms)
{
    return got_ms > wanted_ms - 5000 && got_ms <= wanted_ms + 100;
}

static void
test_pause(void)
{
    struct rival *rival = rival_open(config);
    const char *id = stage_instance();
    const char *ready = test_db_instance(INSTANCE_READY);
    const char *failed = test_db_instance(INSTANCE_STARTUP_FAILED);
    int64_t left_ms = pulse_time_left_ms(id);

    pulse_beats(rival);
    test_db_shift_clock(PAUSE_MS - 2000);
    CHECK_I64(pulse_beats(rival), 0);
    CHECK(pulse_is_near(pulse_time_left_ms(id), left_ms - PAUSE_MS + 2000));
    test_db_shift_clock(LONG_MS);
    CHECK_I64(pulse_beats(rival), 1);
    CHECK(pulse_is_near(pulse_time_left_ms(id), left_ms - PAUSE_MS + 2000));
    /* What is kept for people to look at is kept by the wall's clock. */
    CHECK(pulse_time_left_ms(failed) < left_ms - LONG_MS);
    CHECK_STR(test_db_text("SELECT deadline_at FROM instances WHERE id = $1", TEST_PARAMS(ready)),
              "");
    CHECK_I64(pulse_beats(rival), 0);
    rival_close(rival);
    test_db_exec("UPDATE instances SET next_run_at = NULL, deadline_at = deadline_at");
}

/* Passed before the pause began: the pause changes nothing about it. */
static void
test_deadline_before_the_pause(void)
{
    struct rival *rival = rival_open(config);
    const char *id = stage_instance();

    test_db_text("UPDATE instances SET deadline_at = fleet_now() - interval '1 s' WHERE id = $1",
                 TEST_PARAMS(id));
    pulse_beats(rival);
    test_db_shift_clock(LONG_MS);
    int64_t left_ms = pulse_time_left_ms(id);
    pulse_beats(rival);
    CHECK(pulse_is_near(pulse_time_left_ms(id), left_ms));
    test_db_exec("UPDATE instances SET next_run_at = NULL");
    rival_close(rival);
}

/* Two orchestrators come back at once: the second waits, and moves nothing again. */
static void
test_two_come_back(void)
{
    struct rival *first = rival_open(config);
    struct rival *second = rival_open(config);
    const char *id = stage_instance();

    int64_t left_ms = pulse_time_left_ms(id); /* Before the beat, from which the pause counts. */
    pulse_beats(first);
    test_db_shift_clock(LONG_MS);
    rival_exec(first, "BEGIN");
    CHECK(pulse_beats(first) >= 1);
    rival_send(second, Q_DECISION_PULSE, TEST_PARAMS("30000"));
    CHECK(rival_makes_wait());
    rival_exec(first, "COMMIT");
    struct db_rows rows = rival_join(second);
    CHECK_I64(row_i64(&rows, 0, "moved", 0), 0);
    CHECK(pulse_is_near(pulse_time_left_ms(id), left_ms));
    test_db_exec("UPDATE instances SET next_run_at = NULL");
    rival_close(first);
    rival_close(second);
}

/* --- the runner --- */

static bool
pulse_was_looked_at(void *id)
{
    return stage_number(id, "(last_look_at IS NOT NULL)::int") == 1;
}

/* A cycle that runs before the pulse does: a deadline that passed while nobody decided does not
 * fire. */
static void
test_first_cycle_after_a_pause(void)
{
    struct runner *runner = runner_new(config, "44444444-4444-4444-8444-444444444444");
    struct rival *rival = rival_open(config);
    const char *id = stage_instance();

    memory_provider_fail(CALL_SERVER_CREATE, ANSWER_OUT_OF_STOCK, 1000);
    test_db_text("UPDATE instances SET deadline_at = fleet_now() + interval '1 minute'"
                 " WHERE id = $1",
                 TEST_PARAMS(id));
    pulse_beats(rival);
    test_db_shift_clock(LONG_MS);
    runner_start(runner);
    CHECK(test_until(LIMIT_MS, pulse_was_looked_at, (void *)(uintptr_t)id));
    CHECK(stage_is(id, INSTANCE_PROVISIONING));
    CHECK(pulse_time_left_ms(id) > 0);
    CHECK(runner_stop(runner, LIMIT_MS));
    runner_free(runner);
    rival_close(rival);
    memory_provider_clear_faults();
    test_db_exec("UPDATE instances SET next_run_at = NULL");
}

/* --- runs asked for by hand --- */

static const char *const orchestrators[] = { "11111111-1111-4111-8111-111111111111",
                                             "22222222-2222-4222-8222-222222222222" };

struct orchestrator {
    struct runner *runner;
    struct pulse *pulse;
};

static void
pulse_fatal(void *context)
{
    (void)context;
    abort();
}

static struct orchestrator
pulse_orchestrator(int place)
{
    struct orchestrator made = { .runner = runner_new(config, orchestrators[place]) };

    made.pulse = pulse_new(config, orchestrators[place], made.runner, pulse_fatal, NULL);
    return made;
}

static void
pulse_end(struct orchestrator *orchestrator)
{
    pulse_free(orchestrator->pulse);
    CHECK(runner_stop(orchestrator->runner, LIMIT_MS));
    runner_free(orchestrator->runner);
}

static bool
pulse_catalog_reads(void *count)
{
    return memory_provider_calls(CALL_TYPE_LIST) >= *(const int64_t *)count;
}

static bool
pulse_runs_are_over(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM job_runs WHERE ended_at IS NULL") == 0;
}

static bool
pulse_nothing_is_open(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM job_requests WHERE taken_at IS NULL") == 0;
}

static void
pulse_ask(const char *job)
{
    test_db_text("INSERT INTO job_requests (job, requested_by) VALUES ($1, 'test')",
                 TEST_PARAMS(job));
}

static void
test_requests(void)
{
    struct orchestrator both[] = { pulse_orchestrator(0), pulse_orchestrator(1) };
    int64_t reads = 1;

    CHECK(test_until(LIMIT_MS, pulse_catalog_reads, &reads)); /* of its own accord, once */
    CHECK(test_until(LIMIT_MS, pulse_runs_are_over, NULL));
    for (int64_t round = 1; round <= 5; round++) {
        pulse_ask("job-catalog-sync");
        pulse_kick(both[0].pulse);
        pulse_kick(both[1].pulse);
        reads = round + 1;
        CHECK(test_until(LIMIT_MS, pulse_catalog_reads, &reads));
        CHECK(test_until(LIMIT_MS, pulse_nothing_is_open, NULL));
        CHECK(test_until(LIMIT_MS, pulse_runs_are_over, NULL));
        CHECK_I64(memory_provider_calls(CALL_TYPE_LIST), reads);
    }
    pulse_end(&both[0]);
    pulse_end(&both[1]);
    CHECK_I64(memory_provider_calls(CALL_TYPE_LIST), 6);
    CHECK_I64(test_db_i640("SELECT count(*) FROM job_requests WHERE taken_by IS NOT NULL"), 5);
    CHECK_I64(test_db_i640("SELECT count(*) FROM job_runs WHERE job = 'job-catalog-sync'"
                           " AND result = 'ok' AND claimed = 1 AND applied = 1 AND calls = 1"),
              6);
}

/* Asked for, it is on record even where there was nothing to do. */
static bool
pulse_has_run_idly(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM job_runs WHERE job = 'job-terminator'"
                        " AND result = 'ok' AND claimed = 0") == 1;
}

static void
test_request_with_nothing_to_do(void)
{
    struct orchestrator one = pulse_orchestrator(0);

    pulse_ask("job-terminator");
    pulse_kick(one.pulse);
    CHECK(test_until(LIMIT_MS, pulse_has_run_idly, NULL));
    CHECK(pulse_nothing_is_open(NULL));
    pulse_end(&one);
}

/* --- switched off, re-timed --- */

static const char *
pulse_last_start(const char *job)
{
    return test_db_text("SELECT last_started_at FROM jobs WHERE job = $1", TEST_PARAMS(job));
}

struct change {
    const char *job;
    const char *before;
};

static bool
pulse_has_started_again(void *argument)
{
    const struct change *change = argument;

    return test_db_i64("SELECT count(*) FROM jobs WHERE job = $1"
                       " AND last_started_at::text <> $2",
                       TEST_PARAMS(change->job, change->before)) == 1;
}

static void
test_switched_off(void)
{
    stage_set(SETTING_JOB_CATALOG_SYNC_ENABLED, "false");
    stage_set(SETTING_JOB_TERMINATOR_PERIOD_SECONDS, "0.1");
    test_db_exec("DELETE FROM jobs; UPDATE job_shards SET next_run_at = fleet_now()");
    pulse_ask("job-catalog-sync");
    struct orchestrator one = pulse_orchestrator(0);
    for (int i = 0; i < 6; i++) {
        struct change change = { "job-terminator", pulse_last_start("job-terminator") };
        pulse_kick(one.pulse);
        runner_wake(one.runner, &job_catalog_sync);
        CHECK(test_until(LIMIT_MS, pulse_has_started_again, &change));
    }
    pulse_end(&one);
    CHECK_STR(pulse_last_start("job-catalog-sync"), "");
    CHECK_I64(test_db_i640("SELECT count(*) FROM job_requests WHERE taken_at IS NULL"), 1);
    stage_set(SETTING_JOB_CATALOG_SYNC_ENABLED, "true");
    struct orchestrator other = pulse_orchestrator(1);
    CHECK(test_until(LIMIT_MS, pulse_nothing_is_open, NULL));
    pulse_end(&other);
    CHECK_I64(test_db_i640("SELECT count(*) FROM jobs WHERE job = 'job-catalog-sync'"), 1);
}

static void
test_periods(void)
{
    struct runner *runner = runner_new(config, orchestrators[0]);

    test_db_exec("DELETE FROM jobs");
    runner_start(runner);
    struct change health = { "job-health-check", "" };
    CHECK(test_until(LIMIT_MS, pulse_has_started_again, &health));
    health.before = pulse_last_start("job-health-check"); /* its period is 10 s */
    for (int i = 0; i < 6; i++) {
        struct change change = { "job-terminator", pulse_last_start("job-terminator") };
        CHECK(test_until(LIMIT_MS, pulse_has_started_again, &change));
    }
    CHECK_STR(pulse_last_start("job-health-check"), health.before);
    CHECK(runner_stop(runner, LIMIT_MS));
    runner_free(runner);
}

/* --- on record --- */

static bool
pulse_has_failed(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT failures_in_row FROM jobs WHERE job = 'job-terminator'") >= 2;
}

static bool
pulse_has_recovered(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM jobs WHERE job = 'job-terminator'"
                        " AND failures_in_row = 0 AND error_code IS NULL"
                        " AND last_success_at IS NOT NULL") == 1;
}

static void
test_failures(void)
{
    struct runner *runner = runner_new(config, orchestrators[0]);

    test_db_exec("DELETE FROM job_runs");
    test_db_exec("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
                 " $$ BEGIN RAISE EXCEPTION 'no claim today'; END $$;"
                 "CREATE TRIGGER fail BEFORE UPDATE OF fencing_token ON instances"
                 " FOR EACH ROW EXECUTE FUNCTION fail()");
    const char *id = stage_instance();
    stage_wish(id, "terminate");
    runner_start(runner);
    bool failed = test_until(LIMIT_MS, pulse_has_failed, NULL);
    test_db_exec("DROP TRIGGER fail ON instances");
    CHECK(failed);
    CHECK(test_until(LIMIT_MS, pulse_has_recovered, NULL));
    CHECK(runner_stop(runner, LIMIT_MS));
    runner_free(runner);
    CHECK(test_db_i640("SELECT count(*) FROM job_runs WHERE job = 'job-terminator'"
                       " AND result = 'failed' AND error_code <> '' AND error_message <> ''") >= 2);
}

int
main(void)
{
    config = stage_start();
    check_run("a pause of all decisions sets the deadlines forward by its length, once; a short one"
              " does not",
              test_pause);
    check_run("a deadline that had passed before the pause stays passed",
              test_deadline_before_the_pause);
    check_run("of two orchestrators that come back at once one sets the deadlines forward, and the"
              " other waits for it",
              test_two_come_back);
    check_run("the first cycle after a pause fires no deadline that passed in it",
              test_first_cycle_after_a_pause);
    check_run("a run asked for by hand is taken once, whoever looks", test_requests);
    check_run("a run asked for by hand is on record though there was nothing to do",
              test_request_with_nothing_to_do);
    check_run("a job that is switched off never runs, and leaves requests to others",
              test_switched_off);
    check_run("each job has its own period", test_periods);
    check_run("failures of a job are counted, on record, and forgotten with the next success",
              test_failures);
    return check_end();
}
