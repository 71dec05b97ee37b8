/* test_cost_events.c: that money begins to run and ceases to is told once each, whatever becomes of
 * an instance, with the moments at which it did. */
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "scene.h"
#include "stage.h"
#include "test_db.h"

enum { LEASE_MS = 60000, LIST_LAG_MS = 300000, FOREVER_MS = 1000000000 };

static struct config *config;
static struct bench *bench;

static int64_t
money_count(const char *instance_id, const char *type)
{
    return test_db_i64("SELECT count(*) FROM outbox WHERE instance_id = $1 AND type = $2",
                       TEST_PARAMS(instance_id, type));
}

static void
money_check(const char *instance_id, int64_t starts, int64_t stops, const char *name)
{
    CHECK_CASE(money_count(instance_id, "EVT:INSTANCE_COST_START") == starts, name);
    CHECK_CASE(money_count(instance_id, "EVT:INSTANCE_COST_STOP") == stops, name);
    CHECK_CASE(test_db_i64("SELECT count(*) FROM outbox a JOIN outbox b USING (instance_id)"
                           " WHERE a.instance_id = $1 AND a.type = 'EVT:INSTANCE_COST_START'"
                           " AND b.type = 'EVT:INSTANCE_COST_STOP'"
                           " AND (b.id < a.id OR b.occurred_at < a.occurred_at)",
                           TEST_PARAMS(instance_id)) == 0,
               name);
}

static const char *
money_text(const char *instance_id, const char *type, const char *field)
{
    return test_db_text("SELECT body ->> $3 FROM outbox WHERE instance_id = $1 AND type = $2",
                        TEST_PARAMS(instance_id, type, field));
}

static void
money_end(const char *instance_id)
{
    stage_wish(instance_id, "terminate");
    CHECK(bench_drive(bench, instance_id, INSTANCE_TERMINATED));
}

static void
test_money_made(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    money_check(id, 1, 0, "running");
    const char *machine =
        test_db_text("SELECT provider_instance_id FROM instances WHERE id = $1", TEST_PARAMS(id));
    CHECK_STR(money_text(id, "EVT:INSTANCE_COST_START", "provider_instance_id"), machine);
    CHECK_STR(money_text(id, "EVT:INSTANCE_COST_START", "note"), "");
    money_end(id);
    money_check(id, 1, 1, "ended");
    CHECK_STR(money_text(id, "EVT:INSTANCE_COST_STOP", "reason"), "termination_confirmed");
    CHECK_I64(
        test_db_i64("SELECT count(*) FROM outbox o WHERE o.instance_id = $1"
                    " AND o.type = 'EVT:INSTANCE_COST_STOP' AND o.occurred_at ="
                    " (SELECT max(started_at + ms(duration_ms)) FROM provider_operations p WHERE"
                    " p.instance_id = $1 AND p.kind LIKE '%_delete' AND p.outcome = 'ok')",
                    TEST_PARAMS(id)),
        1);
}

static void
test_money_adopted(void)
{
    const char *id = stage_instance();

    memory_provider_lose_reply(CALL_SERVER_CREATE, 1);
    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    money_check(id, 1, 0, "adopted");
    CHECK_STR(money_text(id, "EVT:INSTANCE_COST_START", "note"), "adopted");
    CHECK_I64(test_db_i64("SELECT count(*) FROM outbox o JOIN provider_operations p"
                          " USING (instance_id) WHERE o.instance_id = $1 AND"
                          " p.kind = 'server_create' AND o.occurred_at BETWEEN p.started_at"
                          " AND p.ended_at",
                          TEST_PARAMS(id)),
              1);
    money_end(id);
    money_check(id, 1, 1, "adopted and ended");
}

static void
test_money_never(void)
{
    const char *id = stage_instance();

    memory_provider_fail(CALL_SERVER_CREATE, ANSWER_TRANSIENT, 1);
    bench_run(bench, &job_provisioning);
    money_end(id);
    money_check(id, 0, 0, "no machine was made");
    id = stage_instance();
    memory_provider_fail(CALL_SERVER_CREATE, ANSWER_INVALID, 1);
    CHECK(bench_drive(bench, id, INSTANCE_PROVISIONING_FAILED));
    money_check(id, 0, 0, "the create was refused");
}

