/* test_claims.c: who claims what, when two orchestrators want the same rows: for every claim of
 * every job. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/job.h"
#include "rival.h"
#include "stage.h"
#include "test_db.h"

enum { ROWS = 12, FIRST_ROWS = 7, SESSIONS = 4 };

static struct config *config;

static const char lease_ms[] = "60000";

/* A claim: how its rows become due, and what of them the database shows, one row each. */
struct claim {
    const char *job;
    enum query_id query;
    const char *key;   /* column of what it returns that names the row */
    const char *make;  /* statements that leave ROWS due rows, and no others */
    const char *table; /* a query: id, fencing_token, lease_until, attempts */
    const char *lock;  /* locks one of them */
    bool repeats;      /* it may be done twice, so it ends without a fence: test_outbox.c */
};

#define SHARDS                                                                                     \
    "DELETE FROM provider_operations; DELETE FROM job_shards;"                                     \
    "INSERT INTO zones (region_id, provider_id, code, name) SELECT region_id, provider_id,"        \
    " 'z-' || n, 'Zone' FROM zones, generate_series(1, 11) n WHERE code = 'test-1'"                \
    " ON CONFLICT DO NOTHING;"
#define INSTANCES                                                                                  \
    "SELECT id, fencing_token, lease_until, attempts FROM instances",                              \
        "SELECT FROM instances ORDER BY id LIMIT 1 FOR UPDATE"
#define ZONES(job)                                                                                 \
    "SELECT zone_id AS id, fencing_token, lease_until, attempts FROM job_shards WHERE job = '" job \
    "'",                                                                                           \
        "SELECT FROM job_shards ORDER BY zone_id LIMIT 1 FOR UPDATE"
#define OUTBOX                                                                                     \
    "SELECT id, fencing_token, lease_until, fencing_token AS attempts FROM outbox",                \
        "SELECT FROM outbox ORDER BY id LIMIT 1 FOR UPDATE"

static const struct claim claims[] = {
    { "job-provisioning", Q_PROVISIONING_CLAIM, "id", "SELECT some_rows('provisioning')",
      INSTANCES },
    { "job-provisioning", Q_ZONE_GROUP_CLAIM, "zone_id",
      SHARDS "SELECT some_rows('provisioning');"
             "UPDATE zones SET security_group_ready_at = NULL;"
             "WITH z AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM zones),"
             " i AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM instances)"
             " UPDATE instances SET zone_id = z.id FROM z JOIN i USING (n)"
             " WHERE instances.id = i.id;"
             "INSERT INTO job_shards (job, provider_id, zone_id)"
             " SELECT 'job-provisioning', provider_id, id FROM zones",
      ZONES("job-provisioning") },
    { "job-health-check", Q_HEALTH_CHECK_CLAIM, "id",
      "SELECT some_rows('booting');"
      "UPDATE instances SET provider_instance_id = 'server-' || id",
      INSTANCES },
    { "job-terminator", Q_TERMINATOR_CLAIM, "id", "SELECT some_rows('terminating')", INSTANCES },
    { "job-watch-dog", Q_SHARD_CLAIM, "zone_id",
      SHARDS "INSERT INTO job_shards (job, provider_id, zone_id)"
             " SELECT 'job-watch-dog', provider_id, id FROM zones",
      ZONES("job-watch-dog") },
    { "job-catalog-sync", Q_SHARD_CLAIM, "zone_id",
      SHARDS "INSERT INTO job_shards (job, provider_id, zone_id)"
             " SELECT 'job-catalog-sync', provider_id, id FROM zones",
      ZONES("job-catalog-sync") },
    { "job-outbox", Q_OUTBOX_CLAIM, "id",
      "DELETE FROM outbox; SELECT some_rows('provisioning');"
      "INSERT INTO outbox (instance_id, type) SELECT id, 'CMD:PROVISION' FROM instances",
      OUTBOX, .repeats = true },
};

/* Rows in that state, behind the guard's back. */
static const char some_rows[] =
    "CREATE FUNCTION some_rows(wanted text) RETURNS void LANGUAGE plpgsql AS $$ DECLARE z zones;"
    " BEGIN"
    "  SET LOCAL session_replication_role = replica;"
    "  DELETE FROM instances; DELETE FROM provider_operations;"
    "  SELECT * INTO z FROM zones WHERE code = 'test-1';"
    "  INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id, model_id,"
    "   correlation_id, deadline_at, status)"
    "  SELECT made.id, made.id, z.provider_id, z.id, t.id, m.id, 'test', fleet_now() + interval '1 "
    "hour',"
    "   wanted FROM instance_types t, models m, (SELECT gen_random_uuid() AS id"
    "   FROM generate_series(1, 12)) made;"
    " END $$";

static int64_t
claims_count(const struct claim *claim, const char *condition)
{
    char sql[600];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM (%s) AS r WHERE %s", claim->table, condition);
    return test_db_i640(sql);
}

/* The claim that serves several jobs is told which. */
static size_t
claims_params(const struct claim *claim)
{
    return claim->query == Q_SHARD_CLAIM ? 4 : 3;
}

