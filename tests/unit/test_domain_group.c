/* The zone's one security group: found, made, given its rules. */
#include <string.h>

#include "check.h"
#include "domain/group_rules.h"
#include "domain_fixture.h"

struct group_case {
    const char *name;
    struct group_facts facts;
    enum group_step step;
    const char *ref;
    int64_t in_ms;
    bool closes;
    bool marks;
    bool failed;
};

#define CREATE .unsettled_op_id = "c1", .unsettled_is_create = true

static const struct group_case group_cases[] = {
    { "the list does not answer",
      { .list_class = ANSWER_TRANSIENT },
      .in_ms = 500,
      .failed = true },
    { "for the third time",
      { .list_class = ANSWER_DENIED, .attempts = 3 },
      .in_ms = 2000,
      .failed = true },
    { "there is none: create", { .list_class = ANSWER_OK }, .step = GROUP_CREATE },
    { "one is listed", { .listed_ref = "g1" }, .step = GROUP_SET_RULES, .ref = "g1" },
    { "one is on record, and not listed yet",
      { .recorded_ref = "g2" },
      .step = GROUP_SET_RULES,
      .ref = "g2" },
    { "the one on record before the one listed",
      { .recorded_ref = "g2", .listed_ref = "g1" },
      .step = GROUP_SET_RULES,
      .ref = "g2" },
    { "a create that may have made one: looked for in vain",
      { CREATE, .unsettled_send_by_ms = NOW - AN_HOUR },
      .in_ms = 10000,
      .marks = true },
    { "looked for twice, but the list may lag",
      { CREATE, .unsettled_send_by_ms = NOW - 120000, .unsettled_first_empty_ms = NOW - 9 },
      .in_ms = 10000 },
    { "looked for twice, surely in vain",
      { CREATE, .unsettled_send_by_ms = NOW - 120001, .unsettled_first_empty_ms = NOW - 9 },
      .closes = true },
    { "found", { CREATE, .unsettled_is_open = true, .listed_ref = "g1" }, .closes = true },
    { "nothing is concluded without the list",
      { CREATE, .list_class = ANSWER_UNKNOWN, .unsettled_send_by_ms = NOW - AN_HOUR },
      .in_ms = 500,
      .failed = true },
    { "another's rules may still be under way",
      { .recorded_ref = "g1",
        .unsettled_op_id = "r1",
        .unsettled_is_open = true,
        .unsettled_send_by_ms = NOW + 5000 },
      .in_ms = 5001 },
    { "they can no longer be sent",
      { .recorded_ref = "g1",
        .unsettled_op_id = "r1",
        .unsettled_is_open = true,
        .unsettled_send_by_ms = NOW - 1 },
      .closes = true },
    { "their answer is unknown: they are set again",
      { .recorded_ref = "g1", .unsettled_op_id = "r1", .unsettled_send_by_ms = NOW + 5000 },
      .closes = true },
};

static void
test_groups(void)
{
    struct policy policy = domain_policy();

    for (size_t i = 0; i < sizeof group_cases / sizeof group_cases[0]; i++) {
        const struct group_case *each = &group_cases[i];
        struct group_facts facts = each->facts;
        facts.recorded_ref = facts.recorded_ref == NULL ? "" : facts.recorded_ref;
        facts.listed_ref = facts.listed_ref == NULL ? "" : facts.listed_ref;
        struct group_decision got = group_decide(&facts, &policy, NOW, 0);
        CHECK_CASE(got.step == each->step, each->name);
        CHECK_CASE(got.next_run_ms - NOW == each->in_ms, each->name);
        CHECK_CASE(got.close_unsettled == each->closes, each->name);
        CHECK_CASE(got.mark_empty_look == each->marks, each->name);
        CHECK_CASE(got.failed == each->failed, each->name);
        if (each->step == GROUP_SET_RULES) {
            CHECK_STR(got.ref, each->ref);
        }
    }
}

int
main(void)
{
    check_run("a zone's group is found or made, once, and given its rules", test_groups);
    return check_end();
}