static void
test_money_failed(void)
{
    const char *id = stage_instance();

    memory_provider_fail(CALL_USER_DATA_PUT, ANSWER_INVALID, 1);
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
    CHECK_I64(test_db_i64("SELECT count(*) FROM action_logs WHERE instance_id = $1"
                          " AND rule = 'provision_gave_up'",
                          TEST_PARAMS(id)),
              1);
    money_check(id, 1, 1, "failed, given back");
}

/* What a failed instance had is gone before it is given up: nothing else would tell the end. */
static void
test_money_lost_in_failure(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    test_db_text("SET session_replication_role = replica", NULL, 0);
    test_db_text("UPDATE instances SET status = 'provisioning_failed', machine_gone = true,"
                 " error_code = 'PROVISION_TIMEOUT', next_run_at = fleet_now() WHERE id = $1",
                 TEST_PARAMS(id));
    test_db_text("SET session_replication_role = origin", NULL, 0);
    test_db_text("UPDATE provider_operations SET gone_at = fleet_now() WHERE instance_id = $1"
                 " AND kind = 'server_create'",
                 TEST_PARAMS(id));
    test_db_text("UPDATE instance_volumes SET deleted_at = fleet_now() WHERE instance_id = $1",
                 TEST_PARAMS(id));
    test_db_text("UPDATE instance_addresses SET deleted_at = fleet_now() WHERE instance_id = $1",
                 TEST_PARAMS(id));
    bench_run(bench, &job_terminator);
    money_check(id, 1, 1, "failed, with nothing left");
}

static void
test_money_vanished(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(bench, id, INSTANCE_BOOTING));
    memory_provider_remove(
        test_db_text("SELECT provider_instance_id FROM instances WHERE id = $1", TEST_PARAMS(id)));
    test_db_text("UPDATE instances SET deleted_by_provider = true WHERE id = $1", TEST_PARAMS(id));
    money_end(id);
    money_check(id, 1, 1, "vanished");
    CHECK_STR(money_text(id, "EVT:INSTANCE_COST_STOP", "reason"), "provider_deleted");
}

/* --- machines that come too late --- */

/* Looked for in vain, closed, and the instance is over, before the answer is on record. */
static void
money_end_in_vain(void *argument)
{
    const char *late_id = argument;
    struct bench *other = bench_new(config);

    memory_provider_set_list_lag(FOREVER_MS);
    test_db_shift_clock(LEASE_MS + 1);
    stage_wish(late_id, "terminate");
    bench_run(other, &job_terminator);
    test_db_shift_clock(LIST_LAG_MS);
    CHECK(bench_drive(other, late_id, INSTANCE_TERMINATED));
    bench_free(other);
}

static void
test_money_late(void)
{
    const char *id = stage_instance();

    stage_once(KILL_POINT_REPLIED, "server_create", money_end_in_vain, (void *)(uintptr_t)id);
    bench_run(bench, &job_provisioning);
    memory_provider_set_list_lag(0);
    CHECK(stage_is(id, INSTANCE_TERMINATED));
    CHECK_I64(memory_provider_servers(), 1);
    CHECK(scene_until_rented(bench, 0, 0, 0));
    CHECK_I64(test_db_i64("SELECT count(*) FROM instance_volumes WHERE instance_id = $1"
                          " AND deleted_at IS NULL",
                          TEST_PARAMS(id)),
              0);
    money_check(id, 1, 1, "answered when its instance was over");
}

static void
test_money_late_unanswered(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    scene_machine(id);
    CHECK(scene_until_rented(bench, 0, 0, 0));
    money_check(id, 1, 1, "never answered");
    CHECK_STR(money_text(id, "EVT:INSTANCE_COST_START", "note"), "swept");
}

int
main(void)
{
    config = stage_start();
    bench = bench_new(config);
    scene_start();
    check_run("money is told to run once a machine is made, and to stop at its last deletion",
              test_money_made);
    check_run("a machine that was found cost money from its create on", test_money_adopted);
    check_run("what never was rented has cost nothing", test_money_never);
    check_run("a failed instance costs money until it is given back", test_money_failed);
    check_run("a machine whose create was answered too late costs money until it is swept",
              test_money_late);
    check_run("a machine of an unanswered create costs money until it is swept",
              test_money_late_unanswered);
    check_run("a failed instance with nothing left costs no more", test_money_lost_in_failure);
    check_run("a machine that vanished is told as the provider's deletion", test_money_vanished);
    bench_free(bench);
    return check_end();
}
