#include "worker/beat_schedule.h"

static int64_t
beat_at_least(int64_t value, int64_t least)
{
    return value < least ? least : value;
}

static int64_t
beat_at_most(int64_t value, int64_t most)
{
    return value > most ? most : value;
}

const char *
plane_outcome_name(enum plane_outcome outcome)
{
    switch (outcome) {
    case PLANE_ACCEPTED:
        return "accepted";
    case PLANE_REFUSED:
        return "refused";
    case PLANE_STOP:
        return "stop";
    case PLANE_BUSY:
        return "busy";
    case PLANE_REJECTED:
        return "rejected";
    case PLANE_UNREACHABLE:
        return "unreachable";
    case PLANE_SILENT:
        return "silent";
    }
    return "unknown";
}

int64_t
beat_period_ms(const struct beat_rules *rules, int64_t asked_ms)
{
    if (asked_ms <= 0) {
        return rules->interval_ms;
    }
    /* The plane stretches the period; it never makes a worker beat faster than it was told. */
    return beat_at_least(beat_at_most(asked_ms, rules->interval_max_ms), rules->interval_ms);
}

int64_t
beat_backoff_ms(int64_t base_ms, int64_t max_ms, int64_t failures, double jitter)
{
    int64_t delay_ms = beat_at_most(base_ms, max_ms);

    for (int64_t i = 1; i < failures && delay_ms < max_ms; i++) {
        delay_ms = beat_at_most(delay_ms * 2, max_ms);
    }
    int64_t half_ms = delay_ms / 2;
    return delay_ms - half_ms + (int64_t)((double)half_ms * jitter);
}

/* A tenth to both sides, so that workers started together do not stay together. */
static int64_t
beat_spread_ms(int64_t period_ms, double jitter)
{
    return (int64_t)((double)period_ms * (0.9 + 0.2 * jitter));
}

int64_t
beat_delay_ms(const struct beat_rules *rules, enum plane_outcome outcome, int64_t period_ms,
              int64_t failures, int64_t retry_after_ms, double jitter)
{
    int64_t longest_ms = beat_at_least(rules->backoff_max_ms, period_ms);
    int64_t quick_ms = beat_at_most(rules->backoff_min_ms, period_ms);

    switch (outcome) {
    case PLANE_ACCEPTED:
        return beat_spread_ms(period_ms, jitter);
    case PLANE_STOP:
        return beat_spread_ms(rules->stopped_ms, jitter);
    case PLANE_UNREACHABLE:
        /* Nobody was there, so asking soon costs nobody anything: a restarted API finds its
         * workers at once. */
    case PLANE_REFUSED:
        return beat_backoff_ms(quick_ms, longest_ms, failures, jitter);
    case PLANE_BUSY:
        if (retry_after_ms >= 0) {
            int64_t most_ms = beat_at_least(rules->interval_max_ms, longest_ms);
            int64_t told_ms = beat_at_least(beat_at_most(retry_after_ms, most_ms), quick_ms);
            return told_ms + (int64_t)((double)told_ms * jitter / 4);
        }
        return beat_backoff_ms(period_ms, longest_ms, failures, jitter);
    case PLANE_REJECTED:
    case PLANE_SILENT:
        return beat_backoff_ms(period_ms, longest_ms, failures, jitter);
    }
    return period_ms;
}
