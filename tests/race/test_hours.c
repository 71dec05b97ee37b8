/* test_hours.c: an hour in which the provider answers everything, or all of one sort, with one
 * class, with instances in every state present: no state changes because an answer is missing,
 * nothing is made twice, nothing that is wanted goes; afterwards everything goes on to where it
 * should. */
#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "stage.h"
#include "test_db.h"

enum { STEP_MS = 120000, STEPS = 31, PATIENCE = 60, SECOND_MS = 1000, MOVES_MAX = 4 };

static struct config *config;
static struct bench *bench;

/* --- the scene: how each state is reached --- */

enum subject {
    BOOTING,
    INSTALLING,
    STARTING,
    READY,
    UNAVAILABLE,
    WORKER_DEAD,
    DRAINING,
    STARTUP_FAILED,
    FAILED,
    ENDING,
    LEFTOVERS,
    TERMINATED,
    ARCHIVED,
    GAVE_UP,
    UNANSWERED,
    RECORDED,
    ASKED,
    SUBJECT_COUNT_
};

/* All by wishes, cycles and answers of the provider, but for the moves: no worker and no model
 * runs on a machine in memory, so they are written as the orchestrator would, past the database's
 * guards. */
static const struct {
    const char *name;
    enum instance_state state;
    const char *moves[MOVES_MAX]; /* from booting */
    enum instance_state through[MOVES_MAX];
} subjects[SUBJECT_COUNT_] = {
    [BOOTING] = { "booting", INSTANCE_BOOTING, { NULL }, { 0 } },
    [INSTALLING] = { "installing",
                     INSTANCE_INSTALLING,
                     { "ssh_reachable" },
                     { INSTANCE_INSTALLING } },
    [STARTING] = { "starting", INSTANCE_STARTING, { "agent_seen" }, { INSTANCE_STARTING } },
    [READY] = { "ready", INSTANCE_READY, { "model_served" }, { INSTANCE_READY } },
    [UNAVAILABLE] = { "unavailable",
                      INSTANCE_UNAVAILABLE,
                      { "model_served", "model_lost" },
                      { INSTANCE_READY, INSTANCE_UNAVAILABLE } },
    [WORKER_DEAD] = { "worker_dead",
                      INSTANCE_WORKER_DEAD,
                      { "model_served", "heartbeat_timeout" },
                      { INSTANCE_READY, INSTANCE_WORKER_DEAD } },
    [DRAINING] = { "draining", INSTANCE_DRAINING, { "model_served" }, { INSTANCE_READY } },
    [STARTUP_FAILED] = { "startup_failed",
                         INSTANCE_STARTUP_FAILED,
                         { "startup_gave_up" },
                         { INSTANCE_STARTUP_FAILED } },
    [FAILED] = { "failed",
                 INSTANCE_FAILED,
                 { "model_served", "heartbeat_timeout", "recovery_gave_up" },
                 { INSTANCE_READY, INSTANCE_WORKER_DEAD, INSTANCE_FAILED } },
    [ENDING] = { "terminating, its machine running", INSTANCE_TERMINATING, { NULL }, { 0 } },
    [LEFTOVERS] = { "terminating, its volume left", INSTANCE_TERMINATING, { NULL }, { 0 } },
    [TERMINATED] = { "terminated", INSTANCE_TERMINATED, { NULL }, { 0 } },
    [ARCHIVED] = { "archived", INSTANCE_ARCHIVED, { NULL }, { 0 } },
    [GAVE_UP] = { "provisioning_failed", INSTANCE_PROVISIONING_FAILED, { NULL }, { 0 } },
    [UNANSWERED] = { "provisioning, its create unanswered",
                     INSTANCE_PROVISIONING,
                     { NULL },
                     { 0 } },
    [RECORDED] = { "provisioning, its machine on record", INSTANCE_PROVISIONING, { NULL }, { 0 } },
    [ASKED] = { "provisioning, asked for", INSTANCE_PROVISIONING, { NULL }, { 0 } },
};

/* Two of each: the deadline of the first falls into the hour, that of the second does not. */
enum { SOON, LATE, OF_EACH };
static const char *ids[SUBJECT_COUNT_][OF_EACH];

static void
hours_cycle(int64_t step_ms)
{
    static const struct job *const all[] = { &job_provisioning, &job_health_check, &job_terminator,
                                             &job_watch_dog, &job_catalog_sync };

    test_db_shift_clock(step_ms);
    memory_provider_advance(step_ms);
    for (size_t i = 0; i < ARRAY_LENGTH(all); i++) {
        CHECK_CASE(bench_run(bench, all[i]).code == ERR_NONE, all[i]->name);
    }
}

