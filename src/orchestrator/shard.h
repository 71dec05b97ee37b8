/* shard.h: how work on zones ends: rows for sql/queries/shard_apply.sql, and their apply. */
#ifndef INVENTIV_ORCHESTRATOR_SHARD_H
#define INVENTIV_ORCHESTRATOR_SHARD_H

#include "orchestrator/job.h"

struct shard_end {
    int64_t next_run_ms;
    bool failed;
    const char *error_code;
    const char *message;
    const char *group_ref; /* of the fleet's security group; "" as it is */
    bool group_ready;
};

/* Adds the end of the work on the zone of that row of a claim. */
void shard_add(struct job_cycle *cycle, json_t *ends, const struct db_rows *claimed, size_t row,
               const struct shard_end *end);
/* Fenced; counts what was applied and what is another's by now.  marks may be NULL. */
MUST_CHECK struct error
shard_apply(struct job_cycle *cycle, const json_t *ends, const json_t *marks);

#endif
