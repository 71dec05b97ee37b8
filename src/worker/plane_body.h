/* plane_body.h: the bodies of registrations and heartbeats.  Pure. */
#ifndef INVENTIV_WORKER_PLANE_BODY_H
#define INVENTIV_WORKER_PLANE_BODY_H

#include "base/arena.h"
#include "worker/worker_options.h"
#include "worker/worker_state.h"

/* secret: "" = none, the existing system's registration. */
char *plane_body_register(struct arena *arena, const struct worker_options *options,
                          const char *secret, const struct worker_facts *facts);
char *plane_body_heartbeat(struct arena *arena, const struct worker_options *options,
                           int64_t period_ms, const struct worker_facts *facts);

#endif
