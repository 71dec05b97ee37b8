#include "orchestrator/lease.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static json_t *
lease_held(const struct instance_case *cases, size_t count)
{
    json_t *held = json_array();

    for (size_t i = 0; i < count; i++) {
        if (!cases[i].lost) {
            json_array_append_new(held, json_pack("{s:s, s:I}", "instance_id", cases[i].id, "token",
                                                  (json_int_t)cases[i].token));
        }
    }
    return held;
}

static void
lease_mark_lost(struct instance_case *cases, size_t count, const struct db_rows *kept)
{
    for (size_t i = 0; i < count; i++) {
        bool ours = false;
        for (size_t row = 0; row < kept->count && !ours; row++) {
            ours = strcmp(row_text(kept, row, "id"), cases[i].id) == 0;
        }
        cases[i].lost = !ours;
    }
}

struct error
lease_keep(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    int64_t lease_ms = config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS);
    int64_t begun_ms = clock_monotonic_ms();
    struct db_rows kept;

    if (begun_ms - cycle->lease_mono_ms < lease_ms / 4) {
        return NO_ERROR;
    }
    CLEANUP_JSON json_t *held = lease_held(cases, count);
    TRY(db_run(cycle->db, cycle->arena, Q_LEASE_RENEW, &kept,
               DB_PARAMS(db_json(cycle->arena, held), db_i64(cycle->arena, lease_ms))));
    cycle->lease_mono_ms = begun_ms;
    lease_mark_lost(cases, count, &kept);
    return NO_ERROR;
}

size_t
lease_drop_lost(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (!cases[i].lost) {
            cases[kept++] = cases[i];
            continue;
        }
        cycle->stale++;
        log_warn("lease lost", LOG_STR(INSTANCE_ID, cases[i].id), LOG_STR(JOB, cycle->job->name),
                 LOG_STR(ERROR_CODE, "LEASE_LOST"));
    }
    return kept;
}
