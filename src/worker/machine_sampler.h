/* machine_sampler.h: the thread that looks at this machine: host, GPUs, address.  Alone on its
 * thread because a driver or a name server may hang, which must delay no heartbeat. */
#ifndef INVENTIV_WORKER_MACHINE_SAMPLER_H
#define INVENTIV_WORKER_MACHINE_SAMPLER_H

#include "worker/worker_options.h"
#include "worker/worker_state.h"

struct machine_sampler {
    const struct worker_options *options;
    struct worker_state *state;
};

/* A thread's function; ends when the worker does. */
void *machine_sampler_run(void *sampler);

#endif