static struct db_rows
claims_take(struct rival *rival, const struct claim *claim, const char *most)
{
    static const char owner[] = "11111111-1111-4111-8111-111111111111";
    const char *const params[] = { lease_ms, most, owner, claim->job };

    return rival_run(rival, claim->query, params, claims_params(claim));
}

static bool
claims_share(const struct claim *claim, const struct db_rows *a, const struct db_rows *b)
{
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (strcmp(row_text(a, i, claim->key), row_text(b, j, claim->key)) == 0) {
                return true;
            }
        }
    }
    return false;
}

static void
test_claim_files(void)
{
    for (size_t i = 0; i < job_count; i++) {
        char name[64];
        bool found = false;
        snprintf(name, sizeof name, "%s_claim", jobs[i]->name + strlen("job-"));
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '-' ? '_' : *c;
        }
        for (int q = 0; q < QUERY_COUNT_; q++) {
            bool shards = jobs[i]->states == NULL && q == Q_SHARD_CLAIM;
            found = found || shards || strcmp(queries[q].name, name) == 0;
        }
        CHECK_CASE(found, name);
    }
    for (int q = 0; q < QUERY_COUNT_; q++) {
        const char *end = strstr(queries[q].name, "_claim");
        if (end != NULL && strcmp(end, "_claim") == 0) {
            const char *text = queries[q].text;
            bool skips = strstr(text, "FOR UPDATE SKIP LOCKED") != NULL;
            bool fences = strstr(text, "fencing_token = ") != NULL &&
                          strstr(text, ".fencing_token + 1") != NULL &&
                          strstr(text, "lease_until <= (SELECT fleet_now())") != NULL;
            CHECK_CASE(skips && fences, queries[q].name);
        }
    }
}

static void
test_every_job_is_raced(void)
{
    for (size_t i = 0; i < job_count; i++) {
        bool found = false;
        for (size_t j = 0; j < ARRAY_LENGTH(claims); j++) {
            found = found || strcmp(claims[j].job, jobs[i]->name) == 0;
        }
        CHECK_CASE(found, jobs[i]->name);
    }
}

/* The second claims while the first's transaction is still open. */
static void
claims_two_at_once(const struct claim *claim)
{
    struct rival *first = rival_open(config);
    struct rival *second = rival_open(config);

    test_db_exec(claim->make);
    rival_exec(second, "SET lock_timeout = '5s'");
    rival_exec(first, "BEGIN");
    struct db_rows a = claims_take(first, claim, "7");
    struct db_rows b = claims_take(second, claim, "1000");
    rival_exec(first, "COMMIT");
    CHECK_CASE(a.count == FIRST_ROWS, queries[claim->query].name);
    CHECK_CASE(b.count == ROWS - FIRST_ROWS, queries[claim->query].name);
    CHECK_CASE(!claims_share(claim, &a, &b), queries[claim->query].name);
    CHECK_I64(claims_count(claim, "fencing_token = 1 AND attempts = 1"), ROWS);
    CHECK_I64(claims_count(claim, "lease_until > fleet_now()"), ROWS);
    rival_close(first);
    rival_close(second);
}

static void
test_two_at_once(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        claims_two_at_once(&claims[i]);
    }
}

/* What is undone was never claimed. */
static void
test_rolled_back(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        struct rival *first = rival_open(config);
        struct rival *second = rival_open(config);
        test_db_exec(claims[i].make);
        rival_exec(first, "BEGIN");
        claims_take(first, &claims[i], "7");
        rival_exec(first, "ROLLBACK");
        CHECK_I64(claims_take(second, &claims[i], "1000").count, ROWS);
        CHECK_I64(claims_count(&claims[i], "fencing_token = 1"), ROWS);
        rival_close(first);
        rival_close(second);
    }
}

static void
test_locked_row(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        struct rival *owner = rival_open(config);
        struct rival *other = rival_open(config);
        test_db_exec(claims[i].make);
        rival_exec(other, "SET lock_timeout = '5s'");
        rival_exec(owner, "BEGIN");
        rival_exec(owner, claims[i].lock);
        CHECK_I64(claims_take(other, &claims[i], "1000").count, ROWS - 1);
        rival_exec(owner, "COMMIT");
        CHECK_I64(claims_take(other, &claims[i], "1000").count, 1);
        rival_close(owner);
        rival_close(other);
    }
}

static void
test_leases(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        struct rival *rival = rival_open(config);
        test_db_exec(claims[i].make);
        CHECK_I64(claims_take(rival, &claims[i], "1000").count, ROWS);
        CHECK_I64(claims_take(rival, &claims[i], "1000").count, 0);
        test_db_shift_clock(59000);
        CHECK_I64(claims_take(rival, &claims[i], "1000").count, 0);
        test_db_shift_clock(1001);
        CHECK_I64(claims_take(rival, &claims[i], "1000").count, ROWS);
        CHECK_I64(claims_count(&claims[i], "fencing_token = 2 AND attempts = 2"), ROWS);
        rival_close(rival);
    }
}

/* --- many threads, rows a few at a time --- */

