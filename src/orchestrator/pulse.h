/* pulse.h: the thread that says that decisions are being made, brings the schema up to date at the
 * start, gives every zone its shards, and takes up what was asked for by hand or by message. */
#ifndef INVENTIV_ORCHESTRATOR_PULSE_H
#define INVENTIV_ORCHESTRATOR_PULSE_H

#include "orchestrator/inbox.h"
#include "orchestrator/runner.h"

struct pulse;

/* Starts the runner once the schema is there.  on_fatal: called once, from the thread, when the
 * database will never do (a schema ahead of us, a shifted clock that is not allowed). */
struct pulse *pulse_new(const struct config *config, const char *orchestrator_id,
                        struct runner *runner, void (*on_fatal)(void *context), void *context);
/* The database answered the last pulse. */
bool pulse_is_up(struct pulse *pulse);
/* Where messages leave what they ask for; from any thread. */
struct inbox *pulse_inbox(struct pulse *pulse);
/* From any thread: looks now for what was asked for. */
void pulse_kick(struct pulse *pulse);
void pulse_free(struct pulse *pulse); /* NULL accepted */

#endif
