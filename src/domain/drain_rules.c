/* drain_rules.c: asked to stop; it finishes what it serves. */
#include <string.h>

#include "domain/decide_parts.h"

enum { DRAIN_BEATS = 2, SILENT_PERIODS = 5 };

/* Two beats after leaving traffic, the last of which says that nothing runs and nothing waits. */
static bool
drain_is_quiet(const struct instance *instance)
{
    const struct heartbeat *beat = &instance->heartbeat;

    return beat->at_ms > 0 && beat->period_ms > 0 &&
           beat->at_ms >= instance->status_changed_ms + DRAIN_BEATS * beat->period_ms &&
           beat->running == 0 && beat->waiting == 0;
}

static bool
drain_worker_is_lost(const struct decide_context *c)
{
    const struct heartbeat *beat = &c->instance->heartbeat;
    int64_t periods_ms = SILENT_PERIODS * beat->period_ms;
    int64_t patience_ms =
        c->policy->heartbeat_timeout_ms > periods_ms ? c->policy->heartbeat_timeout_ms : periods_ms;
    int64_t since_ms =
        beat->at_ms > c->instance->status_changed_ms ? beat->at_ms : c->instance->status_changed_ms;

    return c->now_ms - since_ms > patience_ms;
}

bool
drain_step(struct decide_context *c)
{
    if (drain_is_quiet(c->instance)) {
        return decide_move(c, RULE_DRAINED, "nothing runs any more");
    }
    if (drain_worker_is_lost(c)) {
        return decide_move(c, RULE_DRAIN_WORKER_LOST, "the worker was not heard from any more");
    }
    if (c->now_ms > c->instance->deadline_ms) {
        return decide_move(c, RULE_DRAIN_TIMEOUT, "not quiet within its time");
    }
    int64_t next_ms = c->now_ms + c->policy->settle_ms;
    return decide_wait_until(
        c, next_ms < c->instance->deadline_ms ? next_ms : c->instance->deadline_ms + 1,
        "waits until what it serves is finished");
}
