/* engine.h: the thread that runs the engine: starts it, asks it how it is, starts it again when
 * it dies, lets it finish and ends it when the plane or a signal says so.  Where there is no
 * ENGINE_COMMAND somebody else runs it and it is only asked. */
#ifndef INVENTIV_WORKER_ENGINE_H
#define INVENTIV_WORKER_ENGINE_H

#include "worker/engine_probe.h"
#include "worker/event_log.h"
#include "worker/worker_state.h"

enum engine_phase {
    ENGINE_DOWN,
    ENGINE_UP,
    ENGINE_DRAINING, /* may finish what it runs */
    ENGINE_STOPPING, /* has got SIGTERM; gets SIGKILL at kill_at_ms */
};

/* Fill the first part; the second is the thread's own. */
struct engine {
    const struct worker_options *options;
    struct worker_state *state;
    struct event_log *events;
    void (*on_end)(void *argument); /* called on this thread when the worker ends */
    void *on_end_argument;

    struct http_client *client;
    struct engine_facts facts;
    enum engine_phase phase;
    int64_t started_ms;
    int64_t next_start_ms;
    int64_t drain_until_ms;
    int64_t kill_at_ms;
    int64_t next_probe_ms;
    int64_t next_trim_ms;
    int64_t deaths;      /* in a row, each after a short life */
    int64_t env_version; /* of the secrets that the running engine was started with */
    int64_t misses;      /* probes in a row without an answer */
    enum engine_answer last_answer;
    bool asked; /* last_answer counts */
};

/* A thread's function. */
void *engine_run(void *engine);

#endif
