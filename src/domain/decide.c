#include "domain/decide.h"

#include <string.h>

#include "domain/backoff.h"
#include "domain/decide_parts.h"

int64_t
decide_deadline_ms(enum instance_state state, const struct policy *policy, int64_t now_ms)
{
    switch (state) {
    case INSTANCE_PROVISIONING:
        return now_ms + policy->provisioning_ms;
    case INSTANCE_BOOTING:
        return now_ms + policy->booting_ms;
    case INSTANCE_INSTALLING:
        return now_ms + policy->installing_ms;
    case INSTANCE_STARTING:
        return now_ms + policy->starting_ms;
    case INSTANCE_UNAVAILABLE:
        return now_ms + policy->unavailable_ms;
    case INSTANCE_WORKER_DEAD:
        return now_ms + policy->dead_ms;
    case INSTANCE_DRAINING:
        return now_ms + policy->draining_ms;
    case INSTANCE_TERMINATING:
        return now_ms + policy->terminating_ms;
    case INSTANCE_PROVISIONING_FAILED:
        return now_ms;
    case INSTANCE_STARTUP_FAILED:
    case INSTANCE_FAILED:
        return now_ms + policy->failed_retention_ms;
    case INSTANCE_READY:
    case INSTANCE_TERMINATED:
    case INSTANCE_ARCHIVED:
    case INSTANCE_STATE_COUNT_:
        break;
    }
    return 0;
}

bool
decide_move(struct decide_context *c, enum instance_rule rule, const char *message)
{
    const struct transition *transition = transition_find(c->instance->state, rule);

    if (transition == NULL) {
        return false;
    }
    c->out->rule = rule;
    c->out->to = transition->to;
    c->out->deadline_ms = decide_deadline_ms(transition->to, c->policy, c->now_ms);
    bool rests = transition->to == INSTANCE_READY || state_is_final(transition->to);
    c->out->next_run_ms = rests ? 0 : c->now_ms;
    if (state_is_failed_kind(transition->to)) {
        c->out->next_run_ms = c->out->deadline_ms;
    }
    /* What went wrong on the way is over. */
    if (rule == RULE_SERVER_STARTED || rule == RULE_MODEL_SERVED ||
        rule == RULE_REINSTALL_REQUESTED) {
        c->out->error_code = "";
    }
    c->out->message = message;
    if (transition->to == INSTANCE_READY) {
        c->out->error_code = ""; /* Whatever was in the way is so no more. */
    }
    return true;
}

bool
decide_wait_until(struct decide_context *c, int64_t at_ms, const char *message)
{
    int64_t deadline_ms = c->instance->deadline_ms;
    int64_t next_ms = at_ms > c->now_ms ? at_ms : c->now_ms;

    /* No pause is so long that a deadline would pass unseen. */
    c->out->next_run_ms =
        deadline_ms > c->now_ms && next_ms > deadline_ms ? deadline_ms + 1 : next_ms;
    c->out->message = message;
    return true;
}

bool
decide_wait(struct decide_context *c, int64_t delay_ms, const char *message)
{
    return decide_wait_until(c, c->now_ms + delay_ms, message);
}

bool
decide_again(struct decide_context *c, const char *message)
{
    return decide_wait(c, 0, message);
}

bool
decide_retry(struct decide_context *c, const char *message)
{
    c->out->failed = true;
    return decide_wait(c,
                       backoff_ms(c->policy->settle_ms, c->policy->check_backoff_max_ms,
                                  c->instance->attempts, c->random),
                       message);
}

bool
decide_poll(struct decide_context *c, const char *message)
{
    c->out->failed = true;
    return decide_wait(c,
                       backoff_ms(c->policy->settle_ms, c->policy->check_base_ms,
                                  c->instance->attempts, c->random),
                       message);
}

bool
decide_act(struct decide_context *c, enum call_kind kind, const char *ref, const char *message)
{
    c->out->act = (struct act){ .wanted = true, .kind = kind, .ref = ref, .volume_type = "" };
    return decide_again(c, message);
}

bool
decide_act_unless_paused(struct decide_context *c, enum call_kind kind, const char *ref,
                         const char *message)
{
    int64_t rest_until_ms = instance_rest_until(c->instance, kind);

    if (rest_until_ms > c->now_ms) {
        return decide_wait_until(c, rest_until_ms,
                                 "the zone rests: the provider refused our credentials or quota");
    }
    return decide_act(c, kind, ref, message);
}

/* What finds no room is decided again in the next cycle. */
void
decide_mark_ref(struct decide_context *c, enum mark_kind kind, const char *id, const char *ref)
{
    if (c->out->mark_count < DECISION_MARKS_MAX) {
        c->out->marks[c->out->mark_count++] = (struct mark){ kind, id, ref };
    }
}

