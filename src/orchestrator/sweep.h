/* sweep.h: the part of job-watch-dog about what carries the fleet's tag and is nobody's: finds it in
 * the lists, puts it and what hangs on it on record (table orphans), gives it back, proves it gone.
 * The rules are those of domain/orphan_rules.h. */
#ifndef INVENTIV_ORCHESTRATOR_SWEEP_H
#define INVENTIV_ORCHESTRATOR_SWEEP_H

#include "orchestrator/watch.h"

/* All zones at once.  marks: of operations that the end of the work on the zones settles
 * (sql/queries/shard_apply.sql). */
MUST_CHECK struct error
sweep_run(struct job_cycle *cycle, struct watched_zone *zones, size_t count, json_t *marks);

#endif
