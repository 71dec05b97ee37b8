/* commands.h: what messages on Redis ask for: the CMD:* of the existing system's clients, and our
 * own bells.  They only hasten: an instance becomes due, a run is asked for, a job is woken; what
 * is wished stands in the database alone.  Whatever else comes is counted and ignored. */
#ifndef INVENTIV_ORCHESTRATOR_COMMANDS_H
#define INVENTIV_ORCHESTRATOR_COMMANDS_H

#include "orchestrator/pulse.h"

/* Zero-initialise the rest. */
struct commands {
    const struct config *config;
    struct runner *runner;
    struct pulse *pulse; /* writes down what is asked for */
    int64_t ignored;     /* of the listener's thread */
};

/* Heard on the channels of store/wake.h; context is a struct commands. */
void commands_heard(const char *channel, const char *message, void *context);

#endif
