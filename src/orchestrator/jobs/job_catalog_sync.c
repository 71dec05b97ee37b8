/* job_catalog_sync.c: reads what each zone offers: instance types, prices, stock. */
#include "domain/backoff.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/shard.h"

enum { GIB = 1 << 30 };

static int64_t
catalog_whole(int64_t bytes, int64_t unit)
{
    return (bytes + unit / 2) / unit;
}

static void
catalog_add_types(json_t *types, const struct db_rows *zones, size_t row,
                  const struct provider_call *call)
{
    for (size_t i = 0; i < call->type_count; i++) {
        const struct type_view *type = &call->types[i];
        json_array_append_new(
            types, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:f, s:s}", "provider_id",
                             row_text(zones, row, "provider_id"), "zone_id",
                             row_text(zones, row, "zone_id"), "code", type->code, "gpu_count",
                             (json_int_t)type->gpu_count, "vram_gb",
                             (json_int_t)catalog_whole(type->vram_per_gpu_bytes, GIB), "cpu_count",
                             (json_int_t)type->cpu_count, "ram_gb",
                             (json_int_t)catalog_whole(type->ram_bytes, GIB), "bandwidth_bps",
                             (json_int_t)type->bandwidth_bps, "cost_per_hour",
                             type->cost_per_hour_eur, "stock", type->stock));
    }
}

static void
catalog_end_zone(struct job_cycle *cycle, json_t *ends, const struct db_rows *zones, size_t row,
                 const struct provider_call *call)
{
    int64_t period_ms = config_ms(cycle->config, SETTING_JOB_CATALOG_SYNC_PERIOD_SECONDS);
    bool failed = call->class != ANSWER_OK;
    int64_t delay_ms = failed ? backoff_ms(cycle->policy->check_base_ms, period_ms,
                                           row_i64(zones, row, "attempts", 1), 0)
                              : period_ms;
    struct shard_end end = { .next_run_ms = cycle_now_ms(cycle) + delay_ms,
                             .failed = failed,
                             .error_code = answer_class_error_code(call->class),
                             .message = call->message,
                             .group_ref = "" };

    cycle_due_in(cycle, delay_ms);
    shard_add(cycle, ends, zones, row, &end);
}

static struct error
job_catalog_sync_run(struct job_cycle *cycle)
{
    struct arena *arena = cycle->arena;
    CLEANUP_JSON json_t *types = json_array();
    CLEANUP_JSON json_t *ends = json_array();
    struct db_rows zones;

    TRY(shard_claim(cycle, &zones));
    if (zones.count == 0) {
        return NO_ERROR;
    }
    struct provider_call *calls = shard_ask(cycle, &zones, CALL_TYPE_LIST, false, NULL);
    for (size_t i = 0; i < zones.count; i++) {
        if (calls[i].class == ANSWER_OK) {
            catalog_add_types(types, &zones, i, &calls[i]);
        }
        catalog_end_zone(cycle, ends, &zones, i, &calls[i]);
    }
    TRY(db_run(cycle->db, arena, Q_CATALOG_APPLY, NULL,
               DB_PARAMS(db_json(arena, types), db_json(arena, ends))));
    return shard_apply(cycle, ends, NULL);
}

const struct job job_catalog_sync = {
    .name = "job-catalog-sync",
    .enabled = SETTING_JOB_CATALOG_SYNC_ENABLED,
    .period = SETTING_JOB_CATALOG_SYNC_PERIOD_SECONDS,
    .run = job_catalog_sync_run,
    .request = shard_due,
};
