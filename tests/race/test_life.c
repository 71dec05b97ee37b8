/* test_life.c: two orchestrators on the same instances at the same time, from accepted to running
 * and from there to given back. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { INSTANCES = 20, ORCHESTRATORS = 2, LIMIT_MS = 40000 };

static struct config *config;
static const char *ids[INSTANCES];

struct worker {
    struct bench *bench;
    pthread_t thread;
    int64_t claimed;
    int64_t applied;
    int64_t stale;
    int64_t errors;
};

static struct worker workers[ORCHESTRATORS];
static atomic_bool stopping;

static void
life_add(struct worker *worker, struct tally tally)
{
    worker->claimed += (int64_t)tally.claimed;
    worker->applied += (int64_t)tally.applied;
    worker->stale += (int64_t)tally.stale;
    worker->errors += tally.code == ERR_NONE ? 0 : 1;
}

static void *
life_work(void *argument)
{
    struct worker *worker = argument;

    while (!atomic_load(&stopping)) {
        life_add(worker, bench_run(worker->bench, &job_provisioning));
        life_add(worker, bench_run(worker->bench, &job_terminator));
    }
    return NULL;
}

static void
life_begin(void)
{
    atomic_store(&stopping, false);
    for (int i = 0; i < ORCHESTRATORS; i++) {
        pthread_create(&workers[i].thread, NULL, life_work, &workers[i]);
    }
}

static void
life_end(void)
{
    atomic_store(&stopping, true);
    for (int i = 0; i < ORCHESTRATORS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
}

static bool
life_all_are(void *state)
{
    return test_db_i64("SELECT count(*) FROM instances WHERE status = $1",
                       TEST_PARAMS((const char *)state)) == INSTANCES;
}

static void
life_shows_zero(const char *what, const char *query)
{
    CHECK_CASE(test_db_i640(query) == 0, what);
}

static void
life_check_operations(void)
{
    life_shows_zero("operations without outcome",
                    "SELECT count(*) FROM provider_operations WHERE outcome IS NULL");
    life_shows_zero("calls that failed or were not sent",
                    "SELECT count(*) FROM provider_operations WHERE outcome <> 'ok'");
    life_shows_zero("two operations of one cycle",
                    "SELECT count(*) - count(DISTINCT (instance_id, token))"
                    " FROM provider_operations");
    life_shows_zero("an operation that began while another of its instance ran",
                    "SELECT count(*) FROM provider_operations a JOIN provider_operations b"
                    " ON b.instance_id = a.instance_id AND b.op_id <> a.op_id"
                    " AND b.started_at >= a.started_at AND b.started_at < a.ended_at");
    life_shows_zero("an operation under a token lower than an earlier one's",
                    "SELECT count(*) FROM provider_operations a JOIN provider_operations b"
                    " ON b.instance_id = a.instance_id AND b.started_at > a.started_at"
                    " AND b.token <= a.token");
    life_shows_zero("outcomes that the journal lacks, or has twice",
                    "SELECT count(*) FROM provider_operations o WHERE 1 <>"
                    " (SELECT count(*) FROM action_logs a WHERE a.op_id = o.op_id"
                    " AND a.action_type LIKE 'PROVIDER%')");
}

/* Each claim is one token, and each is answered by one apply or by one that came too late. */
static void
life_check_tokens(void)
{
    int64_t claimed = 0;

    for (int i = 0; i < ORCHESTRATORS; i++) {
        claimed += workers[i].claimed;
        CHECK_I64(workers[i].applied + workers[i].stale, workers[i].claimed);
        CHECK_I64(workers[i].stale, 0);
        CHECK_I64(workers[i].errors, 0);
        CHECK(workers[i].claimed > 0);
    }
    CHECK_I64(test_db_i640("SELECT sum(fencing_token) FROM instances"), claimed);
    CHECK_I64(test_db_i640("SELECT sum(claimed) FROM job_runs"), claimed);
    life_shows_zero("leases left",
                    "SELECT count(*) FROM instances WHERE lease_until > fleet_now()");
}

static void
life_check_rules(const char *rule)
{
    CHECK_I64(test_db_i64("SELECT count(*) FROM action_logs WHERE rule = $1", TEST_PARAMS(rule)),
              INSTANCES);
    CHECK_I64(test_db_i64("SELECT count(DISTINCT instance_id) FROM action_logs WHERE rule = $1",
                          TEST_PARAMS(rule)),
              INSTANCES);
}

static void
test_birth(void)
{
    for (int i = 0; i < INSTANCES; i++) {
        ids[i] = stage_instance();
    }
    life_begin();
    CHECK(test_until(LIMIT_MS, life_all_are, (void *)(uintptr_t) "booting"));
    life_end();
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), INSTANCES);
    CHECK_I64(memory_provider_servers(), INSTANCES);
    CHECK_I64(memory_provider_calls(CALL_SERVER_POWERON), INSTANCES);
    CHECK_I64(memory_provider_calls(CALL_USER_DATA_PUT), INSTANCES);
    life_check_rules("server_started");
    life_check_operations();
    life_check_tokens();
}

static void
test_end(void)
{
    life_begin();
    for (int i = 0; i < INSTANCES; i++) {
        stage_wish(ids[i], "terminate");
    }
    CHECK(test_until(LIMIT_MS, life_all_are, (void *)(uintptr_t) "terminated"));
    life_end();
    CHECK_I64(memory_provider_servers(), 0);
    CHECK_I64(memory_provider_volumes(), 0);
    CHECK_I64(memory_provider_addresses(), 0);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), INSTANCES);
    CHECK_I64(memory_provider_calls(CALL_SERVER_DELETE), INSTANCES);
    CHECK_I64(memory_provider_calls(CALL_VOLUME_DELETE), INSTANCES);
    life_check_rules("terminate_requested");
    life_check_rules("server_gone");
    life_check_operations();
    life_check_tokens();
}

int
main(void)
{
    config = stage_start();
    stage_set(SETTING_JOB_BATCH_ROWS, "3"); /* so that both always find something to claim */
    for (int i = 0; i < ORCHESTRATORS; i++) {
        workers[i].bench = bench_new(config);
    }
    check_run(
        "two orchestrators bring twenty instances up: each call once, one at a time, each with"
        " its outcome, under rising tokens",
        test_birth);
    check_run("and give everything back, once", test_end);
    for (int i = 0; i < ORCHESTRATORS; i++) {
        bench_free(workers[i].bench);
    }
    return check_end();
}
