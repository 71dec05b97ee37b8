/* worker_figures.h: the worker's own Prometheus text. Pure. */
#ifndef INVENTIV_WORKER_WORKER_FIGURES_H
#define INVENTIV_WORKER_WORKER_FIGURES_H

#include "base/buffer.h"
#include "worker/worker_state.h"

/* Names of the existing agent; what is not known, and GPUs that are made up, do not appear. */
void worker_figures_write(const struct worker_facts *facts, struct buffer *out);

#endif
