/* zone_group.h: sees to the fleet's security group in zones where something is provisioned. */
#ifndef INVENTIV_ORCHESTRATOR_ZONE_GROUP_H
#define INVENTIV_ORCHESTRATOR_ZONE_GROUP_H

#include "orchestrator/job.h"

MUST_CHECK struct error zone_group_run(struct job_cycle *cycle);

#endif
