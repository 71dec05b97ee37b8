/* terminate_rules.c: giving back everything that was rented, and proving it.  Never given up. */
#include <string.h>

#include "domain/decide_parts.h"

static bool
terminate_machine_is_gone(const struct instance *instance)
{
    return instance->machine_ref[0] == '\0' || instance->machine_gone;
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
    if (c->now_ms < again_ms) {
        return decide_wait_until(c, again_ms, "the machine is absent; looked up again");
    }
    decide_mark(c, MARK_MACHINE_GONE, instance->machine_ref);
    return decide_again(c, "the machine is proven gone");
}

static bool
terminate_stop_or_delete(struct decide_context *c)
{
    const struct instance *instance = c->instance;
    const struct operation *last =
        instance_last_operation(instance, CALL_SERVER_POWEROFF, instance->generation, NULL);
    bool asked = last != NULL && last->outcome == OUTCOME_ANSWERED && last->class == ANSWER_OK &&
                 c->now_ms - last->ended_ms < c->policy->check_base_ms;

    switch (c->seen->server->state) {
    case SERVER_RUNNING:
        if (asked) {
            return decide_wait(c, c->policy->settle_ms, "the machine is about to stop");
        }
        return decide_act_unless_paused(c, CALL_SERVER_POWEROFF, instance->machine_ref,
                                        "the machine is being powered off");
    case SERVER_STOPPED:
    case SERVER_STOPPED_IN_PLACE:
        return decide_act_unless_paused(c, CALL_SERVER_DELETE, instance->machine_ref,
                                        "the machine is being deleted");
    case SERVER_STARTING:
    case SERVER_STOPPING:
    case SERVER_LOCKED:
    case SERVER_OTHER:
        break;
    }
    return decide_wait(c, c->policy->settle_ms, "the machine is changing by itself");
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
    }
    if (c->seen->address_list_class != ANSWER_OK) {
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
};

/* True when the thing calls for an act now; otherwise *next_ms may come nearer. */
static bool
terminate_leftover(struct decide_context *c, const struct leftover *left, int64_t *next_ms)
{
    const struct rented *thing = left->thing;
    int64_t look_again_ms = c->now_ms + c->policy->settle_ms;

    if (left->class == ANSWER_NOT_FOUND) {
        int64_t sure_ms = thing->gone_first_seen_ms + c->policy->gone_confirm_ms;
        bool first = thing->gone_first_seen_ms == 0;
        if (first || c->now_ms >= sure_ms) {
            decide_mark(c, first ? left->absent : left->gone, thing->ref);
        }
        look_again_ms = first ? c->now_ms + c->policy->gone_confirm_ms : sure_ms;
    } else if (left->class == ANSWER_OK && !left->attached) {
        int64_t due_ms = thing->delete_next_ms;
        if (due_ms <= c->now_ms && c->instance->zone_paused_until_ms <= c->now_ms) {
            decide_act(c, left->deletion, thing->ref, "what the machine had is being deleted");
            c->out->act.volume_type = thing->volume_type;
            return true;
        }
        look_again_ms = due_ms > look_again_ms ? due_ms : look_again_ms;
    }
    *next_ms = look_again_ms < *next_ms ? look_again_ms : *next_ms;
    return false;
}

/* False: none is left. */
static bool
terminate_leftovers(struct decide_context *c)
{
    const struct instance *instance = c->instance;
    int64_t next_ms = c->now_ms + c->policy->check_base_ms;
    bool any = false;

    for (size_t i = 0; i < instance->volume_count; i++) {
        const struct volume_view *view = &c->seen->volume_views[i];
        struct leftover left = { &instance->volumes[i],
                                 c->seen->volume_classes[i],
                                 view->server_ref != NULL && view->server_ref[0] != '\0',
                                 CALL_VOLUME_DELETE,
                                 MARK_VOLUME_ABSENT,
                                 MARK_VOLUME_GONE };
        if (left.thing->keep) {
            continue;
        }
        any = true;
        if (terminate_leftover(c, &left, &next_ms)) {
            return true;
        }
    }
    for (size_t i = 0; i < instance->address_count; i++) {
        struct leftover left = {
            &instance->addresses[i], c->seen->address_classes[i], false,
            CALL_ADDRESS_DELETE,     MARK_ADDRESS_ABSENT,         MARK_ADDRESS_GONE
        };
        any = true;
        if (terminate_leftover(c, &left, &next_ms)) {
            return true;
        }
    }
    return any && decide_wait_until(c, next_ms, "volumes and addresses are being given back");
}

bool
terminate_step(struct decide_context *c)
{
    if (c->now_ms > c->instance->deadline_ms) {
        c->out->error_code = "TERMINATE_TIMEOUT"; /* Told, and gone on with. */
    }
    if (operation_settle(c)) {
        return true;
    }
    if (!terminate_machine_is_gone(c->instance)) {
        return terminate_remove_machine(c);
    }
    if (operation_settle_creates(c)) {
        return true;
    }
    if (!c->seen->rented_asked) {
        return decide_again(c, "what the machine had is looked up");
    }
    return terminate_leftovers(c) ||
           decide_move(c, RULE_SERVER_GONE, "everything that was rented is proven gone");
}
