/* job_health_check.c: drives running machines to an answering model: heartbeats first, then SSH,
 * /readyz, /v1/models and one small question. */
#include "orchestrator/case.h"
#include "orchestrator/jobs/jobs.h"

static struct error
job_health_check_run(struct job_cycle *cycle)
{
    return instance_cycle_run(cycle, Q_HEALTH_CHECK_CLAIM);
}

const struct job job_health_check = {
    .name = "job-health-check",
    .enabled = SETTING_JOB_HEALTH_CHECK_ENABLED,
    .period = SETTING_JOB_HEALTH_CHECK_PERIOD_SECONDS,
    .states = "{booting,installing,starting,ready,unavailable,worker_dead}",
    .run = job_health_check_run,
};
