/* test_wishes.c: a wish written while a cycle is under way is never lost, wherever it falls. */
#include <stdio.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "rival.h"
#include "stage.h"
#include "test_db.h"

static struct config *config;
static struct bench *bench;

/* Where a cycle of an instance in provisioning, which is about to create its machine, is met. */
static const struct meeting {
    const char *name;
    int point;
    const char *kind;
    bool sends; /* the create is sent all the same */
} meetings[] = {
    { "after the claim", KILL_POINT_CLAIMED, NULL, false },
    { "before the looks", STAGE_ASKED, "server_list", false },
    { "after the looks", STAGE_ANSWERED, "server_list", false },
    { "after the intent", KILL_POINT_INTENDED, "server_create", true },
    { "before the outcome", KILL_POINT_REPLIED, "server_create", true },
    { "after the outcome", KILL_POINT_RECORDED, "server_create", true },
};

struct wisher {
    struct rival *rival;
    const char *id;
    const char *wish;
};

static void
wishes_terminate(void *argument)
{
    const struct wisher *wisher = argument;

    rival_run(wisher->rival, Q_API_WISH, TEST_PARAMS(wisher->id, wisher->wish, NULL, "wisher"));
}

/* Its row stays locked: the wish is there, but not yet committed. */
static void
wishes_terminate_slowly(void *argument)
{
    const struct wisher *wisher = argument;

    rival_exec(wisher->rival, "BEGIN");
    wishes_terminate(argument);
}

static void
wishes_check_end(const struct meeting *meeting, const char *id)
{
    CHECK_CASE(stage_is_due(id), meeting->name);
    CHECK_I64(stage_number(id, "attempts"), 0);
    bench_run(bench, &job_terminator);
    CHECK_CASE(!stage_is(id, INSTANCE_PROVISIONING), meeting->name);
    CHECK_CASE(bench_drive(bench, id, INSTANCE_TERMINATED), meeting->name);
    CHECK_I64(memory_provider_servers(), 0);
    CHECK_I64(memory_provider_volumes(), 0);
}

static void
wishes_meet(const struct meeting *meeting)
{
    struct wisher wisher = { rival_open(config), stage_instance(), "terminate" };
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    stage_once(meeting->point, meeting->kind, wishes_terminate, &wisher);
    struct tally tally = bench_run(bench, &job_provisioning);
    CHECK_CASE(stage_leftovers() == 0, meeting->name);
    CHECK_CASE(tally.applied == 1 && tally.code == ERR_NONE, meeting->name);
    CHECK_CASE(memory_provider_calls(CALL_SERVER_CREATE) == creates + (meeting->sends ? 1 : 0),
               meeting->name);
    wishes_check_end(meeting, wisher.id);
    rival_close(wisher.rival);
}

static void
test_met(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(meetings); i++) {
        wishes_meet(&meetings[i]);
    }
}

/* The wish has begun and holds the row; the cycle goes on until it waits for it. */
static void
wishes_cross(const struct meeting *meeting)
{
    struct wisher wisher = { rival_open(config), stage_instance(), "terminate" };
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    stage_once(meeting->point, meeting->kind, wishes_terminate_slowly, &wisher);
    bench_begin(bench, &job_provisioning);
    CHECK_CASE(rival_makes_wait(), meeting->name);
    CHECK_CASE(stage_leftovers() == 0, meeting->name);
    rival_exec(wisher.rival, "COMMIT");
    struct tally tally = bench_end(bench);
    CHECK_CASE(tally.applied == 1 && tally.code == ERR_NONE, meeting->name);
    CHECK_CASE(memory_provider_calls(CALL_SERVER_CREATE) == creates + (meeting->sends ? 1 : 0),
               meeting->name);
    wishes_check_end(meeting, wisher.id);
    rival_close(wisher.rival);
}

static void
test_crossed(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(meetings); i++) {
        wishes_cross(&meetings[i]);
    }
}

/* The other order: the apply holds the row, and the wish waits for it. */
static void
test_apply_first(void)
{
    struct rival *barrier = rival_open(config);
    struct wisher wisher = { rival_open(config), stage_instance(), "terminate" };

    for (int i = 0; i < 3; i++) { /* past the create, to a step that writes no operation */
        test_db_shift_clock(1000);
        bench_run(bench, &job_provisioning);
    }
    test_db_shift_clock(1000);
    rival_exec(barrier, "BEGIN");
    rival_exec(barrier, "LOCK TABLE probe_results IN EXCLUSIVE MODE"); /* read, not written */
    bench_begin(bench, &job_provisioning);
    CHECK(rival_makes_wait());
    rival_send(wisher.rival, Q_API_WISH, TEST_PARAMS(wisher.id, wisher.wish, NULL, "wisher"));
    rival_exec(barrier, "COMMIT");
    struct tally tally = bench_end(bench);
    rival_join(wisher.rival);
    CHECK_I64(tally.applied, 1);
    CHECK(stage_is_due(wisher.id));
    bench_run(bench, &job_terminator);
    CHECK(stage_is(wisher.id, INSTANCE_TERMINATING));
    CHECK(bench_drive(bench, wisher.id, INSTANCE_TERMINATED));
    CHECK_I64(memory_provider_servers(), 0);
    rival_close(barrier);
    rival_close(wisher.rival);
}

/* --- ready, which looks at nothing outside: met between its facts and its apply --- */