void
decide_mark(struct decide_context *c, enum mark_kind kind, const char *id)
{
    decide_mark_ref(c, kind, id, NULL);
}

static bool
decide_wish(struct decide_context *c)
{
    enum instance_state state = c->instance->state;

    switch (c->instance->wish) {
    case WISH_TERMINATED:
        return decide_move(c, RULE_TERMINATE_REQUESTED, "termination was asked for");
    case WISH_DRAINED:
        /* What serves nothing has nothing to drain. */
        return state != INSTANCE_DRAINING &&
               (decide_move(c, RULE_DRAIN_REQUESTED, "a drain was asked for") ||
                decide_move(c, RULE_TERMINATE_REQUESTED,
                            "a drain was asked for; nothing is served"));
    case WISH_RUNNING:
        break;
    }
    return false;
}

static bool
decide_archive(struct decide_context *c)
{
    return c->instance->archive_wanted && !instance_rents_something(c->instance) &&
           decide_move(c, RULE_ARCHIVE_REQUESTED, "archiving was asked for");
}

static bool
decide_reinstall(struct decide_context *c)
{
    const struct instance *instance = c->instance;

    if (instance->wanted_generation <= instance->generation || instance->live_elsewhere ||
        !instance_has_machine(instance)) {
        return false;
    }
    if (!decide_move(c, RULE_REINSTALL_REQUESTED, "a reinstallation was asked for")) {
        return false;
    }
    c->out->next_generation = true;
    c->out->progress = 10;
    return true;
}

/* A failed kind keeps what it rents until its retention is over, for people to look at. */
static bool
decide_retention(struct decide_context *c)
{
    if (!instance_rents_something(c->instance)) {
        c->out->deadline_ms = 0;
        c->out->next_run_ms = 0;
        c->out->message = "nothing is rented";
        return true;
    }
    if (c->now_ms < c->instance->deadline_ms || c->now_ms < c->instance->preserve_until_ms) {
        int64_t until_ms = c->instance->deadline_ms > c->instance->preserve_until_ms
                               ? c->instance->deadline_ms
                               : c->instance->preserve_until_ms;
        return decide_wait_until(c, until_ms, "kept for people to look at");
    }
    return decide_move(c, RULE_RETENTION_OVER, "kept long enough; what is rented is given back");
}

static bool
decide_step(struct decide_context *c)
{
    switch (c->instance->state) {
    case INSTANCE_PROVISIONING:
        return provision_step(c);
    case INSTANCE_BOOTING:
    case INSTANCE_INSTALLING:
    case INSTANCE_STARTING:
    case INSTANCE_UNAVAILABLE:
    case INSTANCE_WORKER_DEAD:
        return startup_step(c);
    case INSTANCE_DRAINING:
        return drain_step(c);
    case INSTANCE_TERMINATING:
        return terminate_step(c);
    case INSTANCE_PROVISIONING_FAILED:
    case INSTANCE_STARTUP_FAILED:
    case INSTANCE_FAILED:
        return decide_archive(c) || decide_retention(c);
    case INSTANCE_TERMINATED:
        return decide_archive(c);
    case INSTANCE_READY:
        return loss_step(c);
    case INSTANCE_ARCHIVED:
    case INSTANCE_STATE_COUNT_:
        break;
    }
    return false;
}

/* Whatever else is waited for, somebody looks when the deadline passes. */
static void
decide_look_at_deadline(struct decision *out, const struct instance *instance, int64_t now_ms)
{
    bool kept = instance->preserve_until_ms > out->deadline_ms;

    if (out->rule == RULE_NONE && !kept && out->deadline_ms > now_ms &&
        out->next_run_ms > out->deadline_ms) {
        out->next_run_ms = out->deadline_ms + 1;
    }
}

struct decision
decide(const struct instance *instance, const struct seen *seen, const struct policy *policy,
       int64_t now_ms, uint32_t random)
{
    struct decision out = { .rule = RULE_NONE,
                            .to = instance->state,
                            .deadline_ms = instance->deadline_ms,
                            .message = "nothing to do" };
    struct decide_context c = { instance, seen, policy, now_ms, random, &out };

    if (!decide_wish(&c) && !vanish_step(&c) && !decide_reinstall(&c)) {
        decide_step(&c);
    }
    if (out.rule == RULE_NONE && !out.act.wanted && look_is_denied(instance, seen)) {
        out.error_code = answer_class_error_code(ANSWER_DENIED);
        out.message = "the provider refuses our credentials; nothing is concluded";
    }
    decide_look_at_deadline(&out, instance, now_ms);
    return out;
}

