/* drain_rules.c: asked to stop; it finishes what it serves. */
#include <string.h>

#include "domain/decide_parts.h"

enum { DRAIN_BEATS = 2 };

/* Two beats after leaving traffic, the last of which says that nothing runs and nothing waits. */
static bool
drain_is_quiet(const struct instance *instance)
{
    const struct heartbeat *beat = &instance->heartbeat;

    return beat->at_ms > 0 && beat->period_ms > 0 &&
           beat->at_ms >= instance->status_changed_ms + DRAIN_BEATS * beat->period_ms &&
           beat->running == 0 && beat->waiting == 0;
}

/* Silence alone concludes nothing: it may be our own door that is shut.  The provider must show the
 * machine stopped, or its worker leave our own probe unanswered. */
static bool
drain_worker_is_lost(const struct decide_context *c)
{
    const struct probe_seen *readyz = &c->seen->probes[PROBE_READYZ];

    return look_worker_is_silent(c->instance, c->policy, c->now_ms) &&
           (server_is_stopped(c->seen) || (readyz->asked && !readyz->answered));
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