static const char *
wishes_ready_instance(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    test_db_move(id, "model_served", INSTANCE_READY);
    test_db_text("UPDATE instances SET next_run_at = NULL WHERE id = $1", TEST_PARAMS(id));
    return id;
}

/* The cycle of a job stops once it knows the facts; then the wish is written. */
static void
wishes_after_facts(const struct job *job, const char *id, const char *wish)
{
    struct rival *barrier = rival_open(config);

    rival_exec(barrier, "BEGIN");
    rival_exec(barrier, "LOCK TABLE probe_results");
    bench_begin(bench, job);
    CHECK_CASE(rival_makes_wait(), wish);
    stage_wish(id, wish);
    rival_exec(barrier, "COMMIT");
    CHECK_I64(bench_end(bench).applied, 1);
    CHECK_CASE(stage_is_due(id), wish);
    rival_close(barrier);
}

static void
test_drain_then_terminate(void)
{
    const char *id = wishes_ready_instance();

    stage_wish(id, "drain");
    wishes_after_facts(&job_health_check, id, "terminate");
    CHECK(stage_is(id, INSTANCE_DRAINING));
    bench_run(bench, &job_terminator);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    CHECK_I64(stage_number(id, "wish_version"), 2);
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
}

static void
test_drain_while_idle(void)
{
    const char *id = wishes_ready_instance();

    test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id = $1", TEST_PARAMS(id));
    wishes_after_facts(&job_health_check, id, "drain");
    CHECK(stage_is(id, INSTANCE_READY));
    bench_run(bench, &job_health_check);
    CHECK(stage_is(id, INSTANCE_DRAINING));
    wishes_after_facts(&job_terminator, id, "terminate");
    CHECK(stage_is(id, INSTANCE_DRAINING));
    bench_run(bench, &job_terminator);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
}

/* The apply of an idle cycle, which would let the row rest, comes upon the wish being written. */
static void
test_crossed_while_idle(void)
{
    const char *id = wishes_ready_instance();
    struct rival *barrier = rival_open(config);
    struct wisher wisher = { rival_open(config), id, "terminate" };

    test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id = $1", TEST_PARAMS(id));
    rival_exec(barrier, "BEGIN");
    rival_exec(barrier, "LOCK TABLE probe_results");
    bench_begin(bench, &job_health_check);
    CHECK(rival_makes_wait());
    wishes_terminate_slowly(&wisher);
    rival_exec(barrier, "COMMIT");
    CHECK(rival_makes_wait_for_row());
    rival_exec(wisher.rival, "COMMIT");
    CHECK_I64(bench_end(bench).applied, 1);
    CHECK(stage_is(id, INSTANCE_READY));
    CHECK(stage_is_due(id));
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
    rival_close(barrier);
    rival_close(wisher.rival);
}

/* Both are written while one cycle is under way: the later one counts. */
static void
test_two_at_once(void)
{
    const char *id = wishes_ready_instance();
    struct rival *barrier = rival_open(config);

    test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id = $1", TEST_PARAMS(id));
    rival_exec(barrier, "BEGIN");
    rival_exec(barrier, "LOCK TABLE probe_results");
    bench_begin(bench, &job_health_check);
    CHECK(rival_makes_wait());
    stage_wish(id, "drain");
    stage_wish(id, "terminate");
    rival_exec(barrier, "COMMIT");
    bench_end(bench);
    CHECK(stage_is_due(id));
    bench_run(bench, &job_terminator);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
    rival_close(barrier);
}

/* A wish is taken up whatever job owns the state, and although nothing was due for long. */
static void
test_lease_in_force(void)
{
    struct rival *other = rival_open(config);
    const char *id = stage_instance();

    rival_run(other, Q_PROVISIONING_CLAIM, TEST_PARAMS("60000", "10", bench_id(bench)));
    stage_wish(id, "terminate");
    CHECK_I64(bench_run(bench, &job_terminator).claimed, 0);
    CHECK(stage_is_due(id));
    test_db_shift_clock(60001);
    CHECK_I64(bench_run(bench, &job_terminator).applied, 1);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
    rival_close(other);
}

/* Nothing outside is asked first: a machine that does not answer keeps nobody waiting. */
static void
test_no_look_first(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    stage_wish(id, "terminate");
    struct tally tally = bench_run(bench, &job_terminator);
    CHECK_I64(tally.applied, 1);
    CHECK_I64(tally.calls, 0);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
}

int
main(void)
{
    config = stage_start();
    bench = bench_new(config);
    check_run(
        "a wish that falls anywhere into a cycle makes the row due at once, and the next cycle"
        " terminates it; no intent goes on record once it is there",
        test_met);
    check_run("a wish that is being written while a cycle reaches its row is waited for and then"
              " heeded: by the intent, by the outcome, by the apply",
              test_crossed);
    check_run("a wish that waited for an apply makes the row due at once", test_apply_first);
    check_run("a drain decided while termination is asked for ends in termination",
              test_drain_then_terminate);
    check_run("a drain asked for in an idle cycle is taken up, and a termination during it",
              test_drain_while_idle);
    check_run("a wish that is being written while an idle cycle would let the row rest is heeded",
              test_crossed_while_idle);
    check_run("of two wishes in one cycle the later counts", test_two_at_once);
    check_run("a wish under somebody's lease waits for its end and no longer", test_lease_in_force);
    check_run("a termination is taken up without a look at anything", test_no_look_first);
    bench_free(bench);
    return check_end();
}
