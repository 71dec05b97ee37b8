/* group_rules.h: the fleet's one security group in a zone: found by tag, made if there is none,
 * given its rules.  Pure, like decide.h. */
#ifndef INVENTIV_DOMAIN_GROUP_RULES_H
#define INVENTIV_DOMAIN_GROUP_RULES_H

#include "domain/operation.h"
#include "domain/policy.h"

struct group_facts {
    const char *recorded_ref; /* "" when none is on record */
    const char *listed_ref;   /* the first that carries the fleet's tag, "" when none */
    enum answer_class list_class;
    /* A call whose end is not known; op_id NULL when there is none. */
    const char *unsettled_op_id;
    bool unsettled_is_create;
    bool unsettled_is_open;
    int64_t unsettled_send_by_ms;
    int64_t unsettled_first_empty_ms;
    int64_t attempts;
};

enum group_step {
    GROUP_WAIT,
    GROUP_CREATE,
    GROUP_SET_RULES, /* of recorded_ref or listed_ref */
};

struct group_decision {
    enum group_step step;
    const char *ref; /* GROUP_SET_RULES: of which */
    bool close_unsettled;
    bool mark_empty_look;
    bool failed;
    int64_t next_run_ms;
    const char *message;
};

struct group_decision group_decide(const struct group_facts *facts, const struct policy *policy,
                                   int64_t now_ms, uint32_t random);

#endif
