/* test_fencing.c: what a holder may still do once its lease has run out and another has claimed: it
 * tells what its calls came to, and nothing else. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "rival.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

static struct config *config;
static struct bench *first;
static struct bench *second;

enum { LEASE_MS = 60000 };

static int64_t
fencing_operations(const char *id, const char *condition)
{
    return test_db_i64(arena_printf(test_db_arena(),
                                    "SELECT count(*) FROM provider_operations"
                                    " WHERE instance_id = $1 AND %s",
                                    condition),
                       TEST_PARAMS(id));
}

static int64_t
fencing_journal(const char *id, const char *error_code)
{
    return test_db_i64("SELECT count(*) FROM action_logs WHERE instance_id = $1"
                       " AND error_code = $2",
                       TEST_PARAMS(id, error_code));
}

/* Ends it for good, so that the next test finds nothing due but its own. */
static void
fencing_finish(const char *id)
{
    stage_wish(id, "terminate");
    CHECK(bench_drive(first, id, INSTANCE_TERMINATED));
    CHECK_I64(memory_provider_servers(), 0);
    CHECK_I64(memory_provider_volumes(), 0);
    CHECK_I64(memory_provider_addresses(), 0);
    CHECK_I64(fencing_operations(id, "outcome IS NULL"), 0);
    memory_provider_set_list_lag(0);
}

static void
fencing_end_lease(void *argument)
{
    (void)argument;
    test_db_shift_clock(LEASE_MS + 1);
}

/* The lease runs out, and the other orchestrator has a whole cycle meanwhile. */
static void
fencing_overtake(void *argument)
{
    struct tally *tally = argument;

    test_db_shift_clock(LEASE_MS + 1);
    *tally = bench_run(second, &job_provisioning);
}

/* --- stale --- */

static void
test_stale_intent(void)
{
    const char *id = stage_instance();
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    struct tally other = { 0 };

    stage_once(STAGE_ANSWERED, "server_list", fencing_overtake, &other);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(tally.stale, 1);
    CHECK_I64(tally.applied, 0);
    CHECK_I64(other.applied, 1);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates + 1);
    CHECK_I64(fencing_operations(id, "token = 2 AND outcome = 'ok'"), 1);
    CHECK_I64(fencing_operations(id, "true"), 1);
    CHECK_I64(stage_number(id, "fencing_token"), 2);
    fencing_finish(id);
}

/* The lease has run out and nobody else has claimed: still no intent, but the look was no lie. */
static void
test_late_intent(void)
{
    const char *id = stage_instance();

    stage_once(STAGE_ANSWERED, "server_list", fencing_end_lease, NULL);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(tally.applied, 1);
    CHECK_I64(fencing_operations(id, "true"), 0);
    CHECK_I64(memory_provider_servers(), 0);
    fencing_finish(id);
}

static void
test_renewal_of_a_lost_lease(void)
{
    const char *id = stage_instance();
    struct rival *rival = rival_open(config);

    rival_run(rival, Q_PROVISIONING_CLAIM, TEST_PARAMS("60000", "10", bench_id(first)));
    const char *own =
        arena_printf(test_db_arena(), "[{\"instance_id\": \"%s\", \"token\": 1}]", id);
    CHECK_I64(rival_run(rival, Q_LEASE_RENEW, TEST_PARAMS(own, "90000")).count, 1);
    CHECK(stage_number(id, "to_ms(lease_until) - to_ms(fleet_now())") > LEASE_MS);
    CHECK_I64(stage_number(id, "fencing_token"), 1);
    test_db_shift_clock(90001);
    CHECK_I64(rival_run(rival, Q_LEASE_RENEW, TEST_PARAMS(own, "60000")).count, 0);
    rival_run(rival, Q_PROVISIONING_CLAIM, TEST_PARAMS("60000", "10", bench_id(second)));
    CHECK_I64(rival_run(rival, Q_LEASE_RENEW, TEST_PARAMS(own, "60000")).count, 0);
    test_db_shift_clock(LEASE_MS + 1);
    rival_close(rival);
    fencing_finish(id);
}

static void
fencing_age_and_overtake(void *argument)
{
    bench_age_lease(first, LEASE_MS / 2);
    fencing_overtake(argument);
}

