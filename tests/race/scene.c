#include "scene.h"

#include "base/digest.h"
#include "check.h"
#include "memory_provider.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/tags.h"
#include "stage.h"
#include "test_db.h"
#include "test_service.h"

enum { SCENE_CYCLES = 30 };

void
scene_start(void)
{
    test_db_exec("INSERT INTO job_shards (job, provider_id, zone_id)"
                 " SELECT 'job-watch-dog', provider_id, id FROM zones");
}

/* --- the cloud, by hand --- */

struct provider_call
scene_by_hand(struct provider_call call)
{
    struct provider_options options = memory_provider_options();
    struct provider_call *calls[] = { &call };
    struct provider *provider = NULL;
    struct error error = provider_new(test_db_arena(), &options, &provider);

    call.zone = "test-1";
    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
    provider_run(provider, test_db_arena(), calls, 1);
    provider_free(provider);
    if (call.class != ANSWER_OK) {
        test_give_up("by hand: %s", call.message);
    }
    return call;
}

/* Running, so that it has an address; tags of that instance, or none. */
const char *
scene_machine(const char *instance_id)
{
    char op_id[UUID_TEXT_SIZE];
    const char *fleet_id = test_db_text0("SELECT fleet_id FROM fleet");
    struct provider_call create = { .kind = CALL_SERVER_CREATE,
                                    .name = "second",
                                    .instance_type = "L4-1-24G" };

    digest_uuid(op_id);
    if (instance_id != NULL) {
        create.tags = tags_of_create(test_db_arena(), fleet_id, instance_id, op_id);
        create.tag_count = TAGS_OF_CREATE;
    }
    const char *ref = scene_by_hand(create).new_ref;
    scene_by_hand((struct provider_call){ .kind = CALL_SERVER_POWERON, .ref = ref });
    return ref;
}

bool
scene_is_rented(size_t servers, size_t volumes, size_t addresses)
{
    return memory_provider_servers() == servers && memory_provider_volumes() == volumes &&
           memory_provider_addresses() == addresses;
}

/* Whatever is there goes, as do the rows about it. */
void
scene_clear(void)
{
    memory_provider_clear_faults();
    stage_set(SETTING_RECONCILE_DRY_RUN, "false");
    stage_set(SETTING_ORPHAN_DELETE_MAX_PER_CYCLE, "20");
    CHECK_I64(test_db_i640("SELECT count(*) FROM provider_operations"
                           " WHERE shard_job IS NOT NULL AND outcome IS NULL"),
              0);
    CHECK(scene_is_rented(0, 0, 0));
    test_db_exec("DELETE FROM orphans; DELETE FROM alerts; UPDATE zones SET paused_until = NULL,"
                 " paused_reason = NULL; UPDATE instances SET next_run_at = NULL");
}

/* --- cycles --- */

struct tally
scene_cycle(struct bench *bench)
{
    test_db_shift_clock(SCENE_PERIOD_MS);
    return bench_run(bench, &job_watch_dog);
}

void
scene_cycles(struct bench *bench, int count)
{
    for (int i = 0; i < count; i++) {
        scene_cycle(bench);
    }
}

bool
scene_until_rented(struct bench *bench, size_t servers, size_t volumes, size_t addresses)
{
    for (int i = 0; i < SCENE_CYCLES && !scene_is_rented(servers, volumes, addresses); i++) {
        scene_cycle(bench);
    }
    scene_cycles(bench, 3); /* Nothing more goes, and what went is proven gone. */
    return scene_is_rented(servers, volumes, addresses);
}

int64_t
scene_orphans(const char *condition)
{
    return test_db_i64(
        arena_printf(test_db_arena(), "SELECT count(*) FROM orphans WHERE %s", condition), NULL, 0);
}

int64_t
scene_journal(const char *instance_id, const char *action)
{
    return test_db_i64("SELECT count(*) FROM action_logs WHERE instance_id::text = $1"
                       " AND action_type = $2",
                       TEST_PARAMS(instance_id, action));
}

/* --- instances --- */

/* A create of ours for it that is known to have made nothing. */
static void
scene_create_on_record(const char *id)
{
    test_db_text("INSERT INTO provider_operations (instance_id, provider_id, zone_id, kind,"
                 " attempt, token, request, send_by, outcome, ended_at, correlation_id)"
                 " SELECT id, provider_id, zone_id, 'server_create', 1, 1, '{}', fleet_now(),"
                 " 'not_done', fleet_now(), 'test' FROM instances WHERE id = $1",
                 TEST_PARAMS(id));
}

/* In that state, no machine on record, and no job at it. */
const char *
scene_instance(enum instance_state state)
{
    const char *id = test_db_instance(state);

    scene_create_on_record(id);
    test_db_text("UPDATE instances SET next_run_at = NULL, provider_instance_id = NULL"
                 " WHERE id = $1",
                 TEST_PARAMS(id));
    return id;
}

void
scene_finish(struct bench *bench, const char *id)
{
    test_db_text("UPDATE instances SET next_run_at = fleet_now() WHERE id = $1", TEST_PARAMS(id));
    stage_wish(id, "terminate");
    CHECK(bench_drive(bench, id, INSTANCE_TERMINATED));
    scene_clear();
}
