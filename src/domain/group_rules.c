#include "domain/group_rules.h"

#include "domain/backoff.h"

static struct group_decision
group_wait(int64_t at_ms, const char *message)
{
    return (struct group_decision){ .step = GROUP_WAIT, .next_run_ms = at_ms, .message = message };
}

/* A create without a clear answer: found by tag, or looked for twice in vain. */
static struct group_decision
group_settle_create(const struct group_facts *facts, const struct policy *policy, int64_t now_ms)
{
    int64_t sure_ms = facts->unsettled_send_by_ms + policy->list_lag_ms;
    struct group_decision out =
        group_wait(now_ms + policy->check_base_ms, "a group may have been made; it is looked for");

    if (facts->listed_ref[0] != '\0' ||
        (facts->unsettled_first_empty_ms != 0 && now_ms > sure_ms)) {
        out = group_wait(now_ms, "a call without a clear answer is cleared up");
        out.close_unsettled = true;
        return out;
    }
    out.mark_empty_look = facts->unsettled_first_empty_ms == 0;
    return out;
}

struct group_decision
group_decide(const struct group_facts *facts, const struct policy *policy, int64_t now_ms,
             uint32_t random)
{
    const char *ref = facts->recorded_ref[0] != '\0' ? facts->recorded_ref : facts->listed_ref;

    if (facts->list_class != ANSWER_OK) {
        struct group_decision out =
            group_wait(now_ms + backoff_ms(policy->settle_ms, policy->check_backoff_max_ms,
                                           facts->attempts, random),
                       "the provider's list does not answer; nothing is concluded");
        out.failed = true;
        return out;
    }
    if (facts->unsettled_op_id != NULL && facts->unsettled_is_create) {
        return group_settle_create(facts, policy, now_ms);
    }
    if (facts->unsettled_op_id != NULL) {
        bool may_be_sent = facts->unsettled_is_open && now_ms <= facts->unsettled_send_by_ms;
        struct group_decision out =
            group_wait(may_be_sent ? facts->unsettled_send_by_ms + 1 : now_ms,
                       "another orchestrator's call may still be under way");
        out.close_unsettled = !may_be_sent;
        return out;
    }
    if (ref[0] == '\0') {
        return (
            struct group_decision){ .step = GROUP_CREATE, .next_run_ms = now_ms, .message = "" };
    }
    /* The rules are put as a whole: doing it again changes nothing. */
    return (struct group_decision){
        .step = GROUP_SET_RULES, .ref = ref, .next_run_ms = now_ms, .message = ""
    };
}
