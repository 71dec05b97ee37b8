/* job_terminator.c: drives what is to end to its end: drains, gives everything back and proves it,
 * lets go of failures whose retention is over, archives.  A wish to terminate is taken up from
 * any state, so that it does not hang on the job that owns that state. */
#include "orchestrator/case.h"
#include "orchestrator/jobs/jobs.h"

static struct error
job_terminator_run(struct job_cycle *cycle)
{
    return instance_cycle_run(cycle, Q_TERMINATOR_CLAIM);
}

const struct job job_terminator = {
    .name = "job-terminator",
    .enabled = SETTING_JOB_TERMINATOR_ENABLED,
    .period = SETTING_JOB_TERMINATOR_PERIOD_SECONDS,
    .states = "{draining,terminating,provisioning_failed,startup_failed,failed,terminated}",
    .run = job_terminator_run,
};
