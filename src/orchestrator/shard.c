#include "orchestrator/shard.h"

#include "base/clock.h"
#include "base/log.h"
#include "orchestrator/calls.h"
#include "orchestrator/tags.h"
#include "orchestrator/workbench.h"

struct error
shard_claim(struct job_cycle *cycle, struct db_rows *claimed)
{
    struct arena *arena = cycle->arena;

    cycle->claim_mono_ms = cycle->lease_mono_ms = clock_monotonic_ms();
    TRY(db_run(cycle->db, arena, Q_SHARD_CLAIM, claimed,
               DB_PARAMS(db_i64(arena, config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS)),
                         db_i64(arena, config_count(cycle->config, SETTING_JOB_BATCH_ROWS)),
                         cycle->orchestrator_id, cycle->job->name)));
    return claimed->count == 0
               ? NO_ERROR
               : cycle_claimed(cycle, claimed->count, row_i64(claimed, 0, "now_ms", 0));
}

struct error
shard_keep(struct job_cycle *cycle, const struct db_rows *claimed)
{
    int64_t lease_ms = config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS);
    int64_t begun_ms = clock_monotonic_ms();
    CLEANUP_JSON json_t *held = json_array();
    struct db_rows kept;

    if (begun_ms - cycle->lease_mono_ms < lease_ms / 4) {
        return NO_ERROR;
    }
    for (size_t row = 0; row < claimed->count; row++) {
        json_array_append_new(
            held, json_pack("{s:s, s:s, s:I}", "provider_id", row_text(claimed, row, "provider_id"),
                            "zone_id", row_text(claimed, row, "zone_id"), "token",
                            (json_int_t)row_i64(claimed, row, "fencing_token", 0)));
    }
    TRY(db_run(
        cycle->db, cycle->arena, Q_SHARD_RENEW, &kept,
        DB_PARAMS(db_json(cycle->arena, held), db_i64(cycle->arena, lease_ms), cycle->job->name)));
    cycle->lease_mono_ms = kept.count == claimed->count ? begun_ms : cycle->lease_mono_ms;
    return NO_ERROR;
}

/* Leases that are held while a call takes its time. */
struct shard_hold {
    struct job_cycle *cycle;
    const struct db_rows *claimed;
};

/* What fails here is found out at the next statement. */
static void
shard_on_page(void *argument)
{
    const struct shard_hold *hold = argument;
    struct error error = shard_keep(hold->cycle, hold->claimed);

    if (error_is(error)) {
        log_warn("leases on zones were not renewed", LOG_STR(JOB, hold->cycle->job->name),
                 LOG_STR(ERROR, error.message));
    }
}

struct error
shard_due(struct job_cycle *cycle)
{
    return db_run(cycle->db, cycle->arena, Q_SHARD_DUE, NULL, DB_PARAMS(cycle->job->name));
}

struct provider_call *
shard_ask(struct job_cycle *cycle, const struct db_rows *claimed, enum call_kind kind,
          bool by_fleet, struct provider **owners)
{
    struct arena *arena = cycle->arena;
    struct provider_call *calls = arena_array(arena, struct provider_call, claimed->count);
    struct provider_call **asked = arena_array(arena, struct provider_call *, claimed->count);
    struct provider **open = arena_array(arena, struct provider *, claimed->count);
    struct shard_hold *hold = arena_array(arena, struct shard_hold, 1);
    size_t length = 0;

    *hold = (struct shard_hold){ cycle, claimed };
    for (size_t row = 0; row < claimed->count; row++) {
        struct provider *provider = NULL;
        calls[row] = (struct provider_call){
            .kind = kind,
            .zone = row_text(claimed, row, "zone"),
            .tags = by_fleet ? tags_of_fleet(arena, row_text(claimed, row, "fleet_id")) : NULL,
            .tag_count = by_fleet ? TAGS_OF_FLEET : 0,
            .on_page = shard_on_page,
            .on_page_argument = hold,
        };
        struct error error =
            workbench_provider(cycle->workbench, arena, row_text(claimed, row, "provider"),
                               row_text(claimed, row, "driver"), row_text(claimed, row, "api_url"),
                               row_text(claimed, row, "credentials_prefix"), &provider);
        if (error_is(error)) {
            calls[row].class = ANSWER_DENIED;
            calls[row].message = error.message;
            provider = NULL;
        } else {
            open[length] = provider;
            asked[length++] = &calls[row];
        }
        if (owners != NULL) {
            owners[row] = provider;
        }
    }
    calls_run(cycle, open, asked, length);
    return calls;
}

void
shard_add(struct job_cycle *cycle, json_t *ends, const struct db_rows *claimed, size_t row,
          const struct shard_end *end)
{
    json_array_append_new(
        ends, json_pack("{s:s, s:s, s:s, s:I, s:I, s:b, s:s, s:s, s:s, s:b}", "job",
                        cycle->job->name, "provider_id", row_text(claimed, row, "provider_id"),
                        "zone_id", row_text(claimed, row, "zone_id"), "token",
                        (json_int_t)row_i64(claimed, row, "fencing_token", 0), "next_run_ms",
                        (json_int_t)end->next_run_ms, "failed", end->failed, "error_code",
                        end->error_code, "message", end->message, "group_ref", end->group_ref,
                        "group_ready", end->group_ready));
}

struct error
shard_apply(struct job_cycle *cycle, const json_t *ends, const json_t *marks)
{
    struct db_rows applied;

    TRY(db_run(cycle->db, cycle->arena, Q_SHARD_APPLY, &applied,
               DB_PARAMS(db_json(cycle->arena, ends),
                         marks == NULL ? "[]" : db_json(cycle->arena, marks))));
    cycle->applied += applied.count;
    cycle->stale += json_array_size(ends) - applied.count;
    return NO_ERROR;
}
