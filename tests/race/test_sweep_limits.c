/* test_sweep_limits.c: what the sweep may not touch, how much it does at a time, and whom it tells. */
#include <string.h>

#include "base/digest.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "scene.h"
#include "stage.h"
#include "test_db.h"

static struct bench *first;

static int64_t
limits_alerts(const char *status)
{
    return test_db_i64("SELECT count(*) FROM alerts WHERE name = 'OrphansFound' AND status = $1",
                       TEST_PARAMS(status));
}

static void
limits_remove(const char *ref)
{
    test_db_text("UPDATE instances SET provider_instance_id = NULL WHERE provider_instance_id = $1",
                 TEST_PARAMS(ref));
    scene_by_hand((struct provider_call){ .kind = CALL_SERVER_POWEROFF, .ref = ref });
    scene_by_hand((struct provider_call){ .kind = CALL_SERVER_DELETE, .ref = ref });
}

/* What is left when the last machine is gone, of the volumes and addresses by their counted refs. */
static void
limits_remove_leftovers(void)
{
    struct provider_call volumes =
        scene_by_hand((struct provider_call){ .kind = CALL_VOLUME_LIST });
    struct provider_call addresses =
        scene_by_hand((struct provider_call){ .kind = CALL_ADDRESS_LIST });

    for (size_t i = 0; i < volumes.volume_count; i++) {
        memory_provider_remove(volumes.volumes[i].ref);
    }
    for (size_t i = 0; i < addresses.address_count; i++) {
        memory_provider_remove(addresses.addresses[i].ref);
    }
}

static void
test_strangers(void)
{
    const char *ref = scene_machine(NULL);

    scene_cycles(first, 5);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK_I64(scene_orphans("true"), 0);
    limits_remove(ref);
    limits_remove_leftovers();
    scene_clear();
}

/* The fleet's tag, and a record to say that we made it: both, or hands off. */
static void
limits_check_quarantine(const char *instance_id, int64_t journalled)
{
    const char *ref = scene_machine(instance_id);

    scene_cycles(first, 5);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK_I64(scene_orphans("verdict = 'quarantined' AND kind = 'server' AND released_at IS NULL"),
              1);
    CHECK_I64(limits_alerts("open"), 1);
    CHECK_I64(scene_journal(instance_id, "ORPHAN_FOUND"), journalled);
    limits_remove(ref);
    limits_remove_leftovers();
    scene_cycles(first, 3);
    CHECK_I64(scene_orphans("gone_at IS NOT NULL"), 1);
    CHECK_I64(limits_alerts("open"), 0);
    CHECK_I64(limits_alerts("resolved"), 1);
    scene_clear();
}

static void
test_unknown_instance(void)
{
    char id[UUID_TEXT_SIZE];

    digest_uuid(id);
    limits_check_quarantine(id, 0);
    limits_check_quarantine("nobody", 0);
}

static void
test_no_create_on_record(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    test_db_text("DELETE FROM provider_operations WHERE instance_id = $1", TEST_PARAMS(id));
    limits_check_quarantine(id, 1);
}

/* A person has changed a machine's tags: it is on record all the same. */
static void
test_tags_of_another(void)
{
    const char *keeper = scene_instance(INSTANCE_STARTUP_FAILED);
    const char *ref = scene_machine(scene_instance(INSTANCE_TERMINATED));

    test_db_text("UPDATE instances SET provider_instance_id = $2 WHERE id = $1",
                 TEST_PARAMS(keeper, ref));
    scene_cycles(first, 5);
    CHECK(scene_is_rented(1, 1, 1));
    scene_finish(first, keeper);
}

static int64_t
limits_deletions(void)
{
    return memory_provider_calls(CALL_SERVER_POWEROFF) + memory_provider_calls(CALL_SERVER_DELETE) +
           memory_provider_calls(CALL_VOLUME_DELETE) + memory_provider_calls(CALL_ADDRESS_DELETE);
}

static void
test_cap(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    stage_set(SETTING_ORPHAN_DELETE_MAX_PER_CYCLE, "2");
    for (int i = 0; i < 5; i++) {
        scene_machine(id);
    }
    for (int i = 0; i < 20 && !scene_is_rented(0, 0, 0); i++) {
        int64_t before = limits_deletions();
        scene_cycle(first);
        CHECK(limits_deletions() - before <= 2);
    }
    CHECK(scene_is_rented(0, 0, 0));
    scene_cycles(first, 3);
    CHECK_I64(scene_orphans("gone_at IS NOT NULL"), 15);
    scene_clear();
}

