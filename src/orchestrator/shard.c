#include "orchestrator/shard.h"

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
