/* terminate_rules.c: giving back everything that was rented, and proving it.  Never given up. */
#include <string.h>

#include "domain/backoff.h"
#include "domain/decide_parts.h"

/* Between two looks at what changes by itself.  Past the deadline there is no hurry any more. */
static bool
terminate_wait(struct decide_context *c, const char *message)
{
    bool late = c->now_ms > c->instance->deadline_ms;

    return decide_wait(c, late ? c->policy->check_base_ms : c->policy->settle_ms, message);
}

/* Accepted a moment ago and not begun yet. */
static bool
terminate_has_asked(const struct decide_context *c, enum call_kind kind)
{
    const struct operation *last =
        instance_last_operation(c->instance, kind, c->instance->generation, NULL);

    return last != NULL && last->outcome == OUTCOME_ANSWERED &&
           (last->class == ANSWER_OK || last->class == ANSWER_NOT_FOUND) &&
           strcmp(last->ref, c->instance->machine_ref) == 0 &&
           c->now_ms - last->ended_ms < c->policy->check_base_ms;
}

/* Two looks by id, with the list answered between them: it is read first in each look. */
static bool
terminate_prove_gone(struct decide_context *c)
{
    const struct instance *instance = c->instance;
    int64_t again_ms = instance->gone_first_seen_ms + c->policy->gone_confirm_ms;

    if (c->seen->list_class != ANSWER_OK) {
        return decide_retry(c, "the provider's list does not answer; nothing is concluded");
    }
    if (instance->gone_first_seen_ms == 0) {
        decide_mark(c, MARK_MACHINE_ABSENT, instance->machine_ref);
        return decide_wait(c, c->policy->gone_confirm_ms, "the machine is absent; looked up again");
    }
    if (c->seen->at_ms < again_ms) {
        return decide_wait_until(c, again_ms, "the machine is absent; looked up again");
    }
    decide_mark(c, MARK_MACHINE_GONE, instance->machine_ref);
    return decide_again(c, "the machine is proven gone");
}

static bool
terminate_stop_or_delete(struct decide_context *c)
{
    const char *machine = c->instance->machine_ref;

    switch (c->seen->server->state) {
    case SERVER_RUNNING:
        if (terminate_has_asked(c, CALL_SERVER_POWEROFF)) {
            return terminate_wait(c, "the machine is about to stop");
        }
        return decide_act_unless_paused(c, CALL_SERVER_POWEROFF, machine,
                                        "the machine is being powered off");
    case SERVER_STOPPED:
    case SERVER_STOPPED_IN_PLACE:
        if (terminate_has_asked(c, CALL_SERVER_DELETE)) {
            return terminate_wait(c, "the machine is about to go");
        }
        return decide_act_unless_paused(c, CALL_SERVER_DELETE, machine,
                                        "the machine is being deleted");
    case SERVER_STARTING:
    case SERVER_STOPPING:
    case SERVER_LOCKED:
    case SERVER_OTHER:
        break;
    }
    return terminate_wait(c, "the machine is changing by itself");
}

/* The machine goes only after what hangs on it is on record: nothing else would name it later. */
static bool
terminate_remove_machine(struct decide_context *c)
{
    if (c->seen->server_class == ANSWER_NOT_FOUND) {
        return terminate_prove_gone(c);
    }
    if (c->seen->server_class != ANSWER_OK) {
        return decide_retry(c, "the provider does not answer; nothing is concluded");
    }
    if (c->instance->gone_first_seen_ms != 0) {
        decide_mark(c, MARK_MACHINE_SEEN, c->instance->machine_ref);
        return terminate_wait(c, "the machine is there after all");
    }
    if (c->seen->server->state != SERVER_RUNNING && c->seen->address_list_class != ANSWER_OK) {
        return decide_retry(c, "the provider's addresses are not shown; nothing is deleted");
    }
    return rented_record(c) || terminate_stop_or_delete(c);
}

struct leftover {
    const struct rented *thing;
    enum answer_class class;
    bool attached;
    enum call_kind deletion;
    enum mark_kind absent;
    enum mark_kind gone;
    enum mark_kind seen;
};

/* Absent twice is gone; there after all is neither. */
static void
terminate_mark_leftover(struct decide_context *c, const struct leftover *left)
{
    const struct rented *thing = left->thing;
    bool once = thing->gone_first_seen_ms != 0;

    if (left->class == ANSWER_OK && once) {
        decide_mark(c, left->seen, thing->ref);
    } else if (left->class == ANSWER_NOT_FOUND && !once) {
        decide_mark(c, left->absent, thing->ref);
    } else if (left->class == ANSWER_NOT_FOUND &&
               c->seen->at_ms >= thing->gone_first_seen_ms + c->policy->gone_confirm_ms) {
        decide_mark(c, left->gone, thing->ref);
    }
}

