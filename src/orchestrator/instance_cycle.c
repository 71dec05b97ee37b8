/* instance_cycle.c: one cycle of a job about instances: claim, look, decide, apply.  The jobs differ
 * in their claims alone; what is looked at and decided depends on the instance. */
#include "base/clock.h"
#include "base/digest.h"
#include "orchestrator/lease.h"
#include "orchestrator/zone_rest.h"

static struct error
instance_claim(struct job_cycle *cycle, enum query_id claim, struct instance_case **cases,
               size_t *count)
{
    struct arena *arena = cycle->arena;
    int64_t batch = config_count(cycle->config, SETTING_JOB_BATCH_ROWS);
    struct db_rows rows;

    cycle->claim_mono_ms = cycle->lease_mono_ms = clock_monotonic_ms();
    TRY(db_run(cycle->db, arena, claim, &rows,
               DB_PARAMS(db_i64(arena, config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS)),
                         db_i64(arena, batch), cycle->orchestrator_id)));
    *cases = arena_array(arena, struct instance_case, rows.count + 1);
    for (size_t i = 0; i < rows.count; i++) {
        (*cases)[i].id = row_text(&rows, i, "id");
        (*cases)[i].token = row_i64(&rows, i, "fencing_token", 0);
    }
    *count = rows.count;
    cycle->more = cycle->more || (int64_t)rows.count >= batch;
    return cycle_claimed(cycle, rows.count, rows.count == 0 ? 0 : row_i64(&rows, 0, "now_ms", 0));
}

struct error
instance_cycle_run(struct job_cycle *cycle, enum query_id claim)
{
    struct instance_case *cases = NULL;
    size_t count = 0;

    TRY(instance_claim(cycle, claim, &cases, &count));
    if (count == 0) {
        return NO_ERROR;
    }
    TRY(gather_facts(cycle, cases, count));
    TRY(look_run(cycle, cases, count));
    count = lease_drop_lost(cycle, cases, count);
    for (size_t i = 0; i < count; i++) {
        cases[i].decision = decide(&cases[i].instance, &cases[i].seen, cycle->policy,
                                   cycle_now_ms(cycle), digest_random_below(UINT32_MAX));
        if (cases[i].provider_error != NULL && cases[i].decision.rule == RULE_NONE) {
            cases[i].decision.error_code = "PROVIDER_DENIED";
            cases[i].decision.message = cases[i].provider_error;
        }
    }
    TRY(act_run(cycle, cases, count));
    TRY(zone_rest_run(cycle, cases, count));
    return apply_run(cycle, cases, count);
}
