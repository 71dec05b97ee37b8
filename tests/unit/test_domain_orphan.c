/* Whose a machine with the fleet's tag is, and how what is nobody's is given back. */
#include <string.h>

#include "check.h"
#include "domain/orphan_rules.h"
#include "domain_fixture.h"

struct judge_case {
    const char *name;
    struct tagged_machine machine;
    enum orphan_verdict verdict;
};

#define OURS .ref = "m2", .known = true, .created = true

static const struct judge_case judge_cases[] = {
    { "tags that name no instance of this database", { .ref = "m2" }, VERDICT_QUARANTINED },
    { "no create of ours, the instance terminated",
      { .ref = "m2", .known = true, .state = INSTANCE_TERMINATED },
      VERDICT_QUARANTINED },
    { "no create of ours, another machine on record",
      { .ref = "m2", .known = true, .state = INSTANCE_READY, .recorded_ref = "m1" },
      VERDICT_QUARANTINED },
    { "on record of an instance that its tags do not name",
      { OURS, .state = INSTANCE_TERMINATED, .recorded_by_any = true },
      VERDICT_KEEP },
    { "on record of an instance, no create of ours",
      { .ref = "m2", .known = true, .state = INSTANCE_READY, .recorded_by_any = true },
      VERDICT_KEEP },
    { "F_OVER: of what is terminated", { OURS, .state = INSTANCE_TERMINATED }, VERDICT_ORPHAN },
    { "F_OVER: of what is archived", { OURS, .state = INSTANCE_ARCHIVED }, VERDICT_ORPHAN },
    { "F_OVER: there after all, though proven gone",
      { OURS, .state = INSTANCE_TERMINATED, .recorded_ref = "m2", .recorded_gone = true },
      VERDICT_ORPHAN },
    { "F_OVER: of what never was provisioned",
      { OURS, .state = INSTANCE_PROVISIONING_FAILED },
      VERDICT_ORPHAN },
    { "F_OVER: of what failed without a machine",
      { OURS, .state = INSTANCE_STARTUP_FAILED },
      VERDICT_ORPHAN },
    { "F_OVER: of what failed, its machine proven gone",
      { OURS, .state = INSTANCE_FAILED, .recorded_ref = "m1", .recorded_gone = true },
      VERDICT_ORPHAN },
    { "of what failed and has another",
      { OURS, .state = INSTANCE_FAILED, .recorded_ref = "m1" },
      VERDICT_ORPHAN },
    { "F_SWEEP: none on record yet", { OURS, .state = INSTANCE_PROVISIONING }, VERDICT_KEEP },
    { "F_SWEEP: none on record, being given back",
      { OURS, .state = INSTANCE_TERMINATING },
      VERDICT_KEEP },
    { "F_SWEEP: the one on record is proven gone",
      { OURS, .state = INSTANCE_TERMINATING, .recorded_ref = "m1", .recorded_gone = true },
      VERDICT_KEEP },
    { "from the record on, the others are orphans",
      { OURS, .state = INSTANCE_PROVISIONING, .recorded_ref = "m1" },
      VERDICT_ORPHAN },
    { "the same when ready",
      { OURS, .state = INSTANCE_READY, .recorded_ref = "m1" },
      VERDICT_ORPHAN },
    { "the same when being given back",
      { OURS, .state = INSTANCE_TERMINATING, .recorded_ref = "m1" },
      VERDICT_ORPHAN },
};

static void
test_verdicts(void)
{
    for (size_t i = 0; i < sizeof judge_cases / sizeof judge_cases[0]; i++) {
        struct tagged_machine machine = judge_cases[i].machine;
        machine.recorded_ref = machine.recorded_ref == NULL ? "" : machine.recorded_ref;
        struct orphan_judgement got = orphan_judge(&machine);
        CHECK_CASE(got.verdict == judge_cases[i].verdict, judge_cases[i].name);
        CHECK_CASE(got.reason[0] != '\0', judge_cases[i].name);
    }
}

/* None on record and the instance not over: whatever else is so, it is left alone. */
static void
test_nothing_is_taken_from_what_is_not_over(void)
{
    for (enum instance_state state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        struct tagged_machine machine = { OURS, .state = state, .recorded_ref = "" };
        bool over = state_is_final(state) || state_is_failed_kind(state);
        CHECK_CASE((orphan_judge(&machine).verdict == VERDICT_ORPHAN) == over, state_name(state));
        machine.recorded_by_any = true;
        CHECK_CASE(orphan_judge(&machine).verdict == VERDICT_KEEP, state_name(state));
    }
}