static bool
terminate_may_delete(const struct decide_context *c, const struct leftover *left)
{
    return left->class == ANSWER_OK && !left->attached && left->thing->gone_first_seen_ms == 0 &&
           left->thing->delete_next_ms <= c->now_ms &&
           instance_rest_until(c->instance, left->deletion) <= c->now_ms;
}

/* How long until it is worth another look. */
static int64_t
terminate_leftover_pause(struct decide_context *c, const struct leftover *left)
{
    const struct policy *policy = c->policy;
    int64_t rest_until_ms = instance_rest_until(c->instance, left->deletion);
    int64_t due_ms =
        left->thing->delete_next_ms > rest_until_ms ? left->thing->delete_next_ms : rest_until_ms;

    if (left->class == ANSWER_NOT_FOUND) {
        int64_t absent_ms = left->thing->gone_first_seen_ms;
        due_ms = (absent_ms == 0 ? c->now_ms : absent_ms) + policy->gone_confirm_ms;
        return due_ms > c->now_ms ? due_ms - c->now_ms : 0;
    }
    if (left->class != ANSWER_OK) {
        c->out->failed = true;
        return backoff_ms(policy->settle_ms, policy->check_backoff_max_ms, c->instance->attempts,
                          c->random);
    }
    if (left->attached) {
        return c->now_ms > c->instance->deadline_ms ? policy->check_base_ms : policy->settle_ms;
    }
    if (due_ms - c->now_ms > policy->check_base_ms) {
        return policy->check_base_ms;
    }
    return due_ms - c->now_ms > policy->settle_ms ? due_ms - c->now_ms : policy->settle_ms;
}

static void
terminate_read_leftover(const struct decide_context *c, size_t place, struct leftover *out)
{
    const struct instance *instance = c->instance;
    bool volume = place < instance->volume_count;

    if (volume) {
        const struct volume_view *view = &c->seen->volume_views[place];
        *out = (struct leftover){ &instance->volumes[place],
                                  c->seen->volume_classes[place],
                                  view->server_ref != NULL && view->server_ref[0] != '\0',
                                  CALL_VOLUME_DELETE,
                                  MARK_VOLUME_ABSENT,
                                  MARK_VOLUME_GONE,
                                  MARK_VOLUME_SEEN };
        return;
    }
    place -= instance->volume_count;
    *out = (struct leftover){ &instance->addresses[place],
                              c->seen->address_classes[place],
                              false,
                              CALL_ADDRESS_DELETE,
                              MARK_ADDRESS_ABSENT,
                              MARK_ADDRESS_GONE,
                              MARK_ADDRESS_SEEN };
}

/* One thing at a time is deleted.  False: none is left. */
static bool
terminate_leftovers(struct decide_context *c)
{
    const size_t count = c->instance->volume_count + c->instance->address_count;
    int64_t pause_ms = -1;
    struct leftover left;
    struct leftover doomed = { .thing = NULL };

    for (size_t i = 0; i < count; i++) {
        terminate_read_leftover(c, i, &left);
        if (left.thing->keep) {
            continue;
        }
        int64_t its_ms = terminate_leftover_pause(c, &left);
        pause_ms = pause_ms < 0 || its_ms < pause_ms ? its_ms : pause_ms;
        terminate_mark_leftover(c, &left);
        if (doomed.thing == NULL && terminate_may_delete(c, &left)) {
            doomed = left;
        }
    }
    if (doomed.thing != NULL) {
        decide_act(c, doomed.deletion, doomed.thing->ref, "what the machine had is being deleted");
        c->out->act.volume_type = doomed.thing->volume_type;
        return true;
    }
    return pause_ms >= 0 && decide_wait(c, pause_ms, "volumes and addresses are being given back");
}

bool
terminate_step(struct decide_context *c)
{
    if (c->now_ms > c->instance->deadline_ms) {
        c->out->error_code = "TERMINATE_TIMEOUT"; /* Told, and gone on with. */
    }
    if (operation_settle(c) || operation_settle_creates(c)) {
        return true;
    }
    if (instance_has_machine(c->instance)) {
        return terminate_remove_machine(c);
    }
    if (!c->seen->rented_asked) {
        return decide_again(c, "what the machine had is looked up");
    }
    return terminate_leftovers(c) ||
           decide_move(c, RULE_SERVER_GONE, "everything that was rented is proven gone");
}
