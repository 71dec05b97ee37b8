/* vanish_rules.c: a machine that is gone from the provider behind our back.  It is missed from the
 * first look in vain on, by whichever job; two looks by id, with lists answered between them, prove
 * it gone, unless so much of its zone is missed at once that the provider is rather wrong. */
#include "domain/vanish.h"

#include <string.h>

#include "domain/decide_parts.h"

enum { LOOKS = 2, LOOKS_ALONE = 3 };

bool
vanish_is_mass(int64_t machines, int64_t vanishing, const struct policy *policy)
{
    bool all = machines > 1 && vanishing >= machines;

    return all || (vanishing >= policy->vanish_minimum &&
                   vanishing * 100 > machines * policy->vanish_percent);
}

/* Of a zone's single machine no other tells whether the provider errs: time must. */
static bool
vanish_is_alone(const struct instance *instance)
{
    return instance->zone_machines == 1 && !instance->vanish_confirmed;
}

static int64_t
vanish_sure_ms(const struct decide_context *c)
{
    return c->instance->gone_first_seen_ms +
           (vanish_is_alone(c->instance) ? c->policy->vanish_alone_ms : c->policy->gone_confirm_ms);
}

static bool
vanish_is_looked_for(const struct decide_context *c)
{
    int64_t wanted = vanish_is_alone(c->instance) ? LOOKS_ALONE : LOOKS;

    return c->instance->gone_first_seen_ms != 0 && c->instance->gone_looks + 1 >= wanted &&
           c->seen->at_ms >= vanish_sure_ms(c);
}

/* When it is looked up again. */
static int64_t
vanish_again_ms(const struct decide_context *c)
{
    bool missed = c->instance->gone_first_seen_ms != 0;
    int64_t sure_ms = missed ? vanish_sure_ms(c) : 0;
    int64_t latest_ms = c->now_ms + c->policy->check_base_ms;

    sure_ms = sure_ms > c->now_ms ? sure_ms : c->now_ms + c->policy->gone_confirm_ms;
    return sure_ms < latest_ms ? sure_ms : latest_ms;
}

/* Missed, and for now no more than that: all stays as it is.  But a drain goes on: it ends the
 * instance either way, and a worker that lives may finish what it serves. */
static bool
vanish_stay(struct decide_context *c, int64_t again_ms, const char *message)
{
    decide_mark(c, MARK_MACHINE_ABSENT, c->instance->machine_ref);
    return c->instance->state != INSTANCE_DRAINING && decide_wait_until(c, again_ms, message);
}

/* The guard judges only what a whole look at the zone has found: one machine that is missed first
 * may be one of many. */
static bool
vanish_zone_is_watched(const struct instance *instance)
{
    return instance->zone_watched_ms > instance->gone_first_seen_ms;
}

static bool
vanish_conclude(struct decide_context *c)
{
    const struct instance *instance = c->instance;
    int64_t later_ms = c->now_ms + c->policy->check_base_ms;

    if (!instance->vanish_confirmed && !vanish_zone_is_watched(instance)) {
        /* Where nobody watches the zone, the state's own deadline still ends it. */
        bool late = instance->deadline_ms != 0 && c->now_ms > instance->deadline_ms;
        return !late &&
               vanish_stay(c, later_ms, "the machine is absent; its zone is looked through first");
    }
    if (!instance->vanish_confirmed &&
        vanish_is_mass(instance->zone_machines, instance->zone_vanishing, c->policy)) {
        return vanish_stay(c, later_ms,
                           "too much of its zone is absent at once: held until it is seen again "
                           "or confirmed to be gone");
    }
    decide_mark(c, MARK_MACHINE_GONE, instance->machine_ref);
    return decide_move(c, RULE_SERVER_VANISHED, "the machine is gone from the provider");
}

/* Nothing is concluded from it.  Who is looked at anyway goes on. */
static bool
vanish_unanswered(struct decide_context *c)
{
    const struct instance *instance = c->instance;

    return instance->gone_first_seen_ms != 0 && state_is_failed_kind(instance->state) &&
           c->now_ms < instance->deadline_ms &&
           decide_retry(c, "the provider does not answer; nothing is concluded");
}

static bool
vanish_was_looked_up(const struct decide_context *c)
{
    const struct instance *instance = c->instance;

    return instance_has_machine(instance) &&
           transition_find(instance->state, RULE_SERVER_VANISHED) != NULL &&
           strcmp(c->seen->server_ref, instance->machine_ref) == 0;
}

bool
vanish_step(struct decide_context *c)
{
    const struct instance *instance = c->instance;

    if (!vanish_was_looked_up(c)) {
        return false;
    }
    if (c->seen->server_class == ANSWER_OK) {
        if (instance->gone_first_seen_ms != 0) {
            decide_mark(c, MARK_MACHINE_SEEN, instance->machine_ref);
        }
        return false;
    }
    if (c->seen->server_class != ANSWER_NOT_FOUND) {
        return vanish_unanswered(c);
    }
    if (c->seen->list_asked && c->seen->list_class != ANSWER_OK) {
        return decide_retry(c, "the provider's list does not answer; nothing is concluded");
    }
    return vanish_is_looked_for(c)
               ? vanish_conclude(c)
               : vanish_stay(c, vanish_again_ms(c), "the machine is absent; looked up again");
}
