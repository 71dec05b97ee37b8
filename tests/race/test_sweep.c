/* test_sweep.c: machines with the fleet's tag that are nobody's, with the provider in memory: the rules
 * F_SWEEP, F_OVER and F_SOP of the checked model, and what may not be touched. */
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "rival.h"
#include "scene.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { LEASE_MS = 60000 };

static struct config *config;
static struct bench *first;
static struct bench *second;

/* --- F_SWEEP --- */

static void
test_none_on_record(void)
{
    const char *id = stage_instance();

    bench_run(first, &job_provisioning);
    CHECK_I64(stage_number(id, "(provider_instance_id IS NULL)::int"), 1);
    CHECK_I64(memory_provider_servers(), 1);
    scene_machine(id);
    scene_cycles(second, 5);
    CHECK_I64(memory_provider_servers(), 2);
    CHECK_I64(scene_orphans("true"), 0);

    CHECK(bench_drive(first, id, INSTANCE_BOOTING));
    CHECK(scene_until_rented(second, 1, 1, 1));
    const char *kept =
        test_db_text("SELECT provider_instance_id FROM instances WHERE id = $1", TEST_PARAMS(id));
    scene_by_hand((struct provider_call){ .kind = CALL_SERVER_GET, .ref = kept });
    CHECK_I64(scene_journal(id, "ORPHAN_FOUND"), 3); /* The machine, its volume, its address. */
    CHECK_I64(scene_journal(id, "ORPHAN_DELETED"), 3);
    CHECK_I64(scene_journal(id, "PROVIDER_TERMINATE"), 1);
    scene_finish(first, id);
}

/* --- F_OVER --- */

static void
sweep_check_over(const char *id)
{
    scene_machine(id);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK(scene_until_rented(first, 0, 0, 0));
    CHECK_I64(scene_orphans("gone_at IS NOT NULL AND error_message IS NULL"), 3);
    CHECK_I64(stage_number(id, "(coalesce(next_run_at, 'infinity') > fleet_now())::int"), 1);
    scene_clear();
}

/* The whole life first; the second machine is a late one of its own create. */
static void
test_of_what_is_terminated(void)
{
    const char *id = stage_instance();

    CHECK(bench_drive(first, id, INSTANCE_BOOTING));
    stage_wish(id, "terminate");
    CHECK(bench_drive(first, id, INSTANCE_TERMINATED));
    test_db_exec("UPDATE provider_operations SET gone_at = NULL WHERE kind = 'server_create'");
    const char *ref = scene_machine(id);
    test_db_text("UPDATE provider_operations SET provider_ref = $2"
                 " WHERE instance_id = $1 AND kind = 'server_create'",
                 TEST_PARAMS(id, ref));
    struct provider_call seen =
        scene_by_hand((struct provider_call){ .kind = CALL_SERVER_GET, .ref = ref });
    test_db_text("INSERT INTO instance_volumes (instance_id, provider_id, zone_id,"
                 " provider_volume_id) SELECT id, provider_id, zone_id, $2 FROM instances"
                 " WHERE id = $1",
                 TEST_PARAMS(id, seen.servers[0].volumes[0].ref));
    test_db_text("INSERT INTO instance_addresses (instance_id, provider_id, zone_id,"
                 " provider_address_id) SELECT id, provider_id, zone_id, $2 FROM instances"
                 " WHERE id = $1",
                 TEST_PARAMS(id, seen.servers[0].addresses[0].ref));
    CHECK(scene_until_rented(first, 0, 0, 0));
    CHECK_I64(test_db_i640("SELECT count(*) FROM instance_volumes WHERE deleted_at IS NULL"), 0);
    CHECK_I64(test_db_i640("SELECT count(*) FROM instance_addresses WHERE deleted_at IS NULL"), 0);
    CHECK_I64(test_db_i64("SELECT count(*) FROM provider_operations WHERE instance_id = $1"
                          " AND kind = 'server_create' AND gone_at IS NULL",
                          TEST_PARAMS(id)),
              0);
    scene_clear();
}