static void
test_look_that_outlasts_its_lease(void)
{
    const char *id = stage_instance();
    struct tally other = { 0 };

    stage_once(STAGE_ANSWERED, "server_list", fencing_age_and_overtake, &other);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(tally.code, ERR_NONE);
    CHECK_I64(tally.stale, 1);
    CHECK_I64(tally.applied, 0);
    CHECK_I64(other.applied, 1);
    fencing_finish(id);
}

static void
fencing_age(void *argument)
{
    (void)argument;
    bench_age_lease(first, LEASE_MS / 2);
    test_db_shift_clock(LEASE_MS / 2);
}

static void
test_look_that_takes_long(void)
{
    const char *id = stage_instance();

    stage_once(STAGE_ANSWERED, "server_list", fencing_age, NULL);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(tally.applied, 1);
    CHECK_I64(fencing_operations(id, "outcome = 'ok'"), 1);
    /* send_by tells that the lease was taken anew: not what was left of the first. */
    CHECK_I64(fencing_operations(id, "send_by > started_at + ms(70000)"), 1);
    CHECK_I64(stage_number(id, "fencing_token"), 1);
    fencing_finish(id);
}

/* --- late outcomes --- */

/* The other finds the operation open and waits: the call may still be under way. */
static void
test_late_outcome(void)
{
    const char *id = stage_instance();
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    struct tally other = { 0 };

    memory_provider_set_list_lag(1000000);
    stage_once(KILL_POINT_REPLIED, "server_create", fencing_overtake, &other);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(other.applied, 1);
    CHECK_I64(tally.stale, 1);
    CHECK_I64(tally.applied, 0);
    CHECK_I64(fencing_operations(id, "outcome = 'ok' AND token = 1 AND provider_ref <> ''"), 1);
    CHECK_I64(test_db_i64("SELECT count(*) FROM instance_volumes WHERE instance_id = $1",
                          TEST_PARAMS(id)),
              1);
    CHECK(stage_is_due(id));
    CHECK(bench_drive(second, id, INSTANCE_BOOTING));
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates + 1);
    CHECK_I64(fencing_operations(id, "outcome IS NULL"), 0);
    memory_provider_set_list_lag(0);
    fencing_finish(id);
}

/* The other finds the machine by its tag: adopted, and the late outcome changes nothing. */
static void
test_adopted_before_the_outcome(void)
{
    const char *id = stage_instance();
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    struct tally other = { 0 };

    stage_once(KILL_POINT_REPLIED, "server_create", fencing_overtake, &other);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(other.applied, 1);
    CHECK_I64(tally.stale, 1);
    CHECK_I64(fencing_operations(id, "outcome = 'adopted'"), 1);
    CHECK_I64(test_db_i64("SELECT count(*) FROM instances i JOIN provider_operations o"
                          " ON o.instance_id = i.id AND o.provider_ref = i.provider_instance_id"
                          " WHERE i.id = $1",
                          TEST_PARAMS(id)),
              1);
    CHECK(bench_drive(second, id, INSTANCE_BOOTING));
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates + 1);
    fencing_finish(id);
}

/* Looked for in vain and closed, against all promises of the provider: the answer is on record all
 * the same, and what it made is neither lost nor made twice. */
static void
fencing_close_in_vain(void *argument)
{
    (void)argument;
    memory_provider_set_list_lag(1000000);
    test_db_shift_clock(LEASE_MS + 1);
    bench_run(second, &job_provisioning);
    test_db_shift_clock(300000);
    bench_run(second, &job_provisioning);
}

static void
test_closed_before_the_outcome(void)
{
    const char *id = stage_instance();
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    stage_once(KILL_POINT_REPLIED, "server_create", fencing_close_in_vain, NULL);
    bench_run(first, &job_provisioning);
    CHECK_I64(fencing_operations(id, "outcome = 'not_done' AND provider_ref <> ''"), 1);
    CHECK(bench_drive(second, id, INSTANCE_BOOTING));
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates + 1);
    CHECK_I64(memory_provider_servers(), 1);
    memory_provider_set_list_lag(0);
    fencing_finish(id);
}

/* --- many rows at once --- */

