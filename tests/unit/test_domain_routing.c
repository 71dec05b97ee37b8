/* Who may be sent traffic: each fact that keeps a worker out, the age of its beat, and the order. */
#include <stdint.h>

#include "check.h"
#include "domain/routing.h"

enum { AGE_MAX = 15000 };

/* Columns: state; wanted, breaker open, held; generation of the instance, of the beat; the beat says
 * ready, names the model; its age, its period, its provider's period. */
struct routing_case {
    const char *name;
    struct routing_facts facts;
    bool routable;
};

#define READY INSTANCE_READY

static const struct routing_case routing_cases[] = {
    { "all is well", { READY, 1, 0, 0, 3, 3, 1, 1, 1000, 4000, 10000, 0 }, true },
    { "wished to end", { READY, 0, 0, 0, 3, 3, 1, 1, 1000, 4000, 10000, 0 }, false },
    { "another state", { INSTANCE_UNAVAILABLE, 1, 0, 0, 3, 3, 1, 1, 1000, 4000, 10000, 0 }, false },
    { "its breaker is open", { READY, 1, 1, 0, 3, 3, 1, 1, 1000, 4000, 10000, 0 }, false },
    { "an earlier installation's beat",
      { READY, 1, 0, 0, 3, 2, 1, 1, 1000, 4000, 10000, 0 },
      false },
    { "nobody has beaten", { READY, 1, 0, 0, 3, 0, 0, 0, 1000, 0, 10000, 0 }, false },
    { "the worker says that it starts",
      { READY, 1, 0, 0, 3, 3, 0, 1, 1000, 4000, 10000, 0 },
      false },
    { "it serves another model", { READY, 1, 0, 0, 3, 3, 1, 0, 1000, 4000, 10000, 0 }, false },
    { "a beat just young enough", { READY, 1, 0, 0, 3, 3, 1, 1, 14999, 4000, 10000, 0 }, true },
    { "just too old", { READY, 1, 0, 0, 3, 3, 1, 1, 15000, 4000, 10000, 0 }, false },
    { "a slow worker's, just young enough",
      { READY, 1, 0, 0, 3, 3, 1, 1, 19999, 8000, 10000, 0 },
      true },
    { "a slow worker's, just too old",
      { READY, 1, 0, 0, 3, 3, 1, 1, 20000, 8000, 10000, 0 },
      false },
    { "no period told: its provider's counts",
      { READY, 1, 0, 0, 3, 3, 1, 1, 24999, 0, 10000, 0 },
      true },
    { "no period told, and too old", { READY, 1, 0, 0, 3, 3, 1, 1, 25000, 0, 10000, 0 }, false },
    { "a period told counts before it", { READY, 1, 0, 0, 3, 3, 1, 1, 15000, 1, 10000, 0 }, false },
    { "held: silent, but known to answer",
      { READY, 1, 0, 1, 3, 3, 1, 1, 90000, 4000, 10000, 0 },
      true },
    { "held, but wished to end", { READY, 0, 0, 1, 3, 3, 1, 1, 90000, 4000, 10000, 0 }, false },
    { "held, but no longer ready",
      { INSTANCE_WORKER_DEAD, 1, 0, 1, 3, 3, 1, 1, 1000, 4000, 10000, 0 },
      false },
};

static void
test_cases(void)
{
    for (size_t i = 0; i < sizeof routing_cases / sizeof routing_cases[0]; i++) {
        const struct routing_case *each = &routing_cases[i];
        CHECK_CASE(routing_is_routable(&each->facts, AGE_MAX) == each->routable, each->name);
    }
}

static void
test_states(void)
{
    for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        struct routing_facts facts = routing_cases[0].facts;
        facts.state = (enum instance_state)state;
        CHECK_CASE(routing_is_routable(&facts, AGE_MAX) == (state == INSTANCE_READY),
                   state_name((enum instance_state)state));
    }
}

/* Each stands before all that follow it. */
static const struct routing_facts routing_ordered[] = {
    { .queue_depth = 0, .beat_age_ms = 10 }, { .queue_depth = 0, .beat_age_ms = 11 },
    { .queue_depth = 1, .beat_age_ms = 1 },  { .queue_depth = INT64_MAX, .beat_age_ms = 0 },
    { .queue_depth = -1, .beat_age_ms = 0 }, { .queue_depth = -1, .beat_age_ms = 1 },
};

static void
test_order(void)
{
    size_t count = sizeof routing_ordered / sizeof routing_ordered[0];

    for (size_t i = 0; i < count; i++) {
        CHECK_I64(routing_compare(&routing_ordered[i], &routing_ordered[i]), 0);
        for (size_t j = i + 1; j < count; j++) {
            CHECK_I64(routing_compare(&routing_ordered[i], &routing_ordered[j]), -1);
            CHECK_I64(routing_compare(&routing_ordered[j], &routing_ordered[i]), 1);
        }
    }
}

int
main(void)
{
    check_run("each fact alone keeps a worker out of traffic, or does not", test_cases);
    check_run("ready is the only state with traffic", test_states);
    check_run("short queues come first, then who was heard from last", test_order);
    return check_end();
}