struct claimer {
    const struct claim *claim;
    pthread_t thread;
    int64_t taken;
    int64_t errors;
};

static void *
claims_main(void *argument)
{
    struct claimer *claimer = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct db *db = db_new(config, "claimer");
    struct db_rows rows = { .count = 1 };

    for (int empty = 0; empty < 3 && claimer->errors < 3; empty += rows.count == 0 ? 1 : 0) {
        const char *const params[] = { lease_ms, "2", "11111111-1111-4111-8111-111111111111",
                                       claimer->claim->job };
        struct error error =
            db_run(db, arena, claimer->claim->query, &rows, params, claims_params(claimer->claim));
        claimer->errors += error_is(error) ? 1 : 0;
        claimer->taken += error_is(error) ? 0 : (int64_t)rows.count;
    }
    db_free(db);
    return NULL;
}

static void
claims_many(const struct claim *claim)
{
    struct claimer claimers[SESSIONS];
    int64_t taken = 0;
    int64_t errors = 0;

    test_db_exec(claim->make);
    for (int i = 0; i < SESSIONS; i++) {
        claimers[i] = (struct claimer){ .claim = claim };
        pthread_create(&claimers[i].thread, NULL, claims_main, &claimers[i]);
    }
    for (int i = 0; i < SESSIONS; i++) {
        pthread_join(claimers[i].thread, NULL);
        taken += claimers[i].taken;
        errors += claimers[i].errors;
    }
    CHECK_I64(taken, ROWS);
    CHECK_I64(errors, 0);
    CHECK_I64(claims_count(claim, "fencing_token = 1"), ROWS);
}

static void
test_many_at_once(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        claims_many(&claims[i]);
    }
}

/* --- the first holder, once another has claimed --- */

/* At this point of a cycle its lease runs out and another claims. */
static void
claims_steal(struct rival *rival)
{
    rival_exec(rival, "UPDATE fleet_clock SET shift = shift + ms(61000)");
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        claims_take(rival, &claims[i], "1000");
    }
}

static const char *
claims_print(void)
{
    return test_db_text0(
        "SELECT md5(string_agg(t, ' ' ORDER BY t)) FROM (SELECT i::text AS t FROM instances i "
        "UNION ALL"
        " SELECT s::text FROM job_shards s UNION ALL SELECT o::text FROM provider_operations o"
        " UNION ALL SELECT v::text FROM instance_volumes v UNION ALL SELECT p::text FROM"
        " probe_results p UNION ALL SELECT a::text FROM action_logs a UNION ALL"
        " SELECT z::text FROM zones z UNION ALL SELECT k::text FROM instance_types k) AS t");
}

static const char *claims_before;

static void
claims_steal_and_print(void *argument)
{
    claims_steal(argument);
    claims_before = claims_print();
}

/* The whole cycle of the first holder, robbed while it looks: neither its intents nor its apply do
 * anything. */
static void
claims_robbed(const struct claim *claim)
{
    struct bench *bench = bench_new(config);
    struct rival *rival = rival_open(config);
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE) +
                      memory_provider_calls(CALL_SECURITY_GROUP_RULES);

    test_db_exec("DELETE FROM job_shards");
    test_db_exec(claim->make);
    if (claim->query == Q_PROVISIONING_CLAIM) {
        test_db_exec("UPDATE zones SET security_group_ready_at = fleet_now()");
    }
    stage_once(STAGE_ANSWERED, NULL, claims_steal_and_print, rival);
    struct tally tally = bench_run(bench, job_find(claim->job));
    CHECK_CASE(tally.code == ERR_NONE, queries[claim->query].name);
    CHECK_CASE(stage_leftovers() == 0, queries[claim->query].name);
    CHECK_CASE(claims_count(claim, "fencing_token = 2") == ROWS, queries[claim->query].name);
    CHECK_CASE(tally.stale == ROWS, queries[claim->query].name);
    CHECK_CASE(tally.applied == 0, queries[claim->query].name);
    CHECK_STR(claims_print(), claims_before);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE) +
                  memory_provider_calls(CALL_SECURITY_GROUP_RULES),
              creates);
    rival_close(rival);
    bench_free(bench);
}

static void
test_robbed(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        if (!claims[i].repeats) {
            claims_robbed(&claims[i]);
        }
    }
}

int
main(void)
{
    config = stage_start();
    test_db_exec(some_rows);
    check_run("each job has a claim of its own, and every claim skips locked rows, checks the lease"
              " and raises the token",
              test_claim_files);
    check_run("every job is raced here", test_every_job_is_raced);
    check_run("two claims at once take disjoint rows, each row once, under a token one higher",
              test_two_at_once);
    check_run("a claim that is rolled back has claimed nothing", test_rolled_back);
    check_run("a row that another session has locked is skipped, not waited for", test_locked_row);
    check_run("a lease in force is not claimed; one that has run out is, under a higher token",
              test_leases);
    check_run("four sessions claiming a few rows at a time take each row once", test_many_at_once);
    check_run("whoever lost its claim while looking intends nothing and applies nothing",
              test_robbed);
    return check_end();
}