static void
fencing_lock_lowest(void *argument)
{
    rival_exec(argument, "BEGIN");
    rival_exec(argument, "SELECT FROM instances WHERE status = 'provisioning'"
                         " ORDER BY id LIMIT 1 FOR UPDATE");
}

/* Who waits for the lowest row holds none of the others: no two can wait for each other. */
static void
fencing_check_order(int point, const char *name)
{
    const char *ids[8];
    struct rival *rival = rival_open(config);

    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        ids[i] = stage_instance();
    }
    stage_once(point, NULL, fencing_lock_lowest, rival);
    bench_begin(first, &job_provisioning);
    CHECK_CASE(rival_makes_wait(), name);
    rival_exec(rival, "SELECT FROM instances WHERE status = 'provisioning' ORDER BY id FOR UPDATE");
    rival_exec(rival, "COMMIT");
    struct tally tally = bench_end(first);
    CHECK_CASE(tally.code == ERR_NONE && tally.applied == ARRAY_LENGTH(ids), name);
    rival_close(rival);
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        stage_wish(ids[i], "terminate");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        CHECK_CASE(bench_drive(first, ids[i], INSTANCE_TERMINATED), name);
    }
}

static void
test_order_of_locks(void)
{
    fencing_check_order(STAGE_ANSWERED, "intents");
    fencing_check_order(KILL_POINT_REPLIED, "outcomes");
    fencing_check_order(KILL_POINT_RECORDED, "applies");
}

/* --- a lease that has run too far --- */

static void
fencing_age_much(void *argument)
{
    (void)argument;
    bench_age_lease(first, LEASE_MS - 20000);
}

static void
test_lease_lost(void)
{
    const char *id = stage_instance();
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    stage_once(KILL_POINT_INTENDED, "server_create", fencing_age_much, NULL);
    struct tally tally = bench_run(first, &job_provisioning);
    CHECK_I64(tally.applied, 1);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates);
    CHECK_I64(fencing_operations(id, "outcome = 'not_sent' AND ended_at IS NOT NULL"), 1);
    CHECK_I64(fencing_journal(id, "LEASE_LOST"), 1);
    CHECK(stage_is(id, INSTANCE_PROVISIONING));
    CHECK(bench_drive(first, id, INSTANCE_BOOTING));
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates + 1);
    fencing_finish(id);
}

/* Less than that, and the call has room. */
static void
fencing_age_less(void *argument)
{
    (void)argument;
    bench_age_lease(first, LEASE_MS - 20000 - 10000);
}

static void
test_lease_still_covers(void)
{
    const char *id = stage_instance();

    stage_once(KILL_POINT_INTENDED, "server_create", fencing_age_less, NULL);
    bench_run(first, &job_provisioning);
    CHECK_I64(fencing_operations(id, "outcome = 'ok'"), 1);
    CHECK_I64(fencing_journal(id, "LEASE_LOST"), 0);
    fencing_finish(id);
}

static void
test_lease_lost_on_a_zone(void)
{
    const char *id = stage_instance();
    int64_t rules = memory_provider_calls(CALL_SECURITY_GROUP_RULES);

    test_db_exec("UPDATE zones SET security_group_ready_at = NULL");
    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-provisioning', provider_id, id FROM zones");
    stage_once(KILL_POINT_INTENDED, "security_group_rules", fencing_age_much, NULL);
    bench_run(first, &job_provisioning);
    CHECK_I64(stage_leftovers(), 0);
    CHECK_I64(memory_provider_calls(CALL_SECURITY_GROUP_RULES), rules);
    CHECK_I64(test_db_i640("SELECT count(*) FROM provider_operations WHERE outcome = 'not_sent'"
                           " AND kind = 'security_group_rules'"),
              1);
    CHECK_I64(test_db_i640("SELECT count(*) FROM action_logs WHERE error_code = 'LEASE_LOST'"
                           " AND instance_id IS NULL"),
              1);
    CHECK(bench_drive(first, id, INSTANCE_BOOTING));
    CHECK_I64(memory_provider_calls(CALL_SECURITY_GROUP_RULES), rules + 1);
    fencing_finish(id);
}

/* --- deaths --- */

static void
fencing_die(void *argument)
{
    (void)argument;
    kill(getpid(), SIGKILL);
}

