/* provision_rules.c: from accepted to running, one recorded step at a time: adopt or create, record
 * what the machine has, tag and resize, security group, user data, power on. */
#include <string.h>

#include "domain/decide_parts.h"

static const struct operation *
provision_last_failure(const struct instance *instance)
{
    for (size_t i = instance->operation_count; i > 0; i--) {
        if (operation_has_failed(&instance->operations[i - 1])) {
            return &instance->operations[i - 1];
        }
    }
    return NULL;
}

/* The last call was refused for good, or too many failed. */
static bool
provision_give_up_after_failures(struct decide_context *c)
{
    const struct instance *instance = c->instance;
    const struct operation *last = provision_last_failure(instance);
    int64_t failures = instance_failures_in_row(instance);

    if (failures == 0 || last == NULL) {
        return false;
    }
    bool refused = last->outcome == OUTCOME_ANSWERED && last->class == ANSWER_INVALID;
    if (!refused && failures < c->policy->provision_attempts_max) {
        return false;
    }
    enum answer_class class = last->outcome == OUTCOME_ANSWERED ? last->class : ANSWER_UNKNOWN;
    c->out->error_code = answer_class_error_code(class);
    return decide_move(c, RULE_PROVISION_GAVE_UP,
                       refused ? "the provider refuses the request as it is; given up"
                               : "too many failed attempts; given up");
}

/* Only after a look that was complete and later than the deadline: facts beat deadlines. */
static bool
provision_give_up_at_deadline(struct decide_context *c)
{
    if (c->seen->at_ms <= c->instance->deadline_ms || !look_is_complete(c->instance, c->seen)) {
        return false;
    }
    c->out->error_code = "PROVISION_TIMEOUT";
    return decide_move(c, RULE_PROVISION_GAVE_UP, "not provisioned within its time; given up");
}

static bool
provision_volumes(struct decide_context *c)
{
    const struct instance *instance = c->instance;

    for (size_t i = 0; i < instance->volume_count; i++) {
        const struct rented *volume = &instance->volumes[i];
        bool grows = volume->is_boot && instance->wanted_boot_bytes > volume->size_bytes &&
                     volume->size_bytes > 0;
        if (volume->keep || instance_has_done(instance, CALL_VOLUME_RESIZE, volume->ref)) {
            continue;
        }
        decide_act_unless_paused(c, CALL_VOLUME_RESIZE, volume->ref,
                                 "the volume is being tagged and sized");
        c->out->act.size_bytes = grows ? instance->wanted_boot_bytes : 0;
        c->out->act.volume_type = volume->volume_type;
        return true;
    }
    return false;
}

static bool
provision_group(struct decide_context *c)
{
    const char *group = c->instance->zone_group_ref;

    if (group[0] == '\0') {
        return decide_poll(c, "the zone's security group is being made");
    }
    if (strcmp(c->seen->server->security_group_ref, group) == 0 ||
        instance_has_done(c->instance, CALL_SECURITY_GROUP_ATTACH, NULL)) {
        return false;
    }
    return decide_act_unless_paused(c, CALL_SECURITY_GROUP_ATTACH, c->instance->machine_ref,
                                    "the security group is being set");
}

static bool
provision_power_on(struct decide_context *c)
{
    const struct instance *instance = c->instance;
    const struct operation *last =
        instance_last_operation(instance, CALL_SERVER_POWERON, instance->generation, NULL);

    switch (c->seen->server->state) {
    case SERVER_RUNNING:
        c->out->progress = 30;
        return decide_move(c, RULE_SERVER_STARTED, "the machine runs");
    case SERVER_STOPPED:
    case SERVER_STOPPED_IN_PLACE:
        /* Accepted a moment ago and not begun yet; a machine that stays stopped (no stock) is
         * asked again. */
        if (operation_went_well(last) && c->now_ms - last->ended_ms < c->policy->check_base_ms) {
            return decide_wait(c, c->policy->settle_ms, "the machine is about to start");
        }
        return decide_act_unless_paused(c, CALL_SERVER_POWERON, instance->machine_ref,
                                        "the machine is being powered on");
    case SERVER_STARTING:
    case SERVER_STOPPING:
    case SERVER_LOCKED:
    case SERVER_OTHER:
        break;
    }
    return decide_wait(c, c->policy->settle_ms, "the machine is changing by itself");
}

static bool
provision_prepare(struct decide_context *c)
{
    if (c->seen->server_class != ANSWER_OK) {
        return decide_retry(c, "the provider does not answer; nothing is concluded");
    }
    if (rented_record(c) || provision_volumes(c)) {
        return true;
    }
    c->out->progress = 25;
    if (provision_group(c)) {
        return true;
    }
    c->out->progress = 27;
    if (!instance_has_done(c->instance, CALL_USER_DATA_PUT, NULL)) {
        return decide_act_unless_paused(c, CALL_USER_DATA_PUT, c->instance->machine_ref,
                                        "the installer is being handed over");
    }
    return provision_power_on(c);
}

bool
provision_step(struct decide_context *c)
{
    bool recorded = c->instance->machine_ref[0] != '\0';

    /* Progress first, then the deadline: a machine that runs has made it, however late. */
    if (recorded && c->seen->server_class == ANSWER_OK &&
        c->seen->server->state == SERVER_RUNNING &&
        instance_has_done(c->instance, CALL_USER_DATA_PUT, NULL) &&
        instance_open_operation(c->instance) == NULL) {
        return provision_power_on(c);
    }
    if (provision_give_up_at_deadline(c) || operation_settle(c)) {
        return true;
    }
    if (operation_settle_creates(c) || provision_give_up_after_failures(c)) {
        return true;
    }
    if (recorded) {
        return provision_prepare(c);
    }
    return decide_act_unless_paused(c, CALL_SERVER_CREATE, "", "the machine is being created");
}
