/* calls.h: many calls to providers at once. */
#ifndef INVENTIV_ORCHESTRATOR_CALLS_H
#define INVENTIV_ORCHESTRATOR_CALLS_H

#include "orchestrator/job.h"

/* owners[i] is the provider that calls[i] is for; those of one provider run together.  Returns when
 * each has its answer. */
void calls_run(struct job_cycle *cycle, struct provider **owners, struct provider_call **calls,
               size_t count);

#endif
