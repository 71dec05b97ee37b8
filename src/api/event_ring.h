/* event_ring.h: the last changes of the fleet, in memory, in the order of their commits.  Positions
 * count changes since the program's start and lie between two of them: at the position `end` is what
 * comes next.  A key names the same place in every process: it is that of the change before it. */
#ifndef INVENTIV_API_EVENT_RING_H
#define INVENTIV_API_EVENT_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/pg_array.h"

struct event_key {
    int64_t xid;
    int64_t id;
};

enum event_kind { EVENT_INSTANCE, EVENT_ACTION };

struct event {
    struct event_key key;
    enum event_kind kind;
    bool has_instance; /* an action may be about none */
    unsigned char instance[PG_UUID_BYTES];
    unsigned char action[PG_UUID_BYTES];
};

enum { EVENT_KEY_TEXT_SIZE = 48 };

int event_key_compare(struct event_key a, struct event_key b);
/* "xid-id" */
void event_key_text(struct event_key key, char out[EVENT_KEY_TEXT_SIZE]);
bool event_key_parse(const char *text, struct event_key *out); /* false: it is none */

struct event_ring;

/* Keeps so many.  Freed by the caller, NULL accepted. */
struct event_ring *event_ring_new(size_t size);
void event_ring_free(struct event_ring *ring);

/* Forgets all, so that every earlier position is too old; begins after this key. */
void event_ring_restart(struct event_ring *ring, struct event_key after);
/* The oldest makes room. */
void event_ring_add(struct event_ring *ring, const struct event *event);

/* Positions from begin to end are kept. */
uint64_t event_ring_begin(const struct event_ring *ring);
uint64_t event_ring_end(const struct event_ring *ring);
/* The change that follows a position below end; valid until the next add. */
const struct event *event_ring_at(const struct event_ring *ring, uint64_t position);
struct event_key event_ring_key(const struct event_ring *ring, uint64_t position);
/* The position of a key, from which on nothing is missing; false: it is too old, or has not been. */
bool event_ring_find(const struct event_ring *ring, struct event_key key, uint64_t *position);

#endif