struct step_case {
    const char *name;
    struct orphan_facts facts;
    enum orphan_step step;
    enum call_kind act;
    int64_t in_ms; /* 0: at the job's period */
};

#define ORPHAN .verdict = VERDICT_ORPHAN
#define MAY .on_record = true, .may_act = true, .zone_is_plausible = true
#define SERVER .kind = ORPHAN_SERVER, ORPHAN, MAY
#define VOLUME .kind = ORPHAN_VOLUME, ORPHAN, MAY
#define WHOLE .rest_seen = true, .rest_on_record = true

static const struct step_case step_cases[] = {
    { "found", { ORPHAN }, .step = ORPHAN_RECORD },
    { "found, of nobody that we know", { .verdict = VERDICT_QUARANTINED }, .step = ORPHAN_RECORD },
    { "a list that lags", { ORPHAN, .class = ANSWER_NOT_FOUND }, .step = ORPHAN_WAIT },
    { "found, not confirmed by its id",
      { ORPHAN, .class = ANSWER_TRANSIENT },
      .step = ORPHAN_WAIT },
    { "somebody's after all", { .verdict = VERDICT_KEEP, MAY }, .step = ORPHAN_RELEASE },
    { "in quarantine it is left alone",
      { .verdict = VERDICT_QUARANTINED, MAY, .state = SERVER_RUNNING },
      .step = ORPHAN_WAIT },
    { "F_SOP: a call on it is cleared up first",
      { SERVER, .unsettled = true, .state = SERVER_RUNNING },
      .step = ORPHAN_WAIT },
    { "it runs",
      { SERVER, .state = SERVER_RUNNING },
      .step = ORPHAN_ACT,
      .act = CALL_SERVER_POWEROFF,
      .in_ms = 1000 },
    { "it runs, and is reported only",
      { ORPHAN, .on_record = true, .state = SERVER_RUNNING },
      .step = ORPHAN_WAIT },
    { "it changes by itself", { SERVER, .state = SERVER_STOPPING }, .in_ms = 1000 },
    { "what hangs on it is not shown", { SERVER, .state = SERVER_STOPPED }, .step = ORPHAN_WAIT },
    { "what hangs on it is not on record",
      { SERVER, .state = SERVER_STOPPED, .rest_seen = true },
      .step = ORPHAN_RECORD },
    { "it stands still",
      { SERVER, WHOLE, .state = SERVER_STOPPED_IN_PLACE },
      .step = ORPHAN_ACT,
      .act = CALL_SERVER_DELETE,
      .in_ms = 1000 },
    { "it stands still, and is reported only",
      { ORPHAN, .on_record = true, WHOLE, .state = SERVER_STOPPED },
      .step = ORPHAN_WAIT },
    { "it was tried a moment ago",
      { SERVER, WHOLE, .state = SERVER_STOPPED, .delete_next_ms = NOW + 700 },
      .in_ms = 700 },
    { "no answer", { SERVER, .class = ANSWER_TRANSIENT }, .step = ORPHAN_WAIT },
    { "credentials refused", { SERVER, .class = ANSWER_DENIED }, .step = ORPHAN_WAIT },
    { "absent", { SERVER, .class = ANSWER_NOT_FOUND }, .step = ORPHAN_ABSENT, .in_ms = 2000 },
    { "absent, as is much else, or not all was looked up",
      { ORPHAN, .on_record = true, .class = ANSWER_NOT_FOUND },
      .step = ORPHAN_WAIT },
    { "absent twice, as is much else",
      { ORPHAN, .on_record = true, .class = ANSWER_NOT_FOUND, .gone_first_seen_ms = NOW - 2000 },
      .step = ORPHAN_WAIT },
    { "absent, too soon",
      { SERVER, .class = ANSWER_NOT_FOUND, .gone_first_seen_ms = NOW - 1400 },
      .in_ms = 600 },
    { "absent twice",
      { SERVER, .class = ANSWER_NOT_FOUND, .gone_first_seen_ms = NOW - 2000 },
      .step = ORPHAN_GONE },
    { "there after all", { SERVER, .gone_first_seen_ms = NOW - 9 }, .step = ORPHAN_SEEN },
    { "its machine goes first", { VOLUME, .parent_lives = true }, .step = ORPHAN_WAIT },
    { "still attached to it", { VOLUME, .attached = true }, .step = ORPHAN_WAIT },
    { "attached to another",
      { VOLUME, .attached_elsewhere = true, .parent_lives = true },
      .step = ORPHAN_RELEASE },
    { "a volume attached to nothing",
      { VOLUME },
      .step = ORPHAN_ACT,
      .act = CALL_VOLUME_DELETE,
      .in_ms = 1000 },
    { "an address attached to nothing",
      { .kind = ORPHAN_ADDRESS, ORPHAN, MAY },
      .step = ORPHAN_ACT,
      .act = CALL_ADDRESS_DELETE,
      .in_ms = 1000 },
    { "refused before", { VOLUME, .delete_next_ms = NOW + 60000 }, .in_ms = 60000 },
    { "a volume absent",
      { VOLUME, .class = ANSWER_NOT_FOUND },
      .step = ORPHAN_ABSENT,
      .in_ms = 2000 },
};