/* Its caller slept through all of it and tells now what the create made. */
static void
test_outcome_after_the_sweep(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);
    const char *ref = scene_machine(id);
    struct rival *rival = rival_open(config);
    const char *op_id = test_db_text("SELECT op_id FROM provider_operations WHERE instance_id = $1",
                                     TEST_PARAMS(id));

    CHECK(scene_until_rented(first, 0, 0, 0));
    const char *outcome =
        arena_printf(test_db_arena(),
                     "[{\"op_id\": \"%s\", \"outcome\": \"ok\", \"ref\": \"%s\","
                     " \"action\": \"PROVIDER_CREATE\", \"reply\": {\"volumes\": [{\"ref\":"
                     " \"v\", \"name\": \"\", \"volume_type\": \"\", \"size_bytes\": 1,"
                     " \"is_boot\": true}]}}]",
                     op_id, ref);
    rival_run(rival, Q_OPERATION_RECORD,
              TEST_PARAMS(outcome, "job-provisioning", bench_id(second)));
    rival_close(rival);
    CHECK_I64(test_db_i64("SELECT count(*) FROM provider_operations WHERE op_id = $1"
                          " AND provider_ref = $2 AND gone_at IS NOT NULL",
                          TEST_PARAMS(op_id, ref)),
              1);
    CHECK_I64(test_db_i640("SELECT count(*) FROM instance_volumes WHERE deleted_at IS NULL"), 0);
    scene_clear();
}

static void
test_of_what_is_archived(void)
{
    sweep_check_over(scene_instance(INSTANCE_ARCHIVED));
}

static void
test_of_what_was_never_provisioned(void)
{
    sweep_check_over(scene_instance(INSTANCE_PROVISIONING_FAILED));
}

static void
test_of_what_failed_without_a_machine(void)
{
    sweep_check_over(scene_instance(INSTANCE_STARTUP_FAILED));
    sweep_check_over(scene_instance(INSTANCE_FAILED));
}

static void
test_of_what_failed_with_its_machine(void)
{
    const char *id = scene_instance(INSTANCE_STARTUP_FAILED);
    const char *ref = scene_machine(id);

    test_db_text("UPDATE instances SET provider_instance_id = $2 WHERE id = $1",
                 TEST_PARAMS(id, ref));
    scene_cycles(first, 5);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK_I64(scene_orphans("true"), 0);
    scene_finish(first, id);
}

/* --- F_SOP --- */

static void
sweep_die(void *argument)
{
    (void)argument;
    raise(SIGKILL);
}