static void
hours_make(enum subject subject)
{
    for (int i = 0; i < OF_EACH; i++) {
        ids[subject][i] = stage_instance();
    }
}

static void
hours_wish(enum subject subject, const char *wish)
{
    for (int i = 0; i < OF_EACH; i++) {
        stage_wish(ids[subject][i], wish);
    }
}

/* Cycles until that holds for both of the subject. */
static void
hours_until(enum subject subject, const char *expression)
{
    bool both = false;

    for (int n = 0; n < PATIENCE && !both; n++) {
        hours_cycle(SECOND_MS);
        both = stage_number(ids[subject][SOON], expression) == 1 &&
               stage_number(ids[subject][LATE], expression) == 1;
    }
    CHECK_CASE(both, subjects[subject].name);
}

static void
hours_move(enum subject subject)
{
    for (int i = 0; i < OF_EACH; i++) {
        for (int n = 0; n < MOVES_MAX && subjects[subject].moves[n] != NULL; n++) {
            test_db_move(ids[subject][i], subjects[subject].moves[n], subjects[subject].through[n]);
        }
    }
}

static void
hours_make_those_that_ran(void)
{
    for (int subject = BOOTING; subject <= ARCHIVED; subject++) {
        hours_make((enum subject)subject);
    }
    for (int subject = BOOTING; subject <= ARCHIVED; subject++) {
        hours_until((enum subject)subject, "(status = 'booting')::int");
    }
    for (int subject = BOOTING; subject <= ARCHIVED; subject++) {
        hours_move((enum subject)subject);
    }
    hours_wish(TERMINATED, "terminate");
    hours_wish(ARCHIVED, "terminate");
    hours_until(TERMINATED, "(status = 'terminated')::int");
    hours_until(ARCHIVED, "(status = 'terminated')::int");
    hours_wish(ARCHIVED, "archive");
    hours_until(ARCHIVED, "(status = 'archived')::int");
    memory_provider_fail(CALL_VOLUME_DELETE, ANSWER_TRANSIENT, INT_MAX);
    hours_wish(LEFTOVERS, "terminate");
    hours_until(LEFTOVERS, "machine_gone::int");
}

static void
hours_make_those_that_never_ran(void)
{
    memory_provider_fail(CALL_SERVER_CREATE, ANSWER_INVALID, OF_EACH);
    hours_make(GAVE_UP);
    hours_until(GAVE_UP, "(status = 'provisioning_failed' AND deadline_at IS NULL)::int");
    memory_provider_lose_reply(CALL_SERVER_CREATE, OF_EACH);
    hours_make(UNANSWERED);
    bench_run(bench, &job_provisioning);
    hours_make(RECORDED);
    hours_wish(ENDING, "terminate");
    hours_wish(DRAINING, "drain");
    bench_run(bench, &job_terminator);
    for (int i = 0; i < 2; i++) { /* its create, its record; what follows is left to do */
        test_db_shift_clock(1);
        test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id IN ($1, $2)",
                     TEST_PARAMS(ids[RECORDED][SOON], ids[RECORDED][LATE]));
        bench_run(bench, &job_provisioning);
    }
    hours_make(ASKED);
}

/* The first of each has ten minutes left, the second three hours; nobody drains that long. */
static void
hours_set_deadlines(void)
{
    for (int subject = 0; subject < SUBJECT_COUNT_; subject++) {
        for (int i = 0; i < OF_EACH; i++) {
            bool soon = i == SOON || subject == DRAINING;
            CHECK_CASE(stage_is(ids[subject][i], subjects[subject].state), subjects[subject].name);
            test_db_text("UPDATE instances SET deadline_at = fleet_now() + $2::interval,"
                         " next_run_at = least(next_run_at, fleet_now() + $2::interval)"
                         " WHERE id = $1 AND deadline_at IS NOT NULL",
                         TEST_PARAMS(ids[subject][i], soon ? "10 minutes" : "3 hours"));
        }
    }
}

/* --- the hours --- */

/* Which calls get the class. */
enum reach {
    NOTHING,
    READS = 1,
    ACTS = 2,
    EVERYTHING = READS | ACTS,
    LISTS = 4,
    STARTS = 8,     /* creates and power-ons */
    LOST_ACTS = 16, /* they are done, and their replies lost */
    /* They are answered and show no machine but those that they showed before: the protocol rests
     * on a new machine's being listed in time, so the unanswered create is looked for once more. */
    EMPTY_LISTS = 32
};

/* What changes in every hour: a drain ends at its own deadline, or when our own probe finds
 * nobody; people have had their time to look at what failed. Neither rests on the provider. */
