/* commands.h: what messages on Redis wake.  They only wake: what they tell of is in the database. */
#ifndef INVENTIV_ORCHESTRATOR_COMMANDS_H
#define INVENTIV_ORCHESTRATOR_COMMANDS_H

#include "orchestrator/runner.h"

/* Heard on the channels of store/wake.h; context is the runner.  Anything else is ignored. */
void commands_heard(const char *channel, const char *message, void *context);

#endif
