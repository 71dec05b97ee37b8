#include "orchestrator/outcome.h"

#include "base/clock.h"
#include "base/log.h"
#include "orchestrator/jobs/jobs.h"

static struct error
outcome_write(struct job_cycle *cycle, const json_t *rows)
{
    struct db_rows due;

    TRY(db_run(cycle->db, cycle->arena, Q_OPERATION_RECORD, &due,
               DB_PARAMS(db_json(cycle->arena, rows), cycle->job->name, cycle->orchestrator_id)));
    if (due.count > 0 && row_bool(&due, 0, "told")) {
        cycle_wake(cycle, &job_outbox);
    }
    return NO_ERROR;
}

/* One by one, so that one bad row does not keep the others off the record. */
static struct error
outcome_write_each(struct job_cycle *cycle, const json_t *rows)
{
    struct error first = NO_ERROR;
    size_t index;
    json_t *row;

    for (index = 0; index < json_array_size(rows); index++) {
        row = json_array_get(rows, index);
        CLEANUP_JSON json_t *single = json_pack("[O]", row);
        struct error error = outcome_write(cycle, single);
        if (error_is(error)) {
            log_fail("outcome not on record",
                     LOG_STR(OPERATION_ID, json_get_string(row, "op_id", "")),
                     LOG_STR(OUTCOME, json_get_string(row, "outcome", "")),
                     LOG_STR(ERROR, error.message));
            first = error_is(first) ? first : error;
        }
    }
    return first;
}

struct error
outcome_record(struct job_cycle *cycle, const json_t *rows)
{
    int64_t until_ms = clock_monotonic_ms() + config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS);
    int64_t pause_ms = config_ms(cycle->config, SETTING_DATABASE_RECONNECT_MIN_SECONDS);
    struct error error = outcome_write(cycle, rows);

    while (error_is(error) && clock_monotonic_ms() < until_ms) {
        if (error.code != ERR_UNAVAILABLE) {
            return outcome_write_each(cycle, rows);
        }
        clock_pause_ms(pause_ms);
        error = outcome_write(cycle, rows);
    }
    return error;
}
