/* engine_watch.h: what the engine's thread makes of its probes: serves, or no longer. */
#ifndef INVENTIV_WORKER_ENGINE_WATCH_H
#define INVENTIV_WORKER_ENGINE_WATCH_H

#include "worker/engine.h"

/* Probes once and takes the answer into engine->facts.  An engine that listens but gives no answer
 * may only be busy: it counts as serving until ENGINE_PROBE_FALL probes in a row went unanswered.
 * Any other answer counts at once. */
void engine_watch_probe(struct engine *engine);

/* The engine is gone: nothing is known of it any more. */
void engine_watch_forget(struct engine *engine, const char *why);

#endif