static const char *decide_answer_message(enum answer_class class)
{
    switch (class) {
    case ANSWER_OK:
        return "done";
    case ANSWER_NOT_FOUND:
        return "the provider does not know it";
    case ANSWER_TRANSIENT:
        return "the provider could not do it now; it is tried again";
    case ANSWER_UNKNOWN:
        return "the provider's answer does not tell; it is looked up before anything is repeated";
    case ANSWER_OUT_OF_STOCK:
        return "the provider has no such machine free; it is tried again";
    case ANSWER_QUOTA:
        return "our quota at the provider is used up; the zone rests";
    case ANSWER_DENIED:
        return "the provider refuses our credentials; the zone rests";
    case ANSWER_INVALID:
        return "the provider refuses the request as it is";
    case ANSWER_CLASS_COUNT_:
        break;
    }
    return "";
}

/* The pause before a refused deletion is tried again; it stops growing after some refusals. */
static int64_t
decide_deletion_pause(const struct instance *instance, const struct act *act,
                      const struct policy *policy, uint32_t random)
{
    bool volume = act->kind == CALL_VOLUME_DELETE;
    const struct rented *things = volume ? instance->volumes : instance->addresses;
    size_t count = volume ? instance->volume_count : instance->address_count;
    int64_t attempts = 1;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(things[i].ref, act->ref) == 0) {
            attempts = things[i].delete_attempts + 1;
        }
    }
    return policy_deletion_pause_ms(policy, attempts, random);
}

static bool
act_changes_power(enum call_kind kind)
{
    return kind == CALL_SERVER_POWERON || kind == CALL_SERVER_POWEROFF ||
           kind == CALL_SERVER_REBOOT || kind == CALL_SERVER_DELETE;
}

static bool
act_is_deletion(enum call_kind kind)
{
    return kind == CALL_SERVER_DELETE || kind == CALL_VOLUME_DELETE || kind == CALL_ADDRESS_DELETE;
}

/* The pause after a call that failed. */
static int64_t
decide_failure_pause(const struct instance *instance, const struct act *act,
                     enum answer_class class, const struct policy *policy, uint32_t random)
{
    int64_t failures = instance_failures_in_row(instance) + 1;
    int64_t longest_ms = policy->check_backoff_max_ms;

    if (act->kind == CALL_VOLUME_DELETE || act->kind == CALL_ADDRESS_DELETE) {
        return policy->settle_ms; /* The thing's own row says when it is tried again. */
    }
    if (class == ANSWER_INVALID && instance->state == INSTANCE_PROVISIONING) {
        return policy->settle_ms; /* The next cycle gives up. */
    }
    if (class == ANSWER_UNKNOWN) {
        return backoff_ms(policy->settle_ms, longest_ms, failures, random); /* It looks first. */
    }
    return backoff_ms(policy->provision_backoff_ms, longest_ms, failures, random);
}

struct decision
decide_after_act(const struct instance *instance, const struct act *act, enum answer_class class,
                 int64_t retry_after_ms, const struct policy *policy, int64_t now_ms,
                 uint32_t random)
{
    struct decision out = { .rule = RULE_NONE,
                            .to = instance->state,
                            .deadline_ms = instance->deadline_ms,
                            .message = decide_answer_message(class) };
    bool done = class == ANSWER_OK || (class == ANSWER_NOT_FOUND && act_is_deletion(act->kind));

    if (act->kind == CALL_VOLUME_DELETE || act->kind == CALL_ADDRESS_DELETE) {
        out.thing_next_ms = now_ms + (done ? policy->check_base_ms
                                           : decide_deletion_pause(instance, act, policy, random));
    }
    if (done) { /* Somebody looks before anything is concluded. */
        out.next_run_ms = now_ms + (act_changes_power(act->kind) ? policy->settle_ms : 0);
        /* That it takes too long stays on record until it is over. */
        bool late = instance->state == INSTANCE_TERMINATING && now_ms > instance->deadline_ms;
        out.error_code = class == ANSWER_OK && !late ? "" : NULL;
        return out;
    }
    int64_t pause_ms = decide_failure_pause(instance, act, class, policy, random);
    int64_t told_ms = retry_after_ms < policy->check_backoff_max_ms ? retry_after_ms
                                                                    : policy->check_backoff_max_ms;
    out.failed = true;
    out.error_code = answer_class_error_code(class);
    out.next_run_ms = now_ms + (told_ms > pause_ms ? told_ms : pause_ms);
    return out;
}
