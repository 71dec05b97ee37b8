/* interface.h: the orchestrator's own HTTP interface: /healthz, /readyz, and behind the token
 * GET /jobs and POST /jobs/{name}/run. */
#ifndef INVENTIV_ORCHESTRATOR_INTERFACE_H
#define INVENTIV_ORCHESTRATOR_INTERFACE_H

#include "base/http_server.h"
#include "orchestrator/pulse.h"
#include "store/wake.h"

struct interface;

/* All outlive it.  listener NULL: run without Redis. */
MUST_CHECK struct error
interface_new(struct loop *loop, struct arena *arena, const struct config *config,
              struct runner *runner, struct pulse *pulse, struct wake_listener *listener,
              struct interface **out);
void interface_drain(struct interface *interface, int64_t limit_ms, loop_fn done, void *argument);
void interface_free(struct interface *interface);

#endif
