/* wake.h: Redis as a bell.  Messages only wake; what they tell of is in the database.  Redis away
 * is no error: publishing then does nothing, and a listener tries again with back-off. */
#ifndef INVENTIV_STORE_WAKE_H
#define INVENTIV_STORE_WAKE_H

#include <stdbool.h>

#include "base/config.h"

#define WAKE_COMMANDS "orchestrator_events" /* CMD:*, as the existing system's clients publish */
#define WAKE_JOBS "inventiv_wake"           /* our own: the name of a job, as plain text */

/* ERR_CONFIG when REDIS_URL is not understood; for a program's start. */
MUST_CHECK struct error wake_check(struct arena *arena, const struct config *config);

struct wake;

/* Owns a thread that publishes, so that the caller never waits.  Freed by the caller, NULL
 * accepted. */
struct wake *wake_new(const struct config *config);
void wake_free(struct wake *wake);

/* From any thread; copied; dropped when too many wait. */
void wake_publish(struct wake *wake, const char *channel, const char *message);
/* True while Redis answers, or none is configured. */
bool wake_is_up(struct wake *wake);

struct wake_listener;
typedef void (*wake_heard)(const char *channel, const char *message, void *context);

/* Calls heard() on its own thread for each message on the two channels. */
struct wake_listener *wake_listen(const struct config *config, wake_heard heard, void *context);
void wake_listener_free(struct wake_listener *listener);
bool wake_listener_is_up(struct wake_listener *listener);

#endif