/* A process of its own, so that it can really die; true when it did. */
static bool
fencing_run_and_die(enum kill_point point, const char *kind)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        stage_once((int)point, kind, fencing_die, NULL);
        bench_run(bench_new(config), &job_provisioning);
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static void
test_attempts(void)
{
    const char *id = stage_instance();

    for (int dead = 1; dead <= 3; dead++) {
        CHECK(fencing_run_and_die(KILL_POINT_CLAIMED, NULL));
        CHECK_I64(stage_number(id, "attempts"), dead);
        CHECK_I64(stage_number(id, "fencing_token"), dead);
        CHECK_I64(bench_run(first, &job_provisioning).claimed, 0);
        test_db_shift_clock(LEASE_MS + 1);
    }
    CHECK_I64(bench_run(first, &job_provisioning).applied, 1);
    CHECK_I64(stage_number(id, "fencing_token"), 4);
    CHECK_I64(stage_number(id, "attempts"), 0);
    fencing_finish(id);
}

static int64_t
fencing_open_on_zones(void)
{
    return test_db_i640("SELECT count(*) FROM provider_operations"
                        " WHERE shard_job IS NOT NULL AND outcome IS NULL");
}

/* Who died was alone with the zone, and what was provisioned there has ended since. */
static void
test_open_call_on_an_empty_zone(void)
{
    const char *id = stage_instance();

    test_db_exec("UPDATE zones SET security_group_ready_at = NULL");
    CHECK(fencing_run_and_die(KILL_POINT_INTENDED, "security_group_rules"));
    CHECK_I64(fencing_open_on_zones(), 1);
    fencing_finish(id);
    test_db_shift_clock(10 * LEASE_MS);
    bench_run(first, &job_provisioning);
    CHECK_I64(fencing_open_on_zones(), 0);
    CHECK_I64(bench_run(first, &job_provisioning).claimed, 0);
    test_db_exec("UPDATE zones SET security_group_ready_at = fleet_now()");
}

static void
test_attempts_of_failures(void)
{
    const char *id = stage_instance();

    memory_provider_fail(CALL_SERVER_LIST, ANSWER_TRANSIENT, 3);
    for (int failed = 1; failed <= 3; failed++) {
        test_db_shift_clock(30000);
        CHECK_I64(bench_run(first, &job_provisioning).applied, 1);
        CHECK_I64(stage_number(id, "attempts"), failed);
    }
    test_db_shift_clock(30000);
    CHECK_I64(bench_run(first, &job_provisioning).applied, 1);
    CHECK_I64(stage_number(id, "attempts"), 0);
    fencing_finish(id);
}

int
main(void)
{
    config = stage_start();
    first = bench_new(config);
    second = bench_new(config);
    check_run("a process that dies after its claim has counted the attempt, and its lease keeps the"
              " row until it runs out",
              test_attempts);
    check_run("a cycle that succeeds forgets the attempts, one that fails keeps them",
              test_attempts_of_failures);
    check_run("an intent with a stale token is refused, and the apply counted as stale",
              test_stale_intent);
    check_run("an intent under a lease that has run out is refused", test_late_intent);
    check_run("only a lease that is still ours is renewed, under the same token",
              test_renewal_of_a_lost_lease);
    check_run("a look that outlasts its lease leaves the row to its new holder",
              test_look_that_outlasts_its_lease);
    check_run("a look that takes long takes the lease anew before it acts",
              test_look_that_takes_long);
    check_run("an outcome that comes after the lease was lost is on record, and nothing is created"
              " twice",
              test_late_outcome);
    check_run("an outcome that comes after the machine was adopted changes nothing",
              test_adopted_before_the_outcome);
    check_run("an outcome that comes after its operation was closed still names its machine",
              test_closed_before_the_outcome);
    check_run("intents, outcomes and applies of many rows lock them in one order",
              test_order_of_locks);
    check_run("a lease that has run too far for a call: not sent, on record as LEASE_LOST, done by"
              " the next cycle",
              test_lease_lost);
    check_run("a lease with room for the call is used", test_lease_still_covers);
    check_run("the same for a zone's call", test_lease_lost_on_a_zone);
    check_run("a zone's call without outcome is cleared up though nothing is provisioned there",
              test_open_call_on_an_empty_zone);
    bench_free(first);
    bench_free(second);
    return check_end();
}
