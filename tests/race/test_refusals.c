/* test_refusals.c: a provider that refuses one kind of call for our credentials, and answers others. */
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "scene.h"
#include "stage.h"
#include "test_db.h"

enum { REFUSALS = 3, MANY = 1000 };

static struct config *config;
static struct bench *bench;

static int64_t
refusals_alerts(const char *status)
{
    return test_db_i64("SELECT count(*) FROM alerts WHERE name = 'ProviderCredentialsRefused'"
                       " AND status = $1",
                       TEST_PARAMS(status));
}

static void
refusals_rest(void)
{
    test_db_shift_clock(config_ms(config, SETTING_ZONE_PAUSE_SECONDS) + 1);
    test_db_exec("UPDATE job_shards SET next_run_at = fleet_now()");
    CHECK_I64(bench_run(bench, &job_watch_dog).claimed, 1);
}

/* A list that is answered at the rest's end, before the next create is refused, ends nothing. */
static void
test_a_key_that_may_not_create(void)
{
    const char *id = stage_instance();

    memory_provider_fail(CALL_SERVER_CREATE, ANSWER_DENIED, MANY);
    for (int i = 0; i < REFUSALS; i++) {
        int64_t before = memory_provider_calls(CALL_SERVER_CREATE);
        bench_run(bench, &job_provisioning);
        CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), before + 1);
        refusals_rest();
        CHECK_I64(refusals_alerts("open"), 1);
        CHECK_I64(refusals_alerts("resolved"), 0);
    }
    memory_provider_clear_faults();
    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    refusals_rest();
    refusals_rest();
    CHECK_I64(refusals_alerts("open"), 0);
    CHECK_I64(refusals_alerts("resolved"), 1);
}

int
main(void)
{
    config = stage_start();
    bench = bench_new(config);
    scene_start();
    check_run("a key that may list and may not create has one alert, until it may",
              test_a_key_that_may_not_create);
    bench_free(bench);
    return check_end();
}
