/* job_watch_dog.c: the provider's list of machines against ours, zone by zone: one list a zone and
 * cycle. */
#include "domain/backoff.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/shard.h"
#include "orchestrator/sweep.h"
#include "orchestrator/watch_vanish.h"
#include "orchestrator/zone_rest.h"

bool
watched_zone_is_listed(const struct watched_zone *zone)
{
    return zone->list->class == ANSWER_OK;
}

void
watched_zone_due(struct watched_zone *zone, int64_t at_ms)
{
    if (at_ms < zone->next_run_ms) {
        zone->next_run_ms = at_ms;
    }
}

static void
watch_dog_begin(struct job_cycle *cycle, const struct db_rows *claimed, struct watched_zone *zones)
{
    struct provider **owners = arena_array(cycle->arena, struct provider *, claimed->count);
    int64_t period_ms = config_ms(cycle->config, SETTING_JOB_WATCH_DOG_PERIOD_SECONDS);
    const struct provider_call *lists = shard_ask(cycle, claimed, CALL_SERVER_LIST, true, owners);

    for (size_t row = 0; row < claimed->count; row++) {
        bool listed = lists[row].class == ANSWER_OK;
        int64_t pause_ms = listed ? period_ms
                                  : backoff_ms(cycle->policy->settle_ms, period_ms,
                                               row_i64(claimed, row, "attempts", 1), 0);
        zones[row] = (struct watched_zone){
            .claimed = claimed,
            .row = row,
            .zone_id = row_text(claimed, row, "zone_id"),
            .zone = row_text(claimed, row, "zone"),
            .token = row_i64(claimed, row, "fencing_token", 0),
            .provider = owners[row],
            .list = &lists[row],
            .listed_at_ms = cycle->claim_now_ms, /* The database's own, and surely before. */
            .next_run_ms = cycle_now_ms(cycle) + pause_ms,
            .failed = !listed,
            .error_code = answer_class_error_code(lists[row].class),
            .message = lists[row].message,
        };
    }
}

static struct error
watch_dog_end(struct job_cycle *cycle, const struct watched_zone *zones, size_t count,
              const json_t *marks)
{
    CLEANUP_JSON json_t *ends = json_array();

    for (size_t i = 0; i < count; i++) {
        struct shard_end end = { .next_run_ms = zones[i].next_run_ms,
                                 .failed = zones[i].failed,
                                 .error_code = zones[i].error_code,
                                 .message = zones[i].message,
                                 .group_ref = "" };
        cycle_due_in(cycle, zones[i].next_run_ms - cycle_now_ms(cycle));
        shard_add(cycle, ends, zones[i].claimed, zones[i].row, &end);
    }
    return shard_apply(cycle, ends, marks);
}

static struct error
job_watch_dog_run(struct job_cycle *cycle)
{
    CLEANUP_JSON json_t *marks = json_array();
    struct db_rows claimed;

    TRY(shard_claim(cycle, &claimed));
    if (claimed.count == 0) {
        return NO_ERROR;
    }
    struct watched_zone *zones = arena_array(cycle->arena, struct watched_zone, claimed.count);
    watch_dog_begin(cycle, &claimed, zones);
    TRY(zone_rest_watch(cycle, zones, claimed.count));
    TRY(shard_keep(cycle, &claimed));
    TRY(vanish_watch_run(cycle, zones, claimed.count));
    TRY(shard_keep(cycle, &claimed));
    TRY(sweep_run(cycle, zones, claimed.count, marks));
    return watch_dog_end(cycle, zones, claimed.count, marks);
}

const struct job job_watch_dog = {
    .name = "job-watch-dog",
    .enabled = SETTING_JOB_WATCH_DOG_ENABLED,
    .period = SETTING_JOB_WATCH_DOG_PERIOD_SECONDS,
    .run = job_watch_dog_run,
    .request = shard_due,
};