static bool
sweep_and_die(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        stage_once(KILL_POINT_INTENDED, "server_poweroff", sweep_die, NULL);
        bench_run(bench_new(config), &job_watch_dog);
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static int64_t
sweep_open_calls(void)
{
    return test_db_i640("SELECT count(*) FROM provider_operations WHERE outcome IS NULL"
                        " AND shard_job = 'job-watch-dog' AND kind = 'server_poweroff'");
}

static void
test_death_after_the_intent(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    scene_machine(id);
    scene_cycle(first); /* On record. */
    test_db_shift_clock(SCENE_PERIOD_MS);
    CHECK(sweep_and_die());
    CHECK_I64(sweep_open_calls(), 1);
    CHECK_I64(scene_cycle(second).claimed, 0); /* Its lease runs. */
    test_db_shift_clock(LEASE_MS - SCENE_PERIOD_MS + 1);
    int64_t stops = memory_provider_calls(CALL_SERVER_POWEROFF);
    CHECK_I64(bench_run(second, &job_watch_dog).claimed, 1);
    CHECK_I64(memory_provider_calls(CALL_SERVER_POWEROFF), stops);
    CHECK_I64(sweep_open_calls(), 1); /* It may yet be sent. */
    CHECK(scene_until_rented(second, 0, 0, 0));
    CHECK_I64(test_db_i640("SELECT count(*) FROM provider_operations WHERE outcome = 'closed'"
                           " AND shard_job = 'job-watch-dog' AND kind = 'server_poweroff'"),
              1);
    scene_clear();
}

static void
test_answer_that_is_lost(void)
{
    const char *id = scene_instance(INSTANCE_TERMINATED);

    memory_provider_lose_reply(CALL_SERVER_DELETE, 1);
    memory_provider_lose_reply(CALL_VOLUME_DELETE, 1);
    scene_machine(id);
    CHECK(scene_until_rented(first, 0, 0, 0));
    CHECK_I64(test_db_i640("SELECT count(*) FROM provider_operations WHERE outcome = 'unknown'"
                           " AND shard_job IS NOT NULL AND resolved_at IS NULL"),
              0);
    scene_clear();
}

/* --- a list of many pages --- */

/* A good half of a lease: no statement and no page takes a whole one. */
static void
sweep_take_long(void *argument)
{
    bench_age_lease(argument, LEASE_MS / 2 + 1);
    test_db_shift_clock(LEASE_MS / 2 + 1);
}

static void
sweep_take_long_with_a_rival(void *argument)
{
    sweep_take_long(argument);
    CHECK_I64(bench_run(second, &job_watch_dog).claimed, 0);
}

static void
test_long_lists(void)
{
    scene_machine(scene_instance(INSTANCE_TERMINATED));
    for (int i = 0; i < 8; i++) {
        stage_once(STAGE_ASKED, "server_list", sweep_take_long, first);
        stage_once(STAGE_ANSWERED, "server_list", sweep_take_long_with_a_rival, first);
        CHECK_I64(scene_cycle(first).applied, 1);
        CHECK_I64(stage_leftovers(), 0);
    }
    CHECK(scene_until_rented(first, 0, 0, 0));
    scene_clear();
}

/* --- recording against the sweep --- */

struct recording {
    struct rival *rival;
    const char *id;
    const char *ref;
    bool stays_open;
    atomic_bool begun;
};

static void
sweep_record_it(void *argument)
{
    struct recording *recording = argument;

    rival_exec(recording->rival, "BEGIN");
    rival_exec(recording->rival,
               arena_printf(test_db_arena(),
                            "UPDATE instances SET provider_instance_id = '%s' WHERE id = '%s'",
                            recording->ref, recording->id));
    if (!recording->stays_open) {
        rival_exec(recording->rival, "COMMIT");
    }
    atomic_store(&recording->begun, true);
}

static bool
sweep_recording_has_begun(void *argument)
{
    return atomic_load(&((struct recording *)argument)->begun);
}

/* The sweep has looked and is about to stop the machine when it goes on record of that instance. */
static void
sweep_check_recording(const char *id, const char *tagged_id, bool stays_open)
{
    struct recording recording = { rival_open(config), id, scene_machine(tagged_id), stays_open,
                                   false };
    int64_t stops = memory_provider_calls(CALL_SERVER_POWEROFF);

    scene_cycle(first);
    CHECK_I64(scene_orphans("verdict = 'orphan'"), 3);
    test_db_shift_clock(SCENE_PERIOD_MS);
    stage_once(STAGE_ANSWERED, "server_get", sweep_record_it, &recording);
    bench_begin(first, &job_watch_dog);
    CHECK(test_until(LEASE_MS / 6, sweep_recording_has_begun, &recording));
    if (stays_open) {
        CHECK(rival_makes_wait_for_row());
        rival_exec(recording.rival, "COMMIT");
    }
    CHECK_I64(bench_end(first).code, ERR_NONE);
    CHECK_I64(stage_leftovers(), 0);
    rival_close(recording.rival);
    scene_cycles(first, 3);
    CHECK_I64(memory_provider_calls(CALL_SERVER_POWEROFF), stops);
    CHECK(scene_is_rented(1, 1, 1));
    CHECK_I64(scene_orphans("kind = 'server' AND released_at IS NOT NULL"), 1);
    CHECK_I64(scene_journal(tagged_id, "ORPHAN_RELEASED"), 3);
    scene_finish(first, id);
}

static void
test_recording_before_the_intent(void)
{
    const char *id = scene_instance(INSTANCE_STARTUP_FAILED);

    sweep_check_recording(id, id, false);
}

static void
test_recording_by_another(void)
{
    const char *id = scene_instance(INSTANCE_STARTUP_FAILED);

    sweep_check_recording(id, scene_instance(INSTANCE_TERMINATED), false);
}

static void
test_recording_while_the_intent_waits(void)
{
    const char *id = scene_instance(INSTANCE_STARTUP_FAILED);

    sweep_check_recording(id, id, true);
}

int
main(void)
{
    config = stage_start();
    first = bench_new(config);
    second = bench_new(config);
    scene_start();
    check_run("F_SWEEP: of two machines none goes before one is on record, then the other does",
              test_none_on_record);
    check_run("F_OVER: a machine of what is terminated goes, and its create with it",
              test_of_what_is_terminated);
    check_run("a create whose outcome comes after its machine was swept names no living one",
              test_outcome_after_the_sweep);
    check_run("F_OVER: a machine of what is archived goes", test_of_what_is_archived);
    check_run("F_OVER: a machine of what was never provisioned goes",
              test_of_what_was_never_provisioned);
    check_run("F_OVER: a machine of what failed without one goes",
              test_of_what_failed_without_a_machine);
    check_run("a failed instance keeps its machine for as long as it is retained",
              test_of_what_failed_with_its_machine);
    check_run("F_SOP: what a dead sweep left open is closed by the next, which goes on",
              test_death_after_the_intent);
    check_run("a deletion whose answer is lost is looked after, once", test_answer_that_is_lost);
    check_run("a list that takes longer than a lease leaves the zone ours", test_long_lists);
    check_run("a machine that went on record before the intent is not stopped",
              test_recording_before_the_intent);
    check_run("a machine that another instance than that of its tags has on record is not stopped",
              test_recording_by_another);
    check_run("a machine that goes on record while the intent waits is not stopped",
              test_recording_while_the_intent_waits);
    bench_free(first);
    bench_free(second);
    return check_end();
}
