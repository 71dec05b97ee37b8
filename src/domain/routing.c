#include "domain/routing.h"

/* A beat may come late, and one may be lost: two and a half periods, counted in halves. */
enum { ROUTING_HALF_PERIODS = 5 };

/* The youngest that a beat must be, for workers that beat seldom. */
static int64_t
routing_beat_age_max_ms(const struct routing_facts *facts, int64_t least_ms)
{
    int64_t period_ms =
        facts->beat_period_ms > 0 ? facts->beat_period_ms : facts->provider_period_ms;
    int64_t patience_ms = period_ms * ROUTING_HALF_PERIODS / 2;

    return patience_ms > least_ms ? patience_ms : least_ms;
}

bool
routing_is_routable(const struct routing_facts *facts, int64_t beat_age_max_ms)
{
    bool serves = facts->beat_generation == facts->generation && facts->beat_is_ready &&
                  facts->beat_has_model;
    bool is_heard = facts->beat_age_ms < routing_beat_age_max_ms(facts, beat_age_max_ms);

    return facts->state == INSTANCE_READY && facts->is_wanted && !facts->breaker_is_open &&
           serves && (is_heard || facts->held);
}

static int
routing_compare_i64(int64_t left, int64_t right)
{
    return (left > right) - (left < right);
}

int
routing_compare(const struct routing_facts *left, const struct routing_facts *right)
{
    bool left_tells = left->queue_depth >= 0;
    bool right_tells = right->queue_depth >= 0;

    if (left_tells != right_tells) {
        return left_tells ? -1 : 1;
    }
    if (left_tells && left->queue_depth != right->queue_depth) {
        return routing_compare_i64(left->queue_depth, right->queue_depth);
    }
    return routing_compare_i64(left->beat_age_ms, right->beat_age_ms);
}
