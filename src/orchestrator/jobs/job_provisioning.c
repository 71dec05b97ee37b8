/* job_provisioning.c: drives accepted instances to a running machine, one recorded step at a time;
 * and sees to the fleet's one security group in each zone where something is provisioned. */
#include "orchestrator/case.h"
#include "orchestrator/jobs/jobs.h"
#include "orchestrator/zone_group.h"

static struct error
job_provisioning_run(struct job_cycle *cycle)
{
    TRY(zone_group_run(cycle));
    return instance_cycle_run(cycle, Q_PROVISIONING_CLAIM);
}

const struct job job_provisioning = {
    .name = "job-provisioning",
    .enabled = SETTING_JOB_PROVISIONING_ENABLED,
    .period = SETTING_JOB_PROVISIONING_PERIOD_SECONDS,
    .states = "{provisioning}",
    .run = job_provisioning_run,
};