static void
limits_check_reported_only(void)
{
    int64_t before = limits_deletions();

    scene_machine(scene_instance(INSTANCE_TERMINATED));
    scene_cycles(first, 5);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK_I64(limits_deletions(), before);
    CHECK_I64(scene_orphans("verdict = 'orphan' AND gone_at IS NULL"), 3);
    CHECK_I64(limits_alerts("open"), 1);
}

static void
limits_check_then_deleted(void)
{
    CHECK(scene_until_rented(first, 0, 0, 0));
    CHECK_I64(limits_alerts("open"), 0);
    scene_clear();
}

static void
test_dry_run(void)
{
    stage_set(SETTING_RECONCILE_DRY_RUN, "true");
    limits_check_reported_only();
    stage_set(SETTING_RECONCILE_DRY_RUN, "false");
    limits_check_then_deleted();
}

static void
test_not_armed(void)
{
    test_db_exec("UPDATE fleet SET sweeps_armed = false");
    limits_check_reported_only();
    test_db_exec("UPDATE fleet SET sweeps_armed = true");
    limits_check_then_deleted();
}

static void
test_kept_volume(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);
    const char *ref = scene_machine(id);
    struct provider_call seen =
        scene_by_hand((struct provider_call){ .kind = CALL_SERVER_GET, .ref = ref });

    test_db_text("INSERT INTO instance_volumes (instance_id, provider_id, zone_id,"
                 " provider_volume_id, delete_on_terminate)"
                 " SELECT id, provider_id, zone_id, $2, false FROM instances WHERE id = $1",
                 TEST_PARAMS(id, seen.servers[0].volumes[0].ref));
    CHECK(scene_until_rented(first, 0, 1, 0));
    CHECK_I64(scene_orphans("kind = 'volume' AND released_at IS NOT NULL"), 1);
    limits_remove_leftovers();
    scene_clear();
}

/* No tag of ours, and no record of ours: a person has attached it. */
static void
test_volume_attached_by_hand(void)
{
    const char *ref = scene_machine(scene_instance(INSTANCE_TERMINATED));
    memory_provider_attach(test_db_arena(), ref);

    scene_cycle(first); /* On record. */
    memory_provider_attach(test_db_arena(), ref);
    CHECK(scene_until_rented(first, 0, 2, 0));
    CHECK_I64(scene_orphans("kind = 'volume' AND released_at IS NOT NULL"), 2);
    limits_remove_leftovers();
    scene_clear();
}

/* Nothing of the zone is there, and its list is empty: rather the wrong project.  What hung on a machine
 * is in no list of machines: taken for gone once, it would be paid for by nobody for ever. */
static void
test_wrong_project(void)
{
    const char *ids[] = { test_db_instance(INSTANCE_READY), test_db_instance(INSTANCE_READY) };

    test_db_exec(
        "INSERT INTO orphans (provider_id, zone_id, kind, ref, reason, verdict, parent_ref)"
        " SELECT provider_id, id, 'volume', 'hidden', 'test', 'orphan', 'swept' FROM zones");
    scene_cycles(first, 5);
    CHECK_I64(scene_orphans("gone_at IS NULL AND gone_first_seen_at IS NULL"), 1);
    CHECK_I64(test_db_i640("SELECT count(*) FROM alerts WHERE name = 'MassVanish'"
                           " AND status = 'open'"),
              1);
    for (size_t i = 0; i < 2; i++) {
        stage_wish(ids[i], "terminate");
        CHECK(bench_drive(first, ids[i], INSTANCE_TERMINATED));
    }
    scene_cycles(first, 3);
    CHECK_I64(scene_orphans("gone_at IS NOT NULL"), 1);
    scene_clear();
}

/* However many things another zone has, and however few are looked at in one cycle. */
static void
test_alert_of_each_zone(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    test_db_exec("INSERT INTO zones (region_id, provider_id, code, name)"
                 " SELECT region_id, provider_id, 'test-2', 'Other zone' FROM zones;"
                 " INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-watch-dog', provider_id, id FROM zones WHERE code = 'test-2';"
                 " INSERT INTO orphans (provider_id, zone_id, kind, ref, reason, verdict)"
                 " SELECT provider_id, id, 'server', 'elsewhere', 'test', 'quarantined'"
                 "   FROM zones WHERE code = 'test-2'");
    stage_set(SETTING_RECONCILE_DRY_RUN, "true");
    scene_machine(id);
    scene_cycle(first);
    CHECK_I64(limits_alerts("open"), 2);
    stage_set(SETTING_JOB_BATCH_ROWS, "2");
    memory_provider_fail(CALL_SERVER_GET, ANSWER_TRANSIENT, 100);
    scene_cycles(first, 6);
    CHECK_I64(limits_alerts("open"), 2);
    CHECK_I64(limits_alerts("resolved"), 0);
    memory_provider_clear_faults();
    stage_set(SETTING_JOB_BATCH_ROWS, "1000");
    stage_set(SETTING_RECONCILE_DRY_RUN, "false");
    test_db_exec("DELETE FROM job_shards USING zones z WHERE z.id = zone_id AND z.code = 'test-2'");
    CHECK(scene_until_rented(first, 0, 0, 0));
    scene_clear();
    test_db_exec("DELETE FROM zones WHERE code = 'test-2'");
}

