/* job_catalog_sync.c: reads what each zone offers: instance types, prices, stock. */
#include <string.h>

#include "base/clock.h"
#include "domain/backoff.h"
#include "orchestrator/calls.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/shard.h"
#include "orchestrator/workbench.h"

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

/* Opens each zone's provider and asks it, all at once; a zone whose provider cannot be opened keeps
 * a call that says why. */
static struct provider_call *
catalog_ask(struct job_cycle *cycle, const struct db_rows *zones)
{
    struct provider_call *calls = arena_array(cycle->arena, struct provider_call, zones->count);
    struct provider_call **asked = arena_array(cycle->arena, struct provider_call *, zones->count);
    struct provider **owners = arena_array(cycle->arena, struct provider *, zones->count);
    size_t length = 0;

    for (size_t row = 0; row < zones->count; row++) {
        calls[row] =
            (struct provider_call){ .kind = CALL_TYPE_LIST, .zone = row_text(zones, row, "zone") };
        struct error error =
            workbench_provider(cycle->workbench, cycle->arena, row_text(zones, row, "provider"),
                               row_text(zones, row, "driver"), row_text(zones, row, "api_url"),
                               row_text(zones, row, "credentials_prefix"), &owners[length]);
        if (error_is(error)) {
            calls[row].class = ANSWER_DENIED;
            calls[row].message = error.message;
        } else {
            asked[length++] = &calls[row];
        }
    }
    calls_run(cycle, owners, asked, length);
    return calls;
}

static struct error
job_catalog_sync_run(struct job_cycle *cycle)
{
    struct arena *arena = cycle->arena;
    CLEANUP_JSON json_t *types = json_array();
    CLEANUP_JSON json_t *ends = json_array();
    struct db_rows zones;

    cycle->claim_mono_ms = cycle->lease_mono_ms = clock_monotonic_ms();
    TRY(db_run(cycle->db, arena, Q_CATALOG_SYNC_CLAIM, &zones,
               DB_PARAMS(db_i64(arena, config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS)),
                         db_i64(arena, config_count(cycle->config, SETTING_JOB_BATCH_ROWS)),
                         cycle->orchestrator_id)));
    if (zones.count == 0) {
        return NO_ERROR;
    }
    TRY(cycle_claimed(cycle, zones.count, row_i64(&zones, 0, "now_ms", 0)));
    struct provider_call *calls = catalog_ask(cycle, &zones);
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

static struct error
job_catalog_sync_request(struct job_cycle *cycle)
{
    return db_run0(cycle->db, cycle->arena, Q_CATALOG_SYNC_DUE, NULL);
}

const struct job job_catalog_sync = {
    .name = "job-catalog-sync",
    .enabled = SETTING_JOB_CATALOG_SYNC_ENABLED,
    .period = SETTING_JOB_CATALOG_SYNC_PERIOD_SECONDS,
    .run = job_catalog_sync_run,
    .request = job_catalog_sync_request,
};
