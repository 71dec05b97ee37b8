/* routing.h: who may be sent traffic now.  A state is kept, this is judged each time (lifecycle.md,
 * "routable"): it follows what was wished and what was last heard at once.  Pure. */
#ifndef INVENTIV_DOMAIN_ROUTING_H
#define INVENTIV_DOMAIN_ROUTING_H

#include "domain/state.h"

struct routing_facts {
    enum instance_state state;
    bool is_wanted;          /* the root is wished to run, and this generation of it */
    bool breaker_is_open;    /* its acts fail in a row */
    bool held;               /* silent with many others, and answers our own probes */
    int64_t generation;      /* of the instance */
    int64_t beat_generation; /* of the worker that beat last; 0: none did */
    bool beat_is_ready;      /* that beat's status */
    bool beat_has_model;     /* ... names the model that is wanted */
    int64_t beat_age_ms;
    int64_t beat_period_ms;     /* as the worker told; 0: it tells none */
    int64_t provider_period_ms; /* what its provider's workers are installed with */
    int64_t queue_depth;        /* negative: not told */
};

bool routing_is_routable(const struct routing_facts *facts, int64_t beat_age_max_ms);
/* For qsort's sake: negative, 0 or positive.  The shortest queue first, one that is not told last; of
 * equals, the one heard from last. */
int routing_compare(const struct routing_facts *left, const struct routing_facts *right);

#endif