/* No list, no look, no conclusion. */
static void
test_silence(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    scene_machine(id);
    scene_cycle(first);
    memory_provider_fail(CALL_SERVER_LIST, ANSWER_TRANSIENT, 3);
    scene_cycles(first, 3);
    memory_provider_fail(CALL_SERVER_GET, ANSWER_TRANSIENT, 3);
    scene_cycles(first, 3);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK_I64(scene_orphans("gone_first_seen_at IS NOT NULL"), 0);
    CHECK_I64(limits_alerts("open"), 1);
    memory_provider_fail(CALL_ADDRESS_LIST, ANSWER_TRANSIENT, 4);
    scene_cycles(first, 4);
    CHECK_I64(memory_provider_servers(), 1); /* Stopped; what hangs on it is not shown. */
    limits_check_then_deleted();
}

static void
test_refused_deletions(void)
{
    scene_machine(scene_instance(INSTANCE_TERMINATED));
    memory_provider_fail(CALL_VOLUME_DELETE, ANSWER_TRANSIENT, 2);
    CHECK(scene_until_rented(first, 0, 0, 0));
    scene_clear();
    scene_machine(scene_instance(INSTANCE_TERMINATED));
    memory_provider_fail(CALL_SERVER_POWEROFF, ANSWER_DENIED, 1);
    scene_cycles(first, 2);
    CHECK_I64(test_db_i640("SELECT count(*) FROM zones WHERE paused_until > fleet_now()"
                           " AND paused_reason = 'denied'"),
              1);
    int64_t before = limits_deletions();
    scene_cycles(first, 3);
    CHECK_I64(limits_deletions(), before); /* The zone rests. */
    limits_check_then_deleted();
}

static int limits_sent;

static void
limits_note_sent(void *argument)
{
    (void)argument;
    limits_sent++;
}

static void
test_security_group(void)
{
    const char *id = stage_instance();

    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-provisioning', provider_id, id FROM zones;"
                 " UPDATE zones SET security_group_ready_at = NULL");
    stage_once(KILL_POINT_SENT, "security_group_rules", limits_note_sent, NULL);
    memory_provider_fail(CALL_SECURITY_GROUP_RULES, ANSWER_DENIED, 1);
    bench_run(first, &job_provisioning);
    CHECK_I64(stage_leftovers(), 0);
    CHECK_I64(limits_sent, 1);
    CHECK_I64(test_db_i640("SELECT count(*) FROM zones WHERE paused_until > fleet_now()"
                           " AND paused_reason = 'denied'"),
              1);
    test_db_shift_clock(120000);
    stage_wish(id, "terminate");
    CHECK(bench_drive(first, id, INSTANCE_TERMINATED));
}

int
main(void)
{
    first = bench_new(stage_start());
    scene_start();
    check_run("a machine without our tag is not touched", test_strangers);
    check_run("a machine of an instance that nobody knows is reported, and left alone",
              test_unknown_instance);
    check_run("a machine that this database never saw born is reported, and left alone",
              test_no_create_on_record);
    check_run("a machine on record is not touched, whatever its tags say", test_tags_of_another);
    check_run("no more than so many are stopped or deleted in one cycle", test_cap);
    check_run("a dry run reports, and touches nothing", test_dry_run);
    check_run("sweeps that are not armed report, and touch nothing", test_not_armed);
    check_run("a volume that is to be kept is kept", test_kept_volume);
    check_run("a volume that a person has attached is kept", test_volume_attached_by_hand);
    check_run("what hung on a machine is not taken for gone where nothing is found at all",
              test_wrong_project);
    check_run("a zone's alert stands for as long as something is left there",
              test_alert_of_each_zone);
    check_run("nothing is concluded from silence", test_silence);
    check_run("a refused deletion is made again; refused credentials rest the zone",
              test_refused_deletions);
    check_run("a refused security group rests the zone, and its kill points are passed",
              test_security_group);
    bench_free(first);
    return check_end();
}
