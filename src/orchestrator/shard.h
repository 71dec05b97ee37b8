/* shard.h: work on zones, as on instances: claim, calls to all zones at once, fenced end. */
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

/* Claims the zones in which the cycle's job is due: rows of sql/queries/shard_claim.sql. */
MUST_CHECK struct error shard_claim(struct job_cycle *cycle, struct db_rows *claimed);
/* Renews the leases where a good part of their time is over.  When one of the zones is another's by
 * now, no more acts are covered in this cycle (cycle_lease_covers). */
MUST_CHECK struct error shard_keep(struct job_cycle *cycle, const struct db_rows *claimed);
/* Makes every zone of the cycle's job due: a run was asked for. */
MUST_CHECK struct error shard_due(struct job_cycle *cycle);
/* Opens each claimed zone's provider and makes that call there (its zone is filled in; tags: of the
 * fleet, where by_fleet), all at once; the leases are kept while lists are
 * read, however many their pages.  A zone whose provider cannot be opened has a call that says
 * why, and owner NULL.  owners may be NULL. */
struct provider_call *shard_ask(struct job_cycle *cycle, const struct db_rows *claimed,
                                enum call_kind kind, bool by_fleet, struct provider **owners);
/* Adds the end of the work on the zone of that row of a claim. */
void shard_add(struct job_cycle *cycle, json_t *ends, const struct db_rows *claimed, size_t row,
               const struct shard_end *end);
/* Fenced; counts what was applied and what is another's by now.  marks may be NULL. */
MUST_CHECK struct error
shard_apply(struct job_cycle *cycle, const json_t *ends, const json_t *marks);

#endif