#define OWN                                                                                        \
    "draining:drain_timeout draining:drain_worker_lost "                                           \
    "startup_failed:retention_over "                                                               \
    "failed:retention_over "
/* A deadline fires on a look that was answered in full, later than it. */
#define DEADLINES                                                                                  \
    "booting:startup_gave_up installing:startup_gave_up starting:startup_gave_up "                 \
    "unavailable:unavailable_too_long worker_dead:recovery_gave_up "                               \
    "provisioning:provision_gave_up provisioning_failed:retention_over "
/* Before its deadline: its acts were refused, or shown not to have been done, too often. */
#define REFUSED "provisioning:provision_gave_up:refused "
/* What was asked for comes about, and is seen. */
#define STARTS_UP "provisioning:server_started "
#define ENDS "terminating:server_gone "

static const struct hour {
    const char *name;
    enum answer_class class;
    unsigned reach;
    const char *allowed; /* "FROM:RULE ", each */
} hours[] = {
    { "control: everything is answered", ANSWER_OK, NOTHING, OWN DEADLINES STARTS_UP ENDS },
    { "transient: no call comes through", ANSWER_TRANSIENT, EVERYTHING, OWN },
    { "transient: no read comes through", ANSWER_TRANSIENT, READS, OWN },
    { "transient: no list comes through", ANSWER_TRANSIENT, LISTS, OWN DEADLINES STARTS_UP },
    { "transient: no act comes through", ANSWER_TRANSIENT, ACTS, OWN DEADLINES REFUSED },
    { "unknown: acts are not done, and nothing tells", ANSWER_UNKNOWN, ACTS,
      OWN DEADLINES REFUSED ENDS },
    { "unknown: acts are done, and nothing tells", ANSWER_UNKNOWN, LOST_ACTS,
      OWN DEADLINES REFUSED STARTS_UP ENDS },
    { "not found: everything", ANSWER_NOT_FOUND, EVERYTHING, OWN DEADLINES },
    { "not found: the lists", ANSWER_NOT_FOUND, LISTS, OWN DEADLINES STARTS_UP },
    { "out of stock", ANSWER_OUT_OF_STOCK, STARTS, OWN DEADLINES REFUSED ENDS },
    { "quota: whatever takes", ANSWER_QUOTA, STARTS, OWN DEADLINES ENDS },
    { "denied: everything", ANSWER_DENIED, EVERYTHING, OWN },
    { "denied: acts", ANSWER_DENIED, ACTS, OWN DEADLINES },
    { "invalid: reads", ANSWER_INVALID, READS, OWN },
    { "invalid: acts", ANSWER_INVALID, ACTS, OWN DEADLINES REFUSED },
    { "lists that show nothing", ANSWER_OK, EMPTY_LISTS, OWN DEADLINES STARTS_UP ENDS },
};

static bool
hours_reaches(unsigned reach, enum call_kind kind)
{
    bool list = kind == CALL_SERVER_LIST || kind == CALL_VOLUME_LIST || kind == CALL_ADDRESS_LIST ||
                kind == CALL_SECURITY_GROUP_LIST;
    bool start = kind == CALL_SERVER_CREATE || kind == CALL_SERVER_POWERON;

    return ((reach & READS) != 0 && !call_is_mutating(kind)) ||
           ((reach & ACTS) != 0 && call_is_mutating(kind)) || ((reach & LISTS) != 0 && list) ||
           ((reach & STARTS) != 0 && start);
}

static void
hours_set_faults(const struct hour *hour)
{
    for (int kind = 0; kind < CALL_KIND_COUNT_; kind++) {
        if (hours_reaches(hour->reach, (enum call_kind)kind)) {
            memory_provider_fail((enum call_kind)kind, hour->class, INT_MAX);
        }
        if ((hour->reach & LOST_ACTS) != 0 && call_is_mutating((enum call_kind)kind)) {
            memory_provider_lose_reply((enum call_kind)kind, INT_MAX);
        }
    }
    if ((hour->reach & EMPTY_LISTS) != 0) {
        memory_provider_set_list_lag(INT_MAX);
    }
}

/* Workers of what serves go on beating, and are busy. */
static void
hours_beat(void)
{
    test_db_exec("UPDATE worker_heartbeats h SET last_heartbeat = fleet_now(), "
                 "requests_running = 1"
                 "  FROM instances i WHERE i.id = h.instance_id"
                 "   AND i.status IN ('ready', 'draining')");
}

