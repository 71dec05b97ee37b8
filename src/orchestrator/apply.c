/* apply.c: everything decided in a cycle, in one statement (sql/queries/instance_apply.sql) behind one
 * that locks the roots.  Where the database refuses the batch for one row's sake, rows are applied
 * one by one and that one is left to its next run. */
#include <string.h>

#include "base/kill_point.h"
#include "base/log.h"
#include "orchestrator/apply_rows.h"
#include "orchestrator/jobs/jobs.h"
#include "store/tx.h"

static void
apply_count(struct job_cycle *cycle, struct instance_case *cases, size_t count,
            const struct db_rows *rows)
{
    if (rows->count > 0 && row_bool(rows, 0, "told")) {
        cycle_wake(cycle, &job_outbox);
    }
    for (size_t i = 0; i < count; i++) {
        bool applied = false;
        for (size_t row = 0; row < rows->count && !applied; row++) {
            applied = strcmp(row_text(rows, row, "id"), cases[i].id) == 0;
        }
        if (!applied) {
            cycle->stale++;
            continue;
        }
        const struct decision *decision = &cases[i].decision;
        const struct job *next = job_of_state(decision->to);
        cycle->applied++;
        if (next != NULL && next != cycle->job) {
            cycle_wake(cycle, next);
        }
        if (decision->rule != RULE_NONE) {
            log_info("state changed", LOG_STR(INSTANCE_ID, cases[i].id),
                     LOG_STR(CORRELATION_ID, cases[i].around.correlation_id),
                     LOG_STR(FROM, state_name(cases[i].instance.state)),
                     LOG_STR(TO, state_name(decision->to)),
                     LOG_STR(RULE, rule_name(decision->rule)), LOG_STR(REASON, decision->message));
        }
    }
}

static struct error
apply_write(struct job_cycle *cycle, const struct instance_case *cases, size_t count,
            const struct apply_rows *texts, struct db_rows *rows)
{
    struct arena *arena = cycle->arena;
    const char **ids = arena_array(arena, const char *, count);

    for (size_t i = 0; i < count; i++) {
        ids[i] = cases[i].id;
    }
    TRY(roots_lock(cycle, ids, count));
    return db_run(cycle->db, arena, Q_INSTANCE_APPLY, rows,
                  DB_PARAMS(texts->decisions, texts->marks, texts->things, texts->probes,
                            texts->journal, cycle->job->name, cycle->orchestrator_id));
}

static struct error
apply_batch(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    struct arena *arena = cycle->arena;
    struct apply_rows texts =
        apply_rows_make(arena, cases, count, strcmp(cycle->job->name, "job-health-check") == 0);
    struct db_rows rows = { 0 };

    TRY(tx_begin(cycle->db, arena));
    TRY(tx_end(cycle->db, arena, apply_write(cycle, cases, count, &texts, &rows)));
    apply_count(cycle, cases, count, &rows);
    for (size_t i = 0; i < count; i++) {
        kill_point_pass(KILL_POINT_APPLIED, cases[i].decision.act.wanted
                                                ? call_kind_name(cases[i].decision.act.kind)
                                                : "");
    }
    return NO_ERROR;
}

struct error
apply_run(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    struct error error = apply_batch(cycle, cases, count);

    if (count < 2 || error.code == ERR_NONE || error.code == ERR_UNAVAILABLE) {
        return error;
    }
    for (size_t i = 0; i < count; i++) {
        error = apply_batch(cycle, &cases[i], 1);
        if (error.code == ERR_UNAVAILABLE) {
            return error;
        }
        if (error_is(error)) {
            cycle->stale++;
            log_fail("decision refused by the database", LOG_STR(INSTANCE_ID, cases[i].id),
                     LOG_STR(ERROR, error.message));
        }
    }
    return NO_ERROR;
}
