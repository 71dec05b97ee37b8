/* test_model.c: the counterexamples of the checked model of paid calls that concern creates, each
 * played as it was found and named after the rule that forbids it (docs/protocol.md).  O1 is the
 * orchestrator whose create comes too late, O2 and O3 those that go on meanwhile.  Those of the sweep
 * are in test_sweep.c. */
#include "base/arena.h"
#include "bench.h"
#include "check.h"
#include "hold.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "rival.h"
#include "scene.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { LEASE_MS = 60000, LIST_LAG_MS = 120000, STEP_MS = 10000, FOREVER_MS = 1000000000 };

static struct config *config;
static struct bench *first;
static struct bench *second;
static struct bench *third;
static struct hold o1 = HOLD_INITIALIZER;
static struct hold o2 = HOLD_INITIALIZER;
static struct hold o3 = HOLD_INITIALIZER;

static int64_t
model_operations(const char *id, const char *condition)
{
    return test_db_i64(
        arena_printf(test_db_arena(),
                     "SELECT count(*) FROM provider_operations WHERE instance_id = $1"
                     " AND kind = 'server_create' AND (%s)",
                     condition),
        TEST_PARAMS(id));
}

/* O1 has come that far with its create when its lease runs out. */
static const char *
model_late_create(int point)
{
    const char *id = stage_instance();

    hold_at(&o1, point, "server_create");
    bench_begin(first, &job_provisioning);
    CHECK(hold_reached(&o1));
    test_db_shift_clock(LEASE_MS + 1);
    return id;
}

/* It goes on as if nothing had happened; what it decided does not count any more. */
static void
model_end_late_create(void)
{
    hold_release(&o1);
    struct tally tally = bench_end(first);
    CHECK_I64(tally.stale, 1);
    CHECK_I64(tally.applied, 0);
}

/* O2's cycles, until so long after the last moment at which the create can have been sent. */
static void
model_cycles_until(const char *id, const struct job *job, int64_t after_ms)
{
    static const char left[] = "SELECT to_ms(max(send_by)) - to_ms(fleet_now())"
                               " FROM provider_operations WHERE instance_id = $1"
                               " AND kind = 'server_create'";

    while (test_db_i64(left, TEST_PARAMS(id)) + after_ms > STEP_MS) {
        test_db_shift_clock(STEP_MS);
        CHECK_I64(bench_run(second, job).code, ERR_NONE);
    }
}

/* The wanted instance has one machine, and only one was ever made. */
static void
model_check_one_machine(const char *id, int64_t creates_before)
{
    CHECK(bench_drive(second, id, INSTANCE_BOOTING));
    CHECK_I64(memory_provider_servers(), 1);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates_before + 1);
    CHECK_I64(model_operations(id, "outcome IS NULL"), 0);
}

static void
model_check_all_given_back(const char *id)
{
    CHECK(bench_drive(second, id, INSTANCE_TERMINATED));
    CHECK_I64(memory_provider_servers(), 0);
    CHECK_I64(memory_provider_volumes(), 0);
    CHECK_I64(memory_provider_addresses(), 0);
    CHECK_I64(stage_leftovers(), 0);
    memory_provider_set_list_lag(0);
}

static void
model_finish(const char *id)
{
    stage_wish(id, "terminate");
    model_check_all_given_back(id);
}

/* --- F_LOOK2 --- */

static void
test_look2_not_yet_sent(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    const char *id = model_late_create(STAGE_ASKED); /* past its last check, not yet sent */

    model_cycles_until(id, &job_provisioning, 0);
    CHECK_I64(memory_provider_servers(), 0);
    CHECK_I64(model_operations(id, "outcome IS NULL AND first_empty_look_at IS NOT NULL"), 1);
    model_end_late_create();
    CHECK_I64(memory_provider_servers(), 1);
    model_check_one_machine(id, creates);
    model_finish(id);
}

static void
test_look2_not_yet_listed(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    memory_provider_set_list_lag(FOREVER_MS);
    const char *id = model_late_create(KILL_POINT_REPLIED);
    model_cycles_until(id, &job_provisioning, LIST_LAG_MS);
    CHECK_I64(model_operations(id, "outcome IS NULL AND first_empty_look_at IS NOT NULL"), 1);
    CHECK_I64(memory_provider_calls(CALL_SERVER_CREATE), creates + 1);
    memory_provider_set_list_lag(0);
    bench_run(second, &job_provisioning);
    model_end_late_create();
    model_check_one_machine(id, creates);
    model_finish(id);
}

