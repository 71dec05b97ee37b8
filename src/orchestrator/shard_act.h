/* shard_act.h: paid calls of jobs about zones, in the order that the protocol demands, as act.c makes
 * those about instances: intent, lease, call, outcome; all zones at once.  They belong to the zone:
 * what is left open is cleared up by the zone's next claim. */
#ifndef INVENTIV_ORCHESTRATOR_SHARD_ACT_H
#define INVENTIV_ORCHESTRATOR_SHARD_ACT_H

#include "orchestrator/job.h"

struct shard_act {
    const struct db_rows *zones; /* of a claim of zones */
    size_t row;
    struct provider *provider;
    struct provider_call call;  /* ready to be run; afterwards with its answer, where it was sent */
    const char *correlation_id; /* NULL: the operation's own */

    /* The instance that it is about as it was when the act was decided: moved on since, the call is
     * not made.  NULL: about none. */
    const char *instance_id;
    const char *status;
    const char *recorded_ref; /* "" when none is on record */
    bool recorded_gone;

    /* Set by shard_act_run(). */
    const char *op_id;
    bool intended; /* on record */
    bool sent;
};

/* A zone in which an answer was 'denied' or 'quota' rests. */
MUST_CHECK struct error
shard_act_run(struct job_cycle *cycle, struct shard_act **acts, size_t count);
/* What the calls led to is applied. */
void shard_act_applied(struct shard_act *const *acts, size_t count);

#endif
