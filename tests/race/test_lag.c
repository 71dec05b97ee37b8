/* test_lag.c: a job that is held in a provider's call delays no other.  Nothing sleeps: a call is
 * held until the test has seen enough of the others. */
#include <stdio.h>

#include "base/arena.h"
#include "base/mem.h"
#include "check.h"
#include "hold.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/runner.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { ROUNDS = 5, LAG_MAX_MS = 1000, LIMIT_MS = 20000 };

static struct config *config;
static struct hold holds[2] = { HOLD_INITIALIZER, HOLD_INITIALIZER };
static struct runner *runner;

static bool
lag_has_been_seen(void *argument)
{
    return stage_number(argument, "(last_look_at IS NOT NULL)::int") == 1;
}

/* Until the row's first apply, from its birth on; due all the time. */
static int64_t
lag_of(enum instance_state state)
{
    const char *id = test_db_instance(state);

    if (!test_until(LIMIT_MS, lag_has_been_seen, (void *)(uintptr_t)id)) {
        return LIMIT_MS;
    }
    return stage_number(id, "extract(epoch FROM last_look_at - created_at) * 1000");
}

static bool
lag_catalog_is_read(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM job_shards WHERE job = 'job-catalog-sync'"
                        " AND next_run_at > fleet_now()") == 1;
}

/* From when its zone is due. */
static int64_t
lag_of_catalog(void)
{
    test_db_exec("UPDATE job_shards SET next_run_at = fleet_now(), last_ok_at = NULL"
                 " WHERE job = 'job-catalog-sync'");
    int64_t due_ms = test_db_i640("SELECT to_ms(fleet_now())");

    if (!test_until(LIMIT_MS, lag_catalog_is_read, NULL)) {
        return LIMIT_MS;
    }
    return test_db_i640("SELECT to_ms(last_ok_at) FROM job_shards"
                        " WHERE job = 'job-catalog-sync'") -
           due_ms;
}

static int64_t
lag_most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void
lag_check(const char *job, int64_t lag_ms)
{
    printf("     %-18s at most %4d ms late\n", job, (int)lag_ms);
    CHECK_CASE(lag_ms < LAG_MAX_MS, job);
}

static void
test_one_held(void)
{
    int64_t health_ms = 0;
    int64_t terminator_ms = 0;
    int64_t catalog_ms = 0;

    hold_at(&holds[0], STAGE_ASKED, "server_create");
    const char *id = stage_instance();
    CHECK(hold_reached(&holds[0]));
    for (int i = 0; i < ROUNDS; i++) {
        health_ms = lag_most(health_ms, lag_of(INSTANCE_BOOTING));
        terminator_ms = lag_most(terminator_ms, lag_of(INSTANCE_TERMINATING));
        catalog_ms = lag_most(catalog_ms, lag_of_catalog());
    }
    CHECK(hold_keeps(&holds[0]));
    CHECK_I64(stage_number(id, "(lease_until > fleet_now())::int"), 1);
    hold_release(&holds[0]);
    lag_check("job-health-check", health_ms);
    lag_check("job-terminator", terminator_ms);
    lag_check("job-catalog-sync", catalog_ms);
    CHECK(test_until(LIMIT_MS, lag_has_been_seen, (void *)(uintptr_t)id));
}

static void
test_two_held(void)
{
    int64_t health_ms = 0;
    int64_t terminator_ms = 0;

    hold_at(&holds[0], STAGE_ASKED, "server_create");
    hold_at(&holds[1], STAGE_ASKED, "type_list");
    stage_instance();
    test_db_exec("UPDATE job_shards SET next_run_at = fleet_now() WHERE job = 'job-catalog-sync'");
    CHECK(hold_reached(&holds[0]));
    CHECK(hold_reached(&holds[1]));
    for (int i = 0; i < ROUNDS; i++) {
        health_ms = lag_most(health_ms, lag_of(INSTANCE_BOOTING));
        terminator_ms = lag_most(terminator_ms, lag_of(INSTANCE_TERMINATING));
    }
    CHECK(hold_keeps(&holds[0]) && hold_keeps(&holds[1]));
    lag_check("job-health-check", health_ms);
    lag_check("job-terminator", terminator_ms);
    hold_release(&holds[0]);
    hold_release(&holds[1]);
}

/* The runner's end does not wait for a call beyond its patience. */
static void
test_stop(void)
{
    hold_at(&holds[0], STAGE_ASKED, "server_create");
    stage_instance();
    CHECK(hold_reached(&holds[0]));
    CHECK(!runner_stop(runner, 50));
    hold_release(&holds[0]);
    CHECK(runner_stop(runner, LIMIT_MS));
    CHECK_I64(test_db_i640("SELECT count(*) FROM provider_operations WHERE outcome IS NULL"), 0);
}

int
main(void)
{
    config = stage_start();
    stage_set(SETTING_ORCHESTRATOR_THREADS, "4");
    stage_set(SETTING_JOB_PROVISIONING_PERIOD_SECONDS, "0.2");
    stage_set(SETTING_JOB_HEALTH_CHECK_PERIOD_SECONDS, "0.2");
    stage_set(SETTING_JOB_TERMINATOR_PERIOD_SECONDS, "0.2");
    stage_set(SETTING_JOB_CATALOG_SYNC_PERIOD_SECONDS, "0.2");
    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-catalog-sync', provider_id, id FROM zones");
    runner = runner_new(config, "33333333-3333-4333-8333-333333333333");
    runner_start(runner);
    check_run("while one job is held in a provider's call, the others are less than a second late",
              test_one_held);
    check_run("and so while two are", test_two_held);
    check_run("a runner that is told to stop says whether a call still holds it", test_stop);
    runner_free(runner);
    return check_end();
}
