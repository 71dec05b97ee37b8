/* fault_calls.h: faults of single calls: refused before anything is done, or done and answered
 * wrongly. */
#ifndef INVENTIV_MOCKCLOUD_FAULT_CALLS_H
#define INVENTIV_MOCKCLOUD_FAULT_CALLS_H

#include "mockcloud/fault_rules.h"

/* In place of the handler; true: a fault has answered the call. */
bool fault_calls_refuse(struct call *call);
/* After the handler has answered: makes another reply of it, or none. */
void fault_calls_spoil(struct call *call);

/* What the table names. */
void fault_calls_deny(struct call *call, const struct fault_rule *rule);
void fault_calls_throttle(struct call *call, const struct fault_rule *rule);
void fault_calls_fail(struct call *call, const struct fault_rule *rule);
void fault_calls_exceed_quota(struct call *call, const struct fault_rule *rule);
void fault_calls_lack_stock(struct call *call, const struct fault_rule *rule);
void fault_calls_fail_late(struct call *call, const struct fault_rule *rule);
void fault_calls_cut(struct call *call, const struct fault_rule *rule);
void fault_calls_lose(struct call *call, const struct fault_rule *rule);

#endif
