/* engine_output.h: the file that an engine prints into, engine.log in the state folder. */
#ifndef INVENTIV_WORKER_ENGINE_OUTPUT_H
#define INVENTIV_WORKER_ENGINE_OUTPUT_H

#include "base/arena.h"
#include "worker/worker_options.h"

const char *engine_output_path(struct arena *arena, const struct worker_options *options);

/* Once the file is over WORKER_LOG_MAX_BYTES: keeps it as engine.log.1 and empties it in place,
 * since the engine goes on appending to it. What it prints meanwhile may be lost. */
void engine_output_trim(const struct worker_options *options);

#endif
