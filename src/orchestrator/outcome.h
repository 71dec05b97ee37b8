/* outcome.h: puts on record what calls came to.  Outcomes are facts: they are written without the
 * fence, and again and again while the database is away, until the lease's time is over; then the
 * calls are open ones, which the next claim clears up. */
#ifndef INVENTIV_ORCHESTRATOR_OUTCOME_H
#define INVENTIV_ORCHESTRATOR_OUTCOME_H

#include "orchestrator/job.h"

/* rows: see sql/queries/operation_record.sql.  A row that the database refuses keeps back no other. */
MUST_CHECK struct error outcome_record(struct job_cycle *cycle, const json_t *rows);

#endif
