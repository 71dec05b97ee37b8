/* beat_schedule.h: when to speak to the plane next.  Pure; jitter is an argument. */
#ifndef INVENTIV_WORKER_BEAT_SCHEDULE_H
#define INVENTIV_WORKER_BEAT_SCHEDULE_H

#include <stdint.h>

/* What came of one call to the plane. */
enum plane_outcome {
    PLANE_ACCEPTED,    /* 2xx */
    PLANE_REFUSED,     /* 401: our bearer is not known */
    PLANE_STOP,        /* 410 with the directive to stop */
    PLANE_BUSY,        /* 429 or 503 */
    PLANE_REJECTED,    /* any other answer */
    PLANE_UNREACHABLE, /* surely not sent */
    PLANE_SILENT,      /* sent, no whole answer */
};

const char *plane_outcome_name(enum plane_outcome outcome);

struct beat_rules {
    int64_t interval_ms;     /* what the worker was told at its start */
    int64_t interval_max_ms; /* the longest period that a reply may ask for */
    int64_t backoff_min_ms;
    int64_t backoff_max_ms;
    int64_t stopped_ms; /* between beats of a worker that was told to stop */
};

/* The period in force: what the last reply asked for, in bounds; asked_ms <= 0: nothing asked. */
int64_t beat_period_ms(const struct beat_rules *rules, int64_t asked_ms);

/* The pause after a call.  failures: calls without acceptance in a row, this one included.
 * retry_after_ms: -1 where not told.  jitter: 0 .. 1, evenly spread. */
int64_t beat_delay_ms(const struct beat_rules *rules, enum plane_outcome outcome, int64_t period_ms,
                      int64_t failures, int64_t retry_after_ms, double jitter);

/* base doubled with each failure after the first, never above max; between half of that and the
 * whole of it, by jitter. */
int64_t beat_backoff_ms(int64_t base_ms, int64_t max_ms, int64_t failures, double jitter);

#endif
