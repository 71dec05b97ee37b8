/* redis_link.h: one connection to Redis, for one thread, whose every wait ends at a time limit or
 * when its owner asks it to stop.  Opens itself again with back-off; says once that Redis is away
 * and once that it is back. */
#ifndef INVENTIV_STORE_REDIS_LINK_H
#define INVENTIV_STORE_REDIS_LINK_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"

struct redis_link;

/* purpose: for the log.  Never NULL; a REDIS_URL that is not understood is a Redis that never
 * answers.  Freed by the caller once the thread has ended; NULL accepted. */
struct redis_link *redis_link_new(const struct config *config, const char *purpose);
void redis_link_free(struct redis_link *link);

/* --- from any thread --- */

bool redis_link_is_up(struct redis_link *link);
/* Ends every wait, for good. */
void redis_link_stop(struct redis_link *link);
bool redis_link_is_stopping(struct redis_link *link);
/* Ends the present redis_link_next(), or the next one. */
void redis_link_nudge(struct redis_link *link);

/* --- by the one thread --- */

/* True when open.  Otherwise it has waited its back-off and tried once; call it again unless
 * stopping. */
bool redis_link_ensure(struct redis_link *link);
/* The same without its back-off, for an owner that has one: tries at most once, at once. */
bool redis_link_open(struct redis_link *link);
/* Why it is closed. */
const char *redis_link_fault(const struct redis_link *link);

/* Sends a command and waits for the first reply, which the caller frees; NULL when there is none
 * in time or it is an error: the link is closed then. */
redisReply *redis_link_ask(struct redis_link *link, int count, const char *const *words);

/* Sends commands of three words each, together, and waits for one reply each, all of them within
 * the time of one.  Returns how many, from the first on, were answered without an error; when that
 * is not all the link is closed. */
size_t redis_link_ask_all(struct redis_link *link, size_t count, const char *const (*commands)[3]);

/* The next reply that nobody asked for, which the caller frees; NULL when nudged, stopped or
 * broken, and after a PING when nothing was heard for REDIS_PING_SECONDS. */
redisReply *redis_link_next(struct redis_link *link);

#endif
