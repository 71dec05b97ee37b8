/* job_outbox.c: publishes what the outbox holds, at least once and of each instance in order.  Only
 * the oldest unpublished row of an instance is ever claimed, so whoever publishes late (its lease
 * has run out meanwhile) can only say again what was said, never what comes after it too early. */
#include "base/clock.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/workbench.h"

/* How many of the claimed rows, from the first on, Redis has. */
static size_t
outbox_publish(struct job_cycle *cycle, const struct db_rows *claimed)
{
    struct publication *publications =
        arena_array(cycle->arena, struct publication, claimed->count);

    for (size_t i = 0; i < claimed->count; i++) {
        publications[i] = (struct publication){ row_text(claimed, i, "channel"),
                                                row_text(claimed, i, "message") };
    }
    return publisher_send(workbench_publisher(cycle->workbench), cycle->arena, publications,
                          claimed->count);
}

static struct error
outbox_end(struct job_cycle *cycle, const struct db_rows *claimed, size_t acknowledged)
{
    CLEANUP_JSON json_t *ends = json_array();
    struct db_rows ended;

    for (size_t i = 0; i < claimed->count; i++) {
        json_array_append_new(ends, json_pack("{s:I, s:I, s:b}", "id",
                                              (json_int_t)row_i64(claimed, i, "id", 0), "token",
                                              (json_int_t)row_i64(claimed, i, "fencing_token", 0),
                                              "acknowledged", i < acknowledged));
    }
    TRY(db_run(cycle->db, cycle->arena, Q_OUTBOX_END, &ended,
               DB_PARAMS(db_json(cycle->arena, ends))));
    cycle->applied += (size_t)row_i64(&ended, 0, "published", 0);
    cycle->stale += claimed->count - (size_t)row_i64(&ended, 0, "published", 0);
    cycle->more = cycle->more || row_bool(&ended, 0, "more");
    return NO_ERROR;
}

static struct error
job_outbox_run(struct job_cycle *cycle)
{
    struct arena *arena = cycle->arena;
    struct publisher *publisher = workbench_publisher(cycle->workbench);
    int64_t batch = config_count(cycle->config, SETTING_JOB_BATCH_ROWS);
    struct db_rows claimed;

    /* First, so that rows are not claimed and given back for as long as Redis is away. */
    TRY(publisher_open(publisher, arena));
    cycle->claim_mono_ms = cycle->lease_mono_ms = clock_monotonic_ms();
    TRY(db_run(cycle->db, arena, Q_OUTBOX_CLAIM, &claimed,
               DB_PARAMS(db_i64(arena, config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS)),
                         db_i64(arena, batch), cycle->orchestrator_id)));
    cycle->more = (int64_t)claimed.count >= batch;
    TRY(cycle_claimed(cycle, claimed.count,
                      claimed.count == 0 ? 0 : row_i64(&claimed, 0, "now_ms", 0)));
    if (claimed.count == 0) {
        return NO_ERROR;
    }
    bool covered =
        cycle_lease_covers(cycle, config_ms(cycle->config, SETTING_REDIS_CONNECT_TIMEOUT_SECONDS));
    size_t acknowledged = covered ? outbox_publish(cycle, &claimed) : 0;
    TRY(outbox_end(cycle, &claimed, acknowledged));
    if (covered && acknowledged < claimed.count) {
        return error_make(arena, ERR_UNAVAILABLE, "Redis took %zu of %zu messages: %s",
                          acknowledged, claimed.count, publisher_fault(publisher));
    }
    return NO_ERROR;
}

const struct job job_outbox = {
    .name = "job-outbox",
    .enabled = SETTING_JOB_OUTBOX_ENABLED,
    .period = SETTING_JOB_OUTBOX_PERIOD_SECONDS,
    .run = job_outbox_run,
};
