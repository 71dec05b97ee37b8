/* worker_state.h: what the worker's threads share, behind one lock: what the engine does, what
 * the machine looks like, what the plane said, whether we are to end.  Threads wait here for
 * something to change. */
#ifndef INVENTIV_WORKER_WORKER_STATE_H
#define INVENTIV_WORKER_WORKER_STATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "worker/engine_figures.h"
#include "worker/gpu.h"
#include "worker/host_sample.h"

enum worker_status { WORKER_STARTING, WORKER_READY, WORKER_DRAINING };

const char *worker_status_name(enum worker_status status);

struct engine_facts {
    pid_t pid; /* 0: none of ours runs */
    int64_t starts;
    bool serves; /* the wanted model answers */
    struct engine_figures figures;
};

struct machine_facts {
    bool sampled;
    struct host_figures host;
    struct gpu_set gpus;
    char ip[INET6_ADDRSTRLEN]; /* "" where not known */
};

struct worker_facts {
    enum worker_status status;
    struct engine_facts engine;
    struct machine_facts machine;
    bool contacted;       /* the first call to the plane has ended, however */
    bool ordered_to_stop; /* by the plane */
    bool ending;          /* by a signal */
    int64_t ending_since_ms;
    int threads_ended;
    int64_t engine_env_version; /* raised when the engine's secrets change */
    uint64_t change;            /* raised by all that threads wait for */
};

struct worker_state;

struct worker_state *worker_state_new(void);
void worker_state_free(struct worker_state *state);

void worker_state_read(struct worker_state *state, struct worker_facts *out);

/* Returns when something worth waking for has changed since *seen, or at until_ms (monotonic).
 * Worth it: the status, the first contact, the plane's order, the engine's secrets, the end, a
 * thread's end.  Sets *seen. */
void worker_state_wait(struct worker_state *state, uint64_t *seen, int64_t until_ms);

void worker_state_set_engine(struct worker_state *state, const struct engine_facts *engine);
void worker_state_set_machine(struct worker_state *state, const struct machine_facts *machine);
void worker_state_set_contacted(struct worker_state *state);
void worker_state_order_stop(struct worker_state *state, bool stop);
void worker_state_end(struct worker_state *state, int64_t now_ms);
void worker_state_note_thread_end(struct worker_state *state);

/* Secrets for the engine, "NAME=value": in memory only.  Copied; no change when equal. */
void worker_state_set_engine_env(struct worker_state *state, const char *const *env, size_t count);
/* NULL-terminated copies in the arena; *version says which. */
const char *const *
worker_state_engine_env(struct worker_state *state, struct arena *arena, int64_t *version);

#endif