/* Two machines with one tag: adopting the first does not tell what the open create will make. */
static void
test_look2_adopted_another(void)
{
    const char *id = model_late_create(STAGE_ASKED);

    scene_machine(id); /* of an operation that is on no record */
    bench_run(second, &job_provisioning);
    CHECK_I64(stage_number(id, "(provider_instance_id IS NOT NULL)::int"), 1);
    CHECK_I64(model_operations(id, "outcome IS NULL"), 1);
    stage_wish(id, "terminate");
    model_cycles_until(id, &job_terminator, 0);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    model_end_late_create();
    CHECK_I64(memory_provider_servers(), 2);
    model_check_all_given_back(id);
}

/* --- F_REF --- */

/* O2 has the lease when O1's reply is written: nothing is open, and the list lags. */
static void
test_ref_on_record(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    memory_provider_set_list_lag(FOREVER_MS);
    const char *id = model_late_create(KILL_POINT_REPLIED);
    hold_at(&o2, KILL_POINT_CLAIMED, NULL);
    bench_begin(second, &job_provisioning);
    CHECK(hold_reached(&o2));
    model_end_late_create();
    CHECK_I64(model_operations(id, "outcome = 'ok' AND provider_ref <> ''"), 1);
    hold_release(&o2);
    CHECK_I64(bench_end(second).applied, 1);
    model_check_one_machine(id, creates);
    model_finish(id);
}

/* O2 has closed the create as not done, against all promises of the provider, and is about to make
 * another when O1's reply is written. */
static const char *
model_about_to_create_again(void)
{
    memory_provider_set_list_lag(FOREVER_MS);
    const char *id = model_late_create(KILL_POINT_REPLIED);

    model_cycles_until(id, &job_provisioning, LIST_LAG_MS);
    test_db_shift_clock(2 * STEP_MS);
    bench_run(second, &job_provisioning);
    CHECK_I64(model_operations(id, "outcome = 'not_done' AND provider_ref IS NULL"), 1);
    test_db_shift_clock(STEP_MS);
    hold_at(&o2, STAGE_ANSWERED, "server_list");
    bench_begin(second, &job_provisioning);
    CHECK(hold_reached(&o2));
    return id;
}

static void
test_ref_before_the_intent(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    const char *id = model_about_to_create_again();

    model_end_late_create();
    CHECK_I64(model_operations(id, "provider_ref <> ''"), 1);
    hold_release(&o2);
    CHECK_I64(bench_end(second).applied, 1);
    CHECK_I64(model_operations(id, "true"), 1);
    model_check_one_machine(id, creates);
    model_finish(id);
}

/* O1's outcome, as its own statement writes it, in the rival's transaction; the volume is not told, so
 * that the machine alone keeps the instance. */
static void
model_write_outcome(struct rival *rival, const char *id)
{
    const char *row = test_db_text(
        "SELECT jsonb_build_array(jsonb_build_object('op_id', op_id, 'outcome', 'ok', 'ref', "
        "$2::text,"
        " 'reply', '{}'::jsonb, 'message', '', 'duration_ms', 1, 'action', 'PROVIDER_CREATE',"
        " 'error_code', '')) FROM provider_operations WHERE instance_id = $1"
        " AND kind = 'server_create'",
        TEST_PARAMS(id, memory_provider_newest(test_db_arena())));

    rival_exec(rival, "BEGIN");
    rival_run(rival, Q_OPERATION_RECORD, TEST_PARAMS(row, "job-provisioning", bench_id(first)));
}

static void
test_ref_while_the_intent_waits(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    const char *id = model_about_to_create_again();
    struct rival *rival = rival_open(config);

    model_write_outcome(rival, id);
    hold_release(&o2);
    CHECK(rival_makes_wait_for_row());
    rival_exec(rival, "COMMIT");
    bench_end(second);
    CHECK_I64(model_operations(id, "true"), 1);
    rival_close(rival);
    model_end_late_create();
    model_check_one_machine(id, creates);
    model_finish(id);
}

