/* test_statements.c: what a cycle costs: as many statements for a thousand due rows as for ten.
 * Counted by PostgreSQL itself (pg_stat_statements). */
#include <stdio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { FEW = 10, MANY = 1000 };

static struct bench *bench;

/* Born by the way of every instance, the rest of it by copying. */
static void
statements_make(int count)
{
    char text[16];

    snprintf(text, sizeof text, "%d", count);
    test_db_text("INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id,"
                 " model_id, correlation_id, deadline_at)"
                 " SELECT made.id, made.id, z.provider_id, z.id, t.id, m.id, 'test',"
                 " fleet_now() + interval '1 hour' FROM zones z, instance_types t, models m,"
                 " (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) made",
                 TEST_PARAMS(text));
}

/* Nothing of theirs is due any more. */
static void
statements_forget(void)
{
    test_db_exec("UPDATE instances SET next_run_at = NULL");
}

static void
statements_begin(void)
{
    test_db_text0("SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database"
                  " WHERE datname = current_database()), 0)");
}

/* Without those by which PostgreSQL asks for the fleet's clock while it plans, which it does anew
 * whenever other databases' changes have made it forget. */
static int64_t
statements_count(void)
{
    return test_db_i640("SELECT sum(calls) FROM pg_stat_statements s JOIN pg_database d"
                        " ON d.oid = s.dbid WHERE d.datname = current_database() AND s.toplevel"
                        " AND s.query NOT LIKE '%pg_stat_statements%'"
                        " AND s.query NOT LIKE 'SELECT statement_timestamp() +%'");
}

/* One cycle, which must take up and apply all of them; its statements. */
static int64_t
statements_of_cycle(const struct job *job, const char *step, int rows)
{
    statements_begin();
    int64_t begun_ms = clock_monotonic_ms();
    struct tally tally = bench_run(bench, job);
    int64_t took_ms = clock_monotonic_ms() - begun_ms;
    int64_t count = statements_count();

    CHECK_CASE(tally.code == ERR_NONE, step);
    CHECK_I64(tally.claimed, rows);
    CHECK_I64(tally.applied, rows);
    printf("     %-28s %4d rows: %2d statements, %4d ms\n", step, rows, (int)count, (int)took_ms);
    return count;
}

enum step {
    STEP_CREATE,    /* looks, intents, calls, outcomes, apply */
    STEP_RECORD,    /* ... and what the machines have */
    STEP_BOOT,      /* looks by id, addresses on record */
    STEP_TERMINATE, /* a change of state */
    STEP_DELETE,    /* a deletion each */
    STEP_COUNT,
};

static const char *const step_names[STEP_COUNT] = {
    "job-provisioning, create", "job-provisioning, record",  "job-health-check, boot",
    "job-terminator, taken up", "job-terminator, power off",
};

/* Until all of them are booting; not measured. */
static void
statements_bring_up(int rows)
{
    for (int i = 0; i < 20; i++) {
        test_db_shift_clock(1000);
        bench_run(bench, &job_provisioning);
    }
    CHECK_I64(test_db_i640("SELECT count(*) FROM instances WHERE status = 'booting'"
                           " AND next_run_at IS NOT NULL"),
              rows);
    test_db_shift_clock(1000);
}

static void
statements_live(int rows, int64_t counts[STEP_COUNT])
{
    statements_make(rows);
    counts[STEP_CREATE] = statements_of_cycle(&job_provisioning, step_names[STEP_CREATE], rows);
    test_db_shift_clock(1000);
    counts[STEP_RECORD] = statements_of_cycle(&job_provisioning, step_names[STEP_RECORD], rows);
    statements_bring_up(rows);
    counts[STEP_BOOT] = statements_of_cycle(&job_health_check, step_names[STEP_BOOT], rows);
    test_db_exec("UPDATE instances SET desired = 'terminated', wish_version = 1"
                 " WHERE next_run_at IS NOT NULL");
    test_db_shift_clock(1000);
    counts[STEP_TERMINATE] = statements_of_cycle(&job_terminator, step_names[STEP_TERMINATE], rows);
    test_db_shift_clock(1000);
    counts[STEP_DELETE] = statements_of_cycle(&job_terminator, step_names[STEP_DELETE], rows);
    statements_forget();
}

static void
test_few_and_many(void)
{
    int64_t few[STEP_COUNT];
    int64_t many[STEP_COUNT];

    statements_live(FEW, few); /* The first time, other texts are met as well. */
    statements_live(FEW, few);
    statements_live(MANY, many);
    for (int i = 0; i < STEP_COUNT; i++) {
        CHECK_CASE(few[i] > 0 && few[i] == many[i], step_names[i]);
    }
}

/* A batch is taken once; the rest waits for the next cycle, which is told to come at once. */
static void
test_batches(void)
{
    statements_make(25);
    stage_set(SETTING_JOB_BATCH_ROWS, "10");
    CHECK_I64(bench_run(bench, &job_provisioning).claimed, 10);
    CHECK_I64(bench_run(bench, &job_provisioning).claimed, 10);
    CHECK_I64(test_db_i640("SELECT count(*) FROM instances WHERE next_run_at IS NOT NULL"
                           " AND fencing_token = 0"),
              5);
}

int
main(void)
{
    struct config *config = stage_start();

    if (test_db_text0("SELECT current_setting('shared_preload_libraries')"
                      " LIKE '%pg_stat_statements%'")[0] != 't') {
        test_give_up("this PostgreSQL does not count statements:"
                     " shared_preload_libraries lacks pg_stat_statements");
    }
    test_db_exec("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    bench = bench_new(config);
    check_run("a cycle costs as many statements for a thousand due rows as for ten",
              test_few_and_many);
    check_run("a cycle takes a batch and no more", test_batches);
    bench_free(bench);
    return check_end();
}