static void
test_steps(void)
{
    struct policy policy = domain_policy();

    for (size_t i = 0; i < sizeof step_cases / sizeof step_cases[0]; i++) {
        const struct step_case *each = &step_cases[i];
        struct orphan_decision got = orphan_decide(&each->facts, &policy, NOW);
        CHECK_CASE(got.step == each->step, each->name);
        if (each->step == ORPHAN_ACT) {
            CHECK_CASE(got.act == each->act, each->name);
        }
        if (each->in_ms != 0) {
            CHECK_CASE(got.next_run_ms == NOW + each->in_ms, each->name);
        }
    }
}

/* A person's volume may hang on it. */
static void
test_volumes(void)
{
    static const char *const own[] = { "a", INSTANCE_TAG "i1" };
    static const char *const others[] = { INSTANCE_TAG "i12" };
    const struct volume_view boot = { .ref = "v", .is_boot = true };
    const struct volume_view tagged = { .ref = "v", .tags = own, .tag_count = 2 };
    const struct volume_view of_another = { .ref = "v", .tags = others, .tag_count = 1 };
    const struct volume_view bare = { .ref = "v" };

    CHECK(orphan_takes_volume(&boot, "i1") && orphan_takes_volume(&boot, NULL));
    CHECK(orphan_takes_volume(&tagged, "i1"));
    CHECK(!orphan_takes_volume(&tagged, NULL));
    CHECK(!orphan_takes_volume(&of_another, "i1"));
    CHECK(!orphan_takes_volume(&bare, "i1"));
}

static void
test_after_an_act(void)
{
    struct policy policy = domain_policy();

    CHECK(orphan_act_is_done(ANSWER_OK) && orphan_act_is_done(ANSWER_NOT_FOUND));
    CHECK(!orphan_act_is_done(ANSWER_UNKNOWN) && !orphan_act_is_done(ANSWER_TRANSIENT));
    CHECK_I64(orphan_next_act_ms(ANSWER_OK, 1, &policy, NOW, 0), NOW + policy.settle_ms);
    CHECK_I64(orphan_next_act_ms(ANSWER_TRANSIENT, 1, &policy, NOW, 0),
              NOW + policy_deletion_pause_ms(&policy, 1, 0));
    CHECK(policy_deletion_pause_ms(&policy, 2, 0) > policy_deletion_pause_ms(&policy, 1, 0));
    CHECK_I64(policy_deletion_pause_ms(&policy, 99, 0),
              policy_deletion_pause_ms(&policy, policy.volume_attempts_max, 0));
}

static void
test_calls_under_way(void)
{
    CHECK(orphan_call_is_under_way(true, NOW, NOW));
    CHECK(!orphan_call_is_under_way(true, NOW - 1, NOW));
    CHECK(!orphan_call_is_under_way(false, NOW + 1, NOW)); /* Answered, if unclearly. */
}

int
main(void)
{
    check_run("a machine is an orphan with tag and record as the only licence", test_verdicts);
    check_run("while none is on record nothing is taken from an instance that is not over",
              test_nothing_is_taken_from_what_is_not_over);
    check_run("what is nobody's is recorded, stopped, deleted, proven gone; then what hung on it",
              test_steps);
    check_run("of the volumes on it go what boots it and what its tags name", test_volumes);
    check_run("a refused deletion is tried again later and later", test_after_an_act);
    check_run("another's call may be under way until it can no longer be sent",
              test_calls_under_way);
    return check_end();
}