static void
hours_pass(const struct hour *hour, int steps)
{
    for (int i = 0; i < steps; i++) {
        hours_beat();
        hours_cycle(STEP_MS);
        CHECK_CASE(memory_provider_tagged_twice(INSTANCE_TAG) == 0, hour->name);
    }
}

static void
hours_check_changes(const struct hour *hour, int64_t since)
{
    const char *others = test_db_text(
        "SELECT string_agg(DISTINCT change, ' ') FROM ("
        "  SELECT instance_status_before || ':' || rule ||"
        "         CASE WHEN rule = 'provision_gave_up' AND error_code <> 'PROVISION_TIMEOUT'"
        "              THEN ':refused' ELSE '' END AS change"
        "    FROM action_logs WHERE seq > $2::bigint AND rule IS NOT NULL) changes"
        " WHERE strpos($1, change || ' ') = 0",
        TEST_PARAMS(hour->allowed, arena_printf(test_db_arena(), "%jd", (intmax_t)since)));

    CHECK_STR(others, "");
}

/* The machines of those that are wanted are there and on record; their states are as they were. */
static void
hours_check_wanted(const struct hour *hour)
{
    for (int subject = BOOTING; subject <= WORKER_DEAD; subject++) {
        const char *id = ids[subject][LATE];
        const char *ref = test_db_text("SELECT provider_instance_id FROM instances WHERE id = $1"
                                       " AND NOT machine_gone",
                                       TEST_PARAMS(id));
        CHECK_CASE(memory_provider_has(ref), hour->name);
        CHECK_CASE(stage_is(id, subjects[subject].state), hour->name);
    }
}

/* What was asked for runs, unless that was given up; what is to end has ended; nobody is past a
 * deadline; nothing is open. */
static void
hours_check_recovery(const struct hour *hour)
{
    bool refused = strstr(hour->allowed, REFUSED) != NULL;

    for (int subject = UNANSWERED; subject <= ASKED; subject++) {
        CHECK_CASE(stage_is(ids[subject][LATE], INSTANCE_BOOTING) ||
                       (refused &&
                        stage_number(ids[subject][LATE], "(status <> 'provisioning')::int") == 1),
                   hour->name);
    }
    CHECK_STR(test_db_text0("SELECT string_agg(DISTINCT status, ' ') FROM instances"
                            " WHERE status IN ('draining', 'terminating', 'provisioning')"
                            "    OR deadline_at < fleet_now()"),
              "");
    CHECK_I64(test_db_i640("SELECT count(*) FROM provider_operations WHERE outcome IS NULL"), 0);
}

static int64_t
hours_alive(void)
{
    return test_db_i640("SELECT count(*) FROM instances"
                        " WHERE status NOT IN ('terminated', 'archived')");
}

static void
hours_end_all(void)
{
    for (int subject = 0; subject < SUBJECT_COUNT_; subject++) {
        for (int i = 0; i < OF_EACH; i++) {
            if (stage_number(ids[subject][i], "(status NOT IN ('terminated', 'archived'))::int") ==
                1) {
                stage_wish(ids[subject][i], "terminate");
            }
        }
    }
    for (int i = 0; i < PATIENCE && hours_alive() > 0; i++) {
        hours_cycle(SECOND_MS);
    }
    CHECK_I64(hours_alive(), 0);
    CHECK_I64(memory_provider_servers(), 0);
    CHECK_I64(memory_provider_volumes(), 0);
    CHECK_I64(memory_provider_addresses(), 0);
}

static const struct hour *present;

static void
test_hour(void)
{
    hours_make_those_that_ran();
    hours_make_those_that_never_ran();
    hours_set_deadlines();
    memory_provider_clear_faults();
    if ((present->reach & EMPTY_LISTS) != 0) {
        hours_cycle(SECOND_MS);
    }
    int64_t since = test_db_i640("SELECT coalesce(max(seq), 0) FROM action_logs");
    hours_set_faults(present);
    hours_pass(present, STEPS);
    hours_check_changes(present, since);
    hours_check_wanted(present);
    memory_provider_clear_faults();
    memory_provider_set_list_lag(0);
    hours_pass(present, STEPS / 2);
    hours_check_recovery(present);
    hours_check_wanted(present);
    hours_end_all();
}

int
main(void)
{
    config = stage_start();
    bench = bench_new(config);
    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT job, provider_id, id FROM zones,"
                 " unnest(ARRAY['job-provisioning', 'job-watch-dog', "
                 "'job-catalog-sync']) AS job");
    for (size_t i = 0; i < ARRAY_LENGTH(hours); i++) {
        present = &hours[i];
        check_run(present->name, test_hour);
    }
    bench_free(bench);
    return check_end();
}
