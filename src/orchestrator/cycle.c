/* cycle.c: time and lease of one cycle (job.h). */
#include "base/clock.h"
#include "base/kill_point.h"
#include "base/log.h"
#include "orchestrator/job.h"

int64_t
cycle_now_ms(const struct job_cycle *cycle)
{
    return cycle->claim_now_ms + (clock_monotonic_ms() - cycle->claim_mono_ms);
}

struct error
cycle_beat(struct db *db, struct arena *arena, const struct config *config)
{
    struct db_rows rows;

    TRY(db_run(db, arena, Q_DECISION_PULSE, &rows,
               DB_PARAMS(db_i64(arena, config_ms(config, SETTING_DECISION_PAUSE_SECONDS)))));
    if (row_i64(&rows, 0, "moved", 0) > 0) {
        log_warn("nothing was decided for a while; deadlines were set forward",
                 LOG_I64(DURATION_MS, row_i64(&rows, 0, "pause_ms", 0)),
                 LOG_I64(COUNT, row_i64(&rows, 0, "moved", 0)));
    }
    return NO_ERROR;
}

struct error
cycle_record(struct job_cycle *cycle)
{
    struct db_rows rows;

    if (cycle->run_id != 0) {
        return NO_ERROR;
    }
    TRY(db_run(cycle->db, cycle->arena, Q_JOB_RUN_BEGIN, &rows,
               DB_PARAMS(cycle->job->name, cycle->orchestrator_id,
                         db_i64(cycle->arena, (int64_t)cycle->claimed))));
    cycle->run_id = row_i64(&rows, 0, "id", 0);
    return NO_ERROR;
}

struct error
cycle_claimed(struct job_cycle *cycle, size_t count, int64_t now_ms)
{
    cycle->claimed += count;
    cycle->claim_now_ms = now_ms;
    if (count == 0) {
        return NO_ERROR;
    }
    kill_point_pass(KILL_POINT_CLAIMED, cycle->job->name);
    return cycle_record(cycle);
}

bool
cycle_lease_covers(const struct job_cycle *cycle, int64_t call_ms)
{
    int64_t used_ms = clock_monotonic_ms() - cycle->lease_mono_ms;

    return used_ms + call_ms < config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS);
}

void
cycle_wake(struct job_cycle *cycle, const struct job *job)
{
    cycle->wakes[job_index(job)] = true;
}

void
cycle_due_in(struct job_cycle *cycle, int64_t delay_ms)
{
    int64_t at_ms = clock_monotonic_ms() + (delay_ms > 0 ? delay_ms : 0) + 1;

    if (cycle->next_due_mono_ms == 0 || at_ms < cycle->next_due_mono_ms) {
        cycle->next_due_mono_ms = at_ms;
    }
}
