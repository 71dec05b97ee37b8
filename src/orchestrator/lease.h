/* lease.h: keeps the leases of a cycle's instances while it works. */
#ifndef INVENTIV_ORCHESTRATOR_LEASE_H
#define INVENTIV_ORCHESTRATOR_LEASE_H

#include "orchestrator/case.h"

/* Between two steps: takes the leases anew when a quarter of their time is used.  A case whose lease
 * is another's is marked lost; nothing more is done for it. */
MUST_CHECK struct error
lease_keep(struct job_cycle *cycle, struct instance_case *cases, size_t count);
/* Moves lost cases out of the way; returns how many are left. */
size_t lease_drop_lost(struct job_cycle *cycle, struct instance_case *cases, size_t count);

#endif
