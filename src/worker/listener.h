/* listener.h: the worker's own HTTP interface: /healthz /readyz /metrics for everybody, /info and
 * /logs for who holds the plane's token. */
#ifndef INVENTIV_WORKER_LISTENER_H
#define INVENTIV_WORKER_LISTENER_H

#include "base/http_server.h"
#include "worker/event_log.h"
#include "worker/worker_state.h"

/* Must outlive the server. */
struct listener {
    const struct worker_options *options;
    struct worker_state *state;
    struct event_log *events;
};

MUST_CHECK struct error listener_new(struct listener *listener, struct loop *loop,
                                     struct arena *arena, struct http_server **out);

#endif
