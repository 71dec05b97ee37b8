#include "domain/orphan_rules.h"

#include "domain/look.h"

const char *
orphan_verdict_name(enum orphan_verdict verdict)
{
    static const char *const names[] = { "keep", "orphan", "quarantined" };

    return names[verdict];
}

const char *
orphan_kind_name(enum orphan_kind kind)
{
    static const char *const names[] = { "server", "volume", "address" };

    return names[kind];
}

enum call_kind
orphan_look_kind(enum orphan_kind kind)
{
    static const enum call_kind looks[] = { CALL_SERVER_GET, CALL_VOLUME_GET, CALL_ADDRESS_GET };

    return looks[kind];
}

struct orphan_judgement
orphan_judge(const struct tagged_machine *machine)
{
    bool recorded = machine->known && machine->recorded_ref[0] != '\0' && !machine->recorded_gone;

    if (machine->recorded_by_any) {
        return (struct orphan_judgement){ VERDICT_KEEP, "it is an instance's machine on record" };
    }
    if (!machine->known) {
        return (struct orphan_judgement){ VERDICT_QUARANTINED,
                                          "its tags name no instance of this database" };
    }
    if (!machine->created) {
        return (struct orphan_judgement){ VERDICT_QUARANTINED,
                                          "this database never made a machine for its instance" };
    }
    if (state_is_final(machine->state)) {
        return (struct orphan_judgement){ VERDICT_ORPHAN, "its instance is over" };
    }
    if (recorded) {
        return (struct orphan_judgement){ VERDICT_ORPHAN,
                                          "its instance has another machine on record" };
    }
    if (state_is_failed_kind(machine->state)) {
        return (struct orphan_judgement){ VERDICT_ORPHAN,
                                          "its instance has failed and has no machine on record" };
    }
    return (struct orphan_judgement){ VERDICT_KEEP, "its instance has yet to record a machine" };
}

bool
orphan_takes_volume(const struct volume_view *volume, const char *instance_id)
{
    return volume->is_boot || (instance_id != NULL && look_volume_is_tagged(volume, instance_id));
}

static struct orphan_decision
orphan_step(enum orphan_step step, int64_t next_run_ms, const char *message)
{
    return (struct orphan_decision){ .step = step, .next_run_ms = next_run_ms, .message = message };
}

static struct orphan_decision
orphan_absent(const struct orphan_facts *facts, const struct policy *policy, int64_t now_ms)
{
    int64_t again_ms = facts->gone_first_seen_ms + policy->gone_confirm_ms;

    if (!facts->on_record) {
        return orphan_step(ORPHAN_WAIT, 0, "the list lags: there is no such machine");
    }
    if (!facts->zone_is_plausible) {
        return orphan_step(ORPHAN_WAIT, 0,
                           "much else is missed or was not looked up; nothing is concluded");
    }
    if (facts->gone_first_seen_ms == 0) {
        return orphan_step(ORPHAN_ABSENT, now_ms + policy->gone_confirm_ms,
                           "it is absent; looked up again");
    }
    return now_ms < again_ms ? orphan_step(ORPHAN_WAIT, again_ms, "it is absent; looked up again")
                             : orphan_step(ORPHAN_GONE, now_ms, "it is proven gone");
}

static struct orphan_decision
orphan_act(const struct orphan_facts *facts, enum call_kind kind, const struct policy *policy,
           int64_t now_ms)
{
    if (!facts->may_act) {
        return orphan_step(ORPHAN_WAIT, 0, "it is reported only, for now");
    }
    if (now_ms < facts->delete_next_ms) {
        return orphan_step(ORPHAN_WAIT, facts->delete_next_ms, "it was tried a moment ago");
    }
    struct orphan_decision out =
        orphan_step(ORPHAN_ACT, now_ms + policy->settle_ms, "it is given back");
    out.act = kind;
    return out;
}

static struct orphan_decision
orphan_server(const struct orphan_facts *facts, const struct policy *policy, int64_t now_ms)
{
    switch (facts->state) {
    case SERVER_RUNNING:
        return orphan_act(facts, CALL_SERVER_POWEROFF, policy, now_ms);
    case SERVER_STOPPED:
    case SERVER_STOPPED_IN_PLACE:
        if (!facts->rest_seen) {
            return orphan_step(ORPHAN_WAIT, 0, "what hangs on it is not shown; it is not deleted");
        }
        if (!facts->rest_on_record) { /* Nothing else would name it later. */
            return orphan_step(ORPHAN_RECORD, now_ms, "what hangs on it goes on record");
        }
        return orphan_act(facts, CALL_SERVER_DELETE, policy, now_ms);
    case SERVER_STARTING:
    case SERVER_STOPPING:
    case SERVER_LOCKED:
    case SERVER_OTHER:
        break;
    }
    return orphan_step(ORPHAN_WAIT, now_ms + policy->settle_ms, "it is changing by itself");
}

static struct orphan_decision
orphan_leftover(const struct orphan_facts *facts, const struct policy *policy, int64_t now_ms)
{
    if (facts->attached_elsewhere) {
        return orphan_step(ORPHAN_RELEASE, 0, "it is attached to another machine");
    }
    if (facts->parent_lives || facts->attached) {
        return orphan_step(ORPHAN_WAIT, 0, "its machine goes first");
    }
    return orphan_act(facts,
                      facts->kind == ORPHAN_VOLUME ? CALL_VOLUME_DELETE : CALL_ADDRESS_DELETE,
                      policy, now_ms);
}

struct orphan_decision
orphan_decide(const struct orphan_facts *facts, const struct policy *policy, int64_t now_ms)
{
    if (facts->verdict == VERDICT_KEEP) {
        return orphan_step(facts->on_record ? ORPHAN_RELEASE : ORPHAN_WAIT, 0, "it is somebody's");
    }
    if (facts->unsettled) {
        return orphan_step(ORPHAN_WAIT, 0, "a call on it is cleared up first");
    }
    if (facts->class == ANSWER_NOT_FOUND) {
        return orphan_absent(facts, policy, now_ms);
    }
    if (facts->class != ANSWER_OK) {
        return orphan_step(ORPHAN_WAIT, 0, "the provider does not answer; nothing is concluded");
    }
    if (!facts->on_record) {
        return orphan_step(ORPHAN_RECORD, facts->verdict == VERDICT_ORPHAN ? now_ms : 0,
                           "it goes on record");
    }
    if (facts->gone_first_seen_ms != 0) {
        return orphan_step(ORPHAN_SEEN, now_ms, "it is there after all");
    }
    if (facts->verdict == VERDICT_QUARANTINED) {
        return orphan_step(ORPHAN_WAIT, 0, "it is left alone");
    }
    return facts->kind == ORPHAN_SERVER ? orphan_server(facts, policy, now_ms)
                                        : orphan_leftover(facts, policy, now_ms);
}

bool orphan_act_is_done(enum answer_class class)
{
    return class == ANSWER_OK || class == ANSWER_NOT_FOUND;
}

int64_t
orphan_next_act_ms(enum answer_class class, int64_t attempts, const struct policy *policy,
                   int64_t now_ms, uint32_t random)
{
    return now_ms + (orphan_act_is_done(class)
                         ? policy->settle_ms
                         : policy_deletion_pause_ms(policy, attempts, random));
}

bool
orphan_call_is_under_way(bool open, int64_t send_by_ms, int64_t now_ms)
{
    return open && now_ms <= send_by_ms;
}