/* O2's apply, which closes the create, is being written when O1's reply comes. */
static void
test_ref_while_it_is_closed(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);
    struct rival *rival = rival_open(config);

    memory_provider_set_list_lag(FOREVER_MS);
    const char *id = model_late_create(KILL_POINT_REPLIED);
    rival_exec(rival,
               "BEGIN; SELECT FROM instances WHERE status = 'provisioning' FOR NO KEY UPDATE;"
               "UPDATE instances SET fencing_token = fencing_token + 1"
               " WHERE status = 'provisioning';"
               "UPDATE provider_operations SET outcome = 'not_done',"
               " ended_at = fleet_now(), resolved_at = fleet_now() WHERE outcome IS NULL");
    hold_release(&o1);
    CHECK(rival_makes_wait_for_row());
    rival_exec(rival, "COMMIT");
    CHECK_I64(bench_end(first).stale, 1);
    CHECK_I64(model_operations(id, "outcome = 'not_done' AND provider_ref <> ''"), 1);
    CHECK_I64(test_db_i64("SELECT count(*) FROM instance_volumes WHERE instance_id = $1",
                          TEST_PARAMS(id)),
              1);
    model_check_one_machine(id, creates);
    rival_close(rival);
    model_finish(id);
}

/* O2 has decided that the create made nothing when O1's reply is written. */
static void
test_ref_before_it_is_closed(void)
{
    int64_t creates = memory_provider_calls(CALL_SERVER_CREATE);

    memory_provider_set_list_lag(FOREVER_MS);
    const char *id = model_late_create(KILL_POINT_REPLIED);
    model_cycles_until(id, &job_provisioning, LIST_LAG_MS);
    test_db_shift_clock(2 * STEP_MS);
    hold_at(&o2, STAGE_ANSWERED, "server_list");
    bench_begin(second, &job_provisioning);
    CHECK(hold_reached(&o2));
    model_end_late_create();
    hold_release(&o2);
    CHECK_I64(bench_end(second).applied, 1);
    CHECK_I64(model_operations(id, "outcome = 'ok' AND provider_ref <> ''"), 1);
    model_check_one_machine(id, creates);
    model_finish(id);
}

/* O2 has adopted what tells no maker; O1's reply names another machine. */
static void
test_ref_of_another(void)
{
    const char *id = model_late_create(KILL_POINT_REPLIED);
    const char *made = memory_provider_newest(test_db_arena());

    memory_provider_set_list_lag(0);
    test_db_text("UPDATE provider_operations SET outcome = 'adopted', ended_at = fleet_now(),"
                 " resolved_at = fleet_now(), provider_ref = 'another' WHERE instance_id = $1",
                 TEST_PARAMS(id));
    hold_release(&o1);
    bench_end(first);
    CHECK_I64(test_db_i64("SELECT count(*) FROM provider_operations WHERE instance_id = $1"
                          " AND outcome = 'adopted' AND provider_ref = $2",
                          TEST_PARAMS(id, made)),
              1);
    test_db_shift_clock(LEASE_MS);
    model_finish(id);
}

/* --- M_GONE --- */

/* O2 is terminating, nothing is open or unknown, and it has looked: nothing there. */
static const char *
model_about_to_conclude(void)
{
    memory_provider_set_list_lag(FOREVER_MS);
    const char *id = model_late_create(KILL_POINT_REPLIED);

    stage_wish(id, "terminate");
    model_cycles_until(id, &job_terminator, LIST_LAG_MS);
    test_db_shift_clock(2 * STEP_MS);
    bench_run(second, &job_terminator);
    CHECK_I64(model_operations(id, "outcome = 'not_done' AND provider_ref IS NULL"), 1);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    hold_at(&o2, STAGE_ANSWERED, "server_list");
    bench_begin(second, &job_terminator);
    CHECK(hold_reached(&o2));
    return id;
}

static void
test_gone_blind(void)
{
    const char *id = model_about_to_conclude();
    struct rival *rival = rival_open(config);

    model_write_outcome(rival, id);
    rival_exec(rival, "COMMIT");
    hold_release(&o2);
    CHECK_I64(bench_end(second).stale, 1);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    CHECK_I64(stage_number(id, "(lease_until <= fleet_now() AND next_run_at <= fleet_now())::int"),
              1);
    rival_close(rival);
    model_end_late_create();
    model_check_all_given_back(id);
}

