/* operation_rules.c: what to make of calls whose end is not known, before another is made (the
 * protocol of paid calls; the names in brackets are the rules of the checked model). */
#include <string.h>

#include "domain/decide_parts.h"

static const struct operation *
operation_first_unsettled(const struct instance *instance)
{
    for (size_t i = 0; i < instance->operation_count; i++) {
        const struct operation *operation = &instance->operations[i];
        if (operation->kind != CALL_SERVER_CREATE && operation_is_unsettled(operation)) {
            return operation;
        }
    }
    return NULL;
}

/* A call on a thing with a known id is settled by looking at the thing; only, while another may
 * still send it, what is seen now is not yet the end of it. */
bool
operation_settle(struct decide_context *c)
{
    const struct operation *open = operation_first_unsettled(c->instance);

    if (open == NULL) {
        return false;
    }
    if (open->outcome != OUTCOME_OPEN) {
        decide_mark(c, MARK_OPERATION_RESOLVED, open->op_id);
        return decide_again(c, "a call without a clear answer; what is seen now counts");
    }
    if (c->now_ms <= open->send_by_ms) {
        return decide_wait_until(c, open->send_by_ms + 1,
                                 "another orchestrator's call may still be under way");
    }
    decide_mark(c, MARK_OPERATION_CLOSED, open->op_id);
    return decide_again(c, "another orchestrator's call was left open; it can no longer be sent");
}

/* made: the create that is known by this to have made it; NULL where it is settled or another. */
static bool
operation_record_machine(struct decide_context *c, const char *ref, const struct operation *made)
{
    c->out->record_ref = ref;
    c->out->notes |= NOTE_MACHINE_RECORDED;
    c->out->progress = 20;
    if (made != NULL) {
        decide_mark_ref(c, MARK_OPERATION_ADOPTED, made->op_id, ref);
    }
    return decide_again(c, "the machine is on record");
}

/* A machine that an operation names is looked up by id, which does not lag [F_REF]. */
static bool
operation_settle_named(struct decide_context *c, const struct operation *create)
{
    const struct seen *seen = c->seen;
    int64_t again_ms = c->instance->gone_first_seen_ms + c->policy->gone_confirm_ms;

    if (strcmp(seen->server_ref, create->ref) != 0) {
        return decide_again(c, "a machine that a call made is looked up");
    }
    if (seen->server_class == ANSWER_OK) {
        return operation_record_machine(c, create->ref,
                                        operation_is_unsettled(create) ? create : NULL);
    }
    if (seen->server_class != ANSWER_NOT_FOUND || seen->list_class != ANSWER_OK) {
        return decide_retry(c, "the provider does not answer; nothing is concluded");
    }
    if (c->instance->gone_first_seen_ms == 0) {
        decide_mark(c, MARK_MACHINE_ABSENT, create->ref);
        return decide_wait(c, c->policy->gone_confirm_ms, "a machine is absent; looked up again");
    }
    if (seen->at_ms < again_ms) {
        return decide_wait_until(c, again_ms, "a machine is absent; looked up again");
    }
    decide_mark_ref(c, MARK_CREATE_GONE, create->op_id, create->ref);
    decide_mark(c, MARK_MACHINE_SEEN, create->ref); /* The two looks were that machine's. */
    return decide_again(c, "a machine that a call made is proven gone");
}

/* Two looks by tag in vain, the second when no list can lag behind the last instant at which the
 * call can have been sent [F_LOOK2]. */
static bool
operation_settle_empty(struct decide_context *c, const struct operation *create)
{
    int64_t sure_ms = create->send_by_ms + c->policy->list_lag_ms;

    if (create->first_empty_look_ms == 0) {
        decide_mark(c, MARK_OPERATION_EMPTY_LOOK, create->op_id);
        return decide_wait(c, c->policy->gone_confirm_ms,
                           "a create without a clear answer: looked for, in vain so far");
    }
    if (c->seen->at_ms <= sure_ms) {
        int64_t soon_ms = c->now_ms + c->policy->check_base_ms;
        return decide_wait_until(c, soon_ms < sure_ms ? soon_ms : sure_ms + 1,
                                 "a create without a clear answer: the list may still lag");
    }
    decide_mark(c, MARK_OPERATION_NOT_DONE, create->op_id);
    return decide_again(c, "a create made nothing: looked for twice in vain");
}

/* A machine is on record, or those listed are proven gone: what the create made is told by its own
 * tag alone [F_UNK]. */
static bool
operation_settle_tagged(struct decide_context *c, const struct operation *create)
{
    for (size_t i = 0; i < c->seen->listed_count; i++) {
        const struct server_view *server = &c->seen->listed[i];
        if (look_maker(server, create->op_id) == MAKER_THAT) {
            decide_mark_ref(c, MARK_OPERATION_ADOPTED, create->op_id, server->ref);
            return decide_again(c, "a create without a clear answer made a machine that is listed");
        }
    }
    return operation_settle_empty(c, create);
}

/* While none is on record: a machine that a create names, else the oldest that is listed and that
 * its id confirms. */
static bool
operation_find_machine(struct decide_context *c, const struct operation *create)
{
    const struct instance *instance = c->instance;
    const struct seen *seen = c->seen;

    for (size_t i = 0; i < instance->operation_count; i++) {
        if (operation_names_stray(instance, &instance->operations[i])) {
            return operation_settle_named(c, &instance->operations[i]);
        }
    }
    if (seen->list_class != ANSWER_OK) {
        return decide_retry(c, "the provider's list does not answer; nothing is concluded");
    }
    const struct server_view *oldest = look_adoptable(instance, seen->listed, seen->listed_count);
    if (oldest == NULL) {
        return false;
    }
    if (seen->server_class != ANSWER_OK || strcmp(seen->server_ref, oldest->ref) != 0) {
        return decide_retry(c, "a listed machine is not confirmed by its id yet");
    }
    bool made = create != NULL && look_maker(oldest, create->op_id) != MAKER_OTHER;
    return operation_record_machine(c, oldest->ref, made ? create : NULL);
}

bool
operation_settle_creates(struct decide_context *c)
{
    const struct operation *create = instance_unsettled_create(c->instance);

    if (!instance_has_machine(c->instance) && operation_find_machine(c, create)) {
        return true;
    }
    if (create == NULL) {
        return false;
    }
    if (c->seen->list_class != ANSWER_OK) {
        return decide_retry(c, "the provider's list does not answer; nothing is concluded");
    }
    return operation_settle_tagged(c, create);
}

static bool
rented_is_recorded(const struct rented *things, size_t count, const char *ref)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(things[i].ref, ref) == 0) {
            return true;
        }
    }
    return false;
}

bool
rented_record(struct decide_context *c)
{
    const struct server_view *server = c->seen->server;
    const struct instance *instance = c->instance;
    bool all = true;

    for (size_t i = 0; i < server->volume_count; i++) {
        all = all &&
              rented_is_recorded(instance->volumes, instance->volume_count, server->volumes[i].ref);
    }
    for (size_t i = 0; i < server->address_count; i++) {
        all = all && rented_is_recorded(instance->addresses, instance->address_count,
                                        server->addresses[i].ref);
    }
    if (all) {
        return false;
    }
    c->out->record_things = true;
    return decide_again(c, "the machine's volumes and addresses are on record");
}
