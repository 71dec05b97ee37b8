/* cycles.c: what a cycle of a job costs, on a database of its own in the cluster that
 * TEST_DATABASE_URL names, with the provider in memory.  One line of JSON a figure.
 *
 *     cycles FLEET_SQL jobs PRESENT DUE RUNS    each job, with so many present and so many due
 *     cycles FLEET_SQL empty ROWS BATCH         claim and apply alone, nothing looked at
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bench.h"
#include "domain/rule.h"
#include "orchestrator/case.h"
#include "orchestrator/jobs/jobs.h"
#include "stage.h"
#include "stopwatch.h"
#include "test_db.h"
#include "test_service.h"

enum { CYCLES_FILE_MAX = 65536, CYCLES_RUNS_MAX = 100, CYCLES_LATER_MS = 3600 * 1000 };

static void
cycles_run_file(const char *path)
{
    CLEANUP_MEM char *text = mem_zalloc(CYCLES_FILE_MAX);
    FILE *file = fopen(path, "re");

    if (file == NULL || fread(text, 1, CYCLES_FILE_MAX - 1, file) == 0) {
        test_give_up("%s cannot be read", path);
    }
    fclose(file);
    test_db_exec(text);
}

static void
cycles_make(const char *count, const char *state, const char *due)
{
    test_db_text("SELECT bench_instances($1::int, $2, fleet_now() + $3::interval)",
                 TEST_PARAMS(count, state, due));
}

/* --- a cycle of each job --- */

static void
cycles_due_provisioning(const char *due)
{
    test_db_exec("UPDATE instances SET next_run_at = NULL WHERE status = 'provisioning'");
    cycles_make(due, "provisioning", "0");
}

static void
cycles_due_health(const char *due)
{
    test_db_text("SELECT bench_due($1::int)", TEST_PARAMS(due));
}

static void
cycles_due_terminator(const char *due)
{
    test_db_exec("UPDATE instances SET next_run_at = NULL WHERE status = 'terminating'");
    cycles_make(due, "terminating", "0");
}

static void
cycles_due_catalog(const char *due)
{
    (void)due;
    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-catalog-sync', provider_id, id FROM zones ON CONFLICT DO NOTHING;"
                 " UPDATE job_shards SET next_run_at = fleet_now()");
}

static int64_t
cycles_statements(void)
{
    return test_db_i640("SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements"
                        " WHERE toplevel AND query NOT LIKE '%pg_stat_statements%' AND dbid ="
                        " (SELECT oid FROM pg_database WHERE datname = current_database())");
}

/* The first run fills caches and plans; it is made and not told. */
static void
cycles_job(struct bench *bench, const struct job *job, void (*make_due)(const char *due),
           const char *due, int runs)
{
    int64_t statements = 0;
    struct tally tally = { 0 };

    printf("{\"job\":\"%s\",\"ms\":[", job->name);
    for (int i = 0; i <= runs; i++) {
        make_due(due);
        test_db_text0("SELECT pg_stat_statements_reset()");
        int64_t from_us = stopwatch_us();
        tally = bench_run(bench, job);
        int64_t took_us = stopwatch_us() - from_us;
        statements = cycles_statements();
        if (tally.code != ERR_NONE) {
            test_give_up("%s failed", job->name);
        }
        if (i > 0) {
            printf("%s%.3f", i == 1 ? "" : ",", (double)took_us / 1e3);
        }
    }
    printf("],\"statements\":%lld,\"claimed\":%zu,\"applied\":%zu,\"calls\":%zu}\n",
           (long long)statements, tally.claimed, tally.applied, tally.calls);
    fflush(stdout);
}

static int
cycles_jobs(struct bench *bench, const char *present, const char *due, const char *runs)
{
    int count = (int)strtol(runs, NULL, 10);

    test_db_exec("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    cycles_make(present, "ready", "1 hour");
    test_db_exec("VACUUM ANALYZE");
    cycles_job(bench, &job_provisioning, cycles_due_provisioning, due, count);
    cycles_job(bench, &job_health_check, cycles_due_health, due, count);
    cycles_job(bench, &job_terminator, cycles_due_terminator, due, count);
    cycles_job(bench, &job_catalog_sync, cycles_due_catalog, due, count);
    return 0;
}

/* --- claim and apply --- */

static int64_t cycles_batch;

/* Every claimed instance stays as it is, until much later. */
static struct error
cycles_empty_run(struct job_cycle *cycle)
{
    struct arena *arena = cycle->arena;
    struct db_rows rows;

    TRY(db_run(cycle->db, arena, Q_HEALTH_CHECK_CLAIM, &rows,
               DB_PARAMS(db_i64(arena, config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS)),
                         db_i64(arena, cycles_batch), cycle->orchestrator_id)));
    struct instance_case *cases = arena_array(arena, struct instance_case, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) {
        cases[i].id = row_text(&rows, i, "id");
        cases[i].token = row_i64(&rows, i, "fencing_token", 0);
        cases[i].instance.state = INSTANCE_READY;
        cases[i].around.beat_status = "ready";
        cases[i].decision =
            (struct decision){ .rule = RULE_NONE,
                               .to = INSTANCE_READY,
                               .next_run_ms = row_i64(&rows, i, "now_ms", 0) + CYCLES_LATER_MS,
                               .message = "" };
    }
    cycle->claimed = rows.count;
    return rows.count == 0 ? NO_ERROR : apply_run(cycle, cases, rows.count);
}

static const struct job cycles_empty_job = { .name = "job-health-check", .run = cycles_empty_run };

static int
cycles_empty(struct bench *bench, const char *rows, const char *batch)
{
    size_t done = 0;
    struct tally tally;

    cycles_batch = strtoll(batch, NULL, 10);
    cycles_make(rows, "ready", "0");
    test_db_exec("VACUUM ANALYZE");
    int64_t from_us = stopwatch_us();
    do {
        tally = bench_run(bench, &cycles_empty_job);
        done += tally.applied;
    } while (tally.claimed > 0);
    printf("{\"rows\":%zu,\"seconds\":%.6f}\n", done, (double)(stopwatch_us() - from_us) / 1e6);
    return done == strtoull(rows, NULL, 10) ? 0 : 1;
}

int
main(int count, char **arguments)
{
    struct bench *bench;
    int status;

    if (count < 5) {
        fprintf(stderr, "Usage: cycles FLEET_SQL jobs PRESENT DUE RUNS | empty ROWS BATCH\n");
        return 2;
    }
    bench = bench_new(stage_start());
    cycles_run_file(arguments[1]);
    if (strcmp(arguments[2], "jobs") == 0 && count == 6) {
        status = cycles_jobs(bench, arguments[3], arguments[4], arguments[5]);
    } else {
        status = cycles_empty(bench, arguments[3], arguments[4]);
    }
    bench_free(bench);
    return status;
}
