/* decide_parts.h: what decide.c is put together from; nobody else includes it.  Each step gets the
 * decision so far and returns true when it has made up its mind. */
#ifndef INVENTIV_DOMAIN_DECIDE_PARTS_H
#define INVENTIV_DOMAIN_DECIDE_PARTS_H

#include "domain/decide.h"

struct decide_context {
    const struct instance *instance;
    const struct seen *seen;
    const struct policy *policy;
    int64_t now_ms;
    uint32_t random;
    struct decision *out;
};

/* Ends a decision.  All return true, for `return decide_wait(...)`. */
bool decide_move(struct decide_context *c, enum instance_rule rule, const char *message);
bool decide_wait(struct decide_context *c, int64_t delay_ms, const char *message);
bool decide_wait_until(struct decide_context *c, int64_t at_ms, const char *message);
bool decide_retry(struct decide_context *c, const char *message); /* counts as failed */
/* For what comes about elsewhere: looked for less and less often, but as often as anything is. */
bool decide_poll(struct decide_context *c, const char *message);
bool
decide_act(struct decide_context *c, enum call_kind kind, const char *ref, const char *message);
bool decide_again(struct decide_context *c, const char *message); /* due at once */
void decide_mark(struct decide_context *c, enum mark_kind kind, const char *id);
void
decide_mark_ref(struct decide_context *c, enum mark_kind kind, const char *id, const char *ref);

/* operation_rules.c: unsettled calls, before anything else is called.  False: all is settled. */
bool operation_settle(struct decide_context *c);
/* Finds, records or rules out a machine that a create may have made.  False: there is none. */
bool operation_settle_creates(struct decide_context *c);
/* The act is allowed now: the zone does not rest. */
bool decide_act_unless_paused(struct decide_context *c, enum call_kind kind, const char *ref,
                              const char *message);

bool vanish_step(struct decide_context *c); /* vanish_rules.c; false: the machine is there */
bool loss_step(struct decide_context *c);   /* loss_rules.c */
bool server_is_stopped(const struct seen *seen);
bool provision_step(struct decide_context *c); /* provision_rules.c */
bool startup_step(struct decide_context *c);   /* startup_rules.c */
bool drain_step(struct decide_context *c);     /* drain_rules.c */
bool terminate_step(struct decide_context *c); /* terminate_rules.c */
/* Puts volumes and addresses of the machine seen on record, where they are not. */
bool rented_record(struct decide_context *c);

#endif
