/* publisher.h: publishing to Redis for what must arrive: it waits for the answers, where the bells
 * of wake.h may be lost.  For one thread at a time. */
#ifndef INVENTIV_STORE_PUBLISHER_H
#define INVENTIV_STORE_PUBLISHER_H

#include <stddef.h>

#include "base/config.h"

struct publisher;

struct publication {
    const char *channel;
    const char *message;
};

/* Never NULL, not yet connected; freed by the caller, NULL accepted.  Without a REDIS_URL there is
 * nobody who could listen: everything counts as published. */
struct publisher *publisher_new(const struct config *config);
void publisher_free(struct publisher *publisher);

/* Connects, if not connected, trying once; ERR_UNAVAILABLE. */
MUST_CHECK struct error publisher_open(struct publisher *publisher, struct arena *arena);
/* In that order, once open.  Returns how many, from the first on, Redis has acknowledged: of the
 * others nobody knows. */
size_t publisher_send(struct publisher *publisher, struct arena *arena,
                      const struct publication *publications, size_t count);
/* Why Redis acknowledged less than all; for people. */
const char *publisher_fault(const struct publisher *publisher);

#endif
