#include "api/event_ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct event_ring {
    struct event *events;
    size_t size;
    uint64_t begin;
    uint64_t end;
    struct event_key before; /* the key at begin */
};

int
event_key_compare(struct event_key a, struct event_key b)
{
    if (a.xid != b.xid) {
        return a.xid < b.xid ? -1 : 1;
    }
    return a.id == b.id ? 0 : a.id < b.id ? -1 : 1;
}

void
event_key_text(struct event_key key, char out[EVENT_KEY_TEXT_SIZE])
{
    snprintf(out, EVENT_KEY_TEXT_SIZE, "%lld-%lld", (long long)key.xid, (long long)key.id);
}

/* Digits alone: strtoll() takes blanks and signs, too. */
static bool
event_key_number(const char *text, int64_t *out, char **end)
{
    if (*text < '0' || *text > '9') {
        return false;
    }
    errno = 0;
    *out = strtoll(text, end, 10);
    return errno == 0;
}

bool
event_key_parse(const char *text, struct event_key *out)
{
    struct event_key key;
    char *end;

    if (!event_key_number(text, &key.xid, &end) || *end != '-' ||
        !event_key_number(end + 1, &key.id, &end) || *end != '\0') {
        return false;
    }
    *out = key;
    return true;
}

struct event_ring *
event_ring_new(size_t size)
{
    struct event_ring *ring = mem_zalloc(sizeof *ring);

    ring->events = mem_zalloc(size * sizeof *ring->events);
    ring->size = size;
    return ring;
}

void
event_ring_free(struct event_ring *ring)
{
    if (ring != NULL) {
        mem_free(ring->events);
        mem_free(ring);
    }
}

void
event_ring_restart(struct event_ring *ring, struct event_key after)
{
    ring->end++;
    ring->begin = ring->end;
    ring->before = after;
}

static struct event *
event_ring_slot(const struct event_ring *ring, uint64_t position)
{
    return &ring->events[position % ring->size];
}

void
event_ring_add(struct event_ring *ring, const struct event *event)
{
    if (ring->end - ring->begin == ring->size) {
        ring->before = event_ring_slot(ring, ring->begin)->key;
        ring->begin++;
    }
    *event_ring_slot(ring, ring->end) = *event;
    ring->end++;
}

uint64_t
event_ring_begin(const struct event_ring *ring)
{
    return ring->begin;
}

uint64_t
event_ring_end(const struct event_ring *ring)
{
    return ring->end;
}

const struct event *
event_ring_at(const struct event_ring *ring, uint64_t position)
{
    return event_ring_slot(ring, position);
}

struct event_key
event_ring_key(const struct event_ring *ring, uint64_t position)
{
    return position == ring->begin ? ring->before : event_ring_slot(ring, position - 1)->key;
}

bool
event_ring_find(const struct event_ring *ring, struct event_key key, uint64_t *position)
{
    uint64_t low = ring->begin;
    uint64_t high = ring->end;

    if (event_key_compare(key, ring->before) < 0 ||
        event_key_compare(key, event_ring_key(ring, ring->end)) > 0) {
        return false;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (event_key_compare(event_ring_slot(ring, middle)->key, key) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *position = low;
    return true;
}
