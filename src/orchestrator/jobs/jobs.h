/* jobs.h: the jobs; adding one is adding a file and a line here and in jobs.c. */
#ifndef INVENTIV_ORCHESTRATOR_JOBS_JOBS_H
#define INVENTIV_ORCHESTRATOR_JOBS_JOBS_H

#include "orchestrator/job.h"

extern const struct job job_provisioning;
extern const struct job job_health_check;
extern const struct job job_terminator;
extern const struct job job_watch_dog;
extern const struct job job_catalog_sync;
extern const struct job job_outbox;

#endif
