/* zone_rest.h: where the provider refuses our credentials or our quota, the zone rests, and an alert
 * tells of it: it is the account's matter, not the instance's, and nothing is begun there for a while.
 * Written by whichever cycle met the refusal; ended by job-watch-dog, which sees every zone. */
#ifndef INVENTIV_ORCHESTRATOR_ZONE_REST_H
#define INVENTIV_ORCHESTRATOR_ZONE_REST_H

#include "orchestrator/case.h"
#include "orchestrator/watch.h"

struct zone_refusal {
    const char *zone_id;
    const char *zone;
    const char *provider;       /* its code */
    const char *correlation_id; /* NULL: no request led to it */
    enum answer_class answer;   /* one that is no refusal is passed over */
};

/* One statement for all of them and one for their alerts; none when nothing was refused. */
MUST_CHECK struct error
zone_rest_apply(struct job_cycle *cycle, const struct zone_refusal *refusals, size_t count);
/* What looks at and calls for instances were refused. */
MUST_CHECK struct error
zone_rest_run(struct job_cycle *cycle, const struct instance_case *cases, size_t count);
/* What lists were refused; and alerts of zones that work again are resolved. */
MUST_CHECK struct error
zone_rest_watch(struct job_cycle *cycle, const struct watched_zone *zones, size_t count);

#endif