static void
test_gone_while_the_apply_waits(void)
{
    const char *id = model_about_to_conclude();
    struct rival *rival = rival_open(config);

    model_write_outcome(rival, id);
    hold_release(&o2);
    CHECK(rival_makes_wait_for_row());
    rival_exec(rival, "COMMIT");
    bench_end(second);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    rival_close(rival);
    model_end_late_create();
    model_check_all_given_back(id);
}

/* --- F_RES --- */

/* O1 made its machine and is not heard of again; O2 has found it by tag and sleeps past its lease; O3
 * is terminating and has looked, in a list that lags, when O2 wakes. */
static void
test_res(void)
{
    const char *id = model_late_create(KILL_POINT_REPLIED);

    hold_at(&o2, STAGE_ANSWERED, "server_get");
    bench_begin(second, &job_provisioning);
    CHECK(hold_reached(&o2));
    test_db_shift_clock(LEASE_MS + 1);
    memory_provider_set_list_lag(FOREVER_MS);
    stage_wish(id, "terminate");
    bench_run(third, &job_terminator);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    test_db_shift_clock(STEP_MS);
    hold_at(&o3, STAGE_ANSWERED, "server_list");
    bench_begin(third, &job_terminator);
    CHECK(hold_reached(&o3));
    hold_release(&o2);
    CHECK_I64(bench_end(second).stale, 1);
    CHECK_I64(model_operations(id, "outcome IS NULL"), 1);
    hold_release(&o3);
    CHECK_I64(bench_end(third).applied, 1);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    memory_provider_set_list_lag(0);
    test_db_shift_clock(LIST_LAG_MS);
    model_check_all_given_back(id);
    model_end_late_create();
    CHECK(stage_is(id, INSTANCE_TERMINATED));
}

/* --- F_OVER --- */

/* Given up with nothing on record, while its create is on its way. */
static void
test_over(void)
{
    const char *id = model_late_create(STAGE_ASKED);

    test_db_text("UPDATE instances SET deadline_at = fleet_now() WHERE id = $1", TEST_PARAMS(id));
    test_db_shift_clock(1);
    bench_run(second, &job_provisioning);
    CHECK(stage_is(id, INSTANCE_PROVISIONING_FAILED));
    model_cycles_until(id, &job_terminator, 0);
    CHECK(stage_is(id, INSTANCE_TERMINATING));
    model_end_late_create();
    CHECK_I64(memory_provider_servers(), 1);
    model_check_all_given_back(id);
}

int
main(void)
{
    config = stage_start();
    first = bench_new(config);
    second = bench_new(config);
    third = bench_new(config);
    check_run(
        "F_LOOK2: a create that is sent after its lease ran out, and was looked for before, is"
        " not made twice",
        test_look2_not_yet_sent);
    check_run("F_LOOK2: a create whose machine no list shows yet is not made twice",
              test_look2_not_yet_listed);
    check_run("F_LOOK2: adopting a machine that another operation made settles no open create: what"
              " that makes later is given back before the end",
              test_look2_adopted_another);
    check_run("F_REF: a machine that an outcome names and nobody put on record is looked up by id,"
              " though no list shows it",
              test_ref_on_record);
    check_run("F_REF: an intent to create is refused once an outcome names a machine",
              test_ref_before_the_intent);
    check_run("F_REF: and so while that outcome is being written", test_ref_while_the_intent_waits);
    check_run("F_REF: what a create made is on record although it is being closed meanwhile",
              test_ref_while_it_is_closed);
    check_run("F_REF: an answer that came before a closing stays as it is",
              test_ref_before_it_is_closed);
    check_run("F_REF: an answer that names another machine than the one adopted is on record",
              test_ref_of_another);
    check_run("M_GONE: an outcome written after the last look keeps an instance from its end",
              test_gone_blind);
    check_run("M_GONE: and so while it is being written", test_gone_while_the_apply_waits);
    check_run("F_RES: who has lost its lease closes nobody's operation", test_res);
    check_run(
        "F_OVER: what was given up while its create was on its way gives back what that makes",
        test_over);
    bench_free(first);
    bench_free(second);
    bench_free(third);
    return check_end();
}
