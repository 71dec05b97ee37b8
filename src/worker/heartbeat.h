/* heartbeat.h: the thread that speaks to the plane: registers, beats, obeys.  It never ends for
 * want of an answer. */
#ifndef INVENTIV_WORKER_HEARTBEAT_H
#define INVENTIV_WORKER_HEARTBEAT_H

#include "worker/beat_schedule.h"
#include "worker/event_log.h"
#include "worker/identity.h"
#include "worker/worker_state.h"

/* Fill the first part; the second is the thread's own. */
struct heartbeat {
    const struct worker_options *options;
    struct worker_state *state;
    struct event_log *events;
    struct identity identity;

    struct beat_rules rules;
    struct http_client *client;
    bool registered;
    enum worker_status sent; /* in the last call */
    int64_t asked_ms;        /* the period that the plane asked for; 0: none */
    int64_t failures;
    int64_t called_ms;     /* when the last call began */
    int64_t not_before_ms; /* the plane asked to be left alone until then */
    int64_t due_ms;
};

/* A thread's function; ends, after one last beat, when the worker does. */
void *heartbeat_run(void *heartbeat);

#endif
