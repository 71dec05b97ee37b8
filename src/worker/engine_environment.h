/* engine_environment.h: the environment that an engine is started with. */
#ifndef INVENTIV_WORKER_ENGINE_ENVIRONMENT_H
#define INVENTIV_WORKER_ENGINE_ENVIRONMENT_H

#include "base/arena.h"
#include "worker/worker_options.h"

/* What we inherited, without our own secrets, then what the engine's command may use (MODEL_ID,
 * WORKER_VLLM_PORT, WORKER_LISTEN_ADDRESS, WORKER_STATE_DIR, INSTANCE_ID), then 'secrets'; of one
 * name the last counts, and no name is left twice.  NULL-terminated, in the arena. */
const char *const *engine_environment(struct arena *arena, const struct worker_options *options,
                                      const char *const *inherited, const char *const *secrets);

#endif
