/* test_event_ring.c: where somebody who comes back goes on. */
#include "api/event_ring.h"

#include <string.h>

#include "check.h"

enum { RING_SIZE = 8 };

static const struct event_key ring_before = { 100, 0 };

/* Two changes each of the transactions 101, 102, ...; ids need not follow each other. */
static struct event_ring *
ring_of(int count)
{
    struct event_ring *ring = event_ring_new(RING_SIZE);

    event_ring_restart(ring, ring_before);
    for (int i = 0; i < count; i++) {
        event_ring_add(ring, &(struct event){ .key = { 101 + i / 2, 1000 - i / 2 * 10 + i % 2 } });
    }
    return ring;
}

static const struct {
    const char *name;
    int count; /* in the ring since its start */
    struct event_key key;
    int next; /* the change that comes next, counted from the first; -1: there is no saying */
} ring_cases[] = {
    { "empty: its own place", 0, { 100, 0 }, 0 },
    { "empty: before it", 0, { 99, 7 }, -1 },
    { "empty: after it", 0, { 101, 0 }, -1 },
    { "the place before the first", 4, { 100, 0 }, 0 },
    { "before that", 4, { 99, 1 }, -1 },
    { "between two places that were seen", 4, { 100, 5 }, 0 },
    { "in the middle of a transaction", 4, { 101, 1000 }, 1 },
    { "at its end", 4, { 101, 1001 }, 2 },
    { "a later transaction with lower ids", 4, { 102, 990 }, 3 },
    { "all was seen", 4, { 102, 991 }, 4 },
    { "what has not been yet", 4, { 102, 992 }, -1 },
    { "a full ring has all", 8, { 100, 0 }, 0 },
    { "one was put out: the place before the first that is left", 9, { 101, 1000 }, 1 },
    { "... and the place before that", 9, { 100, 0 }, -1 },
    { "many were put out: what was seen before that", 100, { 146, 550 }, -1 },
    { "... the place before the oldest that is left", 100, { 146, 551 }, 92 },
    { "... the newest", 100, { 150, 511 }, 100 },
};

static void
test_find(void)
{
    for (size_t i = 0; i < sizeof ring_cases / sizeof *ring_cases; i++) {
        struct event_ring *ring = ring_of(ring_cases[i].count);
        uint64_t first = event_ring_end(ring) - (uint64_t)ring_cases[i].count;
        uint64_t position = 0;
        bool found = event_ring_find(ring, ring_cases[i].key, &position);
        CHECK_CASE(found == (ring_cases[i].next >= 0), ring_cases[i].name);
        CHECK_CASE(!found || position == first + (uint64_t)ring_cases[i].next, ring_cases[i].name);
        event_ring_free(ring);
    }
}

static void
test_restart(void)
{
    struct event_ring *ring = ring_of(4);
    uint64_t old = event_ring_end(ring);
    uint64_t position;

    event_ring_restart(ring, (struct event_key){ 5, 0 });
    CHECK(old < event_ring_begin(ring));
    CHECK(!event_ring_find(ring, (struct event_key){ 102, 991 }, &position));
    CHECK(event_ring_find(ring, (struct event_key){ 5, 0 }, &position));
    event_ring_free(ring);
}

static void
test_keys(void)
{
    static const char *const wrong[] = { "",     "1",     "-",     "1-",
                                         "-1",   "1--1",  " 1-1",  "1-1 ",
                                         "+1-1", "1-0x1", "1 - 1", "99999999999999999999-1" };
    const struct event_key key = { INT64_MAX, 7 };
    char text[EVENT_KEY_TEXT_SIZE];
    struct event_key back;

    event_key_text(key, text);
    CHECK_STR(text, "9223372036854775807-7");
    CHECK(event_key_parse(text, &back));
    CHECK(event_key_compare(key, back) == 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_CASE(!event_key_parse(wrong[i], &back), wrong[i]);
    }
}

int
main(void)
{
    check_run("who comes back goes on right behind what was seen, or is told that it is not known",
              test_find);
    check_run("after a restart every earlier place is too old", test_restart);
    check_run("ids are two numbers and nothing else", test_keys);
    return check_end();
}
