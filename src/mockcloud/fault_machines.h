/* fault_machines.h: faults of machines: those that do not come up, and those that go. */
#ifndef INVENTIV_MOCKCLOUD_FAULT_MACHINES_H
#define INVENTIV_MOCKCLOUD_FAULT_MACHINES_H

#include "mockcloud/fault_rules.h"

/* --- what life.c and machine.c tell and ask --- */

void fault_machines_starts(struct cloud *cloud, json_t *server);
/* A machine that stays starting until its rule is gone. */
bool fault_machines_is_held(const struct cloud *cloud, const char *server_id);
/* Asked once a boot: the power-on was accepted, and there is no machine for it. */
bool fault_machines_lacks_stock(struct cloud *cloud, const json_t *server);
/* Asked once a boot: what its SSH does instead of greeting: "absent", "mute"; NULL: greets. */
const char *fault_machines_ssh(struct cloud *cloud, const json_t *server);
void fault_machines_runs(struct cloud *cloud, json_t *server); /* may delete it */
void fault_machines_forget(struct cloud *cloud, const char *server_id);

/* --- what faults_api.c tells --- */

/* A new rule: what is there already meets it now. */
void fault_machines_meet(struct cloud *cloud, struct fault_rule *rule);
/* The rule is gone: what it holds boots, what it had in mind is off. */
void fault_machines_release(struct cloud *cloud, int64_t rule_id);
void fault_machines_stop(struct cloud *cloud);

/* --- what the table names --- */

void fault_machines_hold(struct cloud *cloud, json_t *server, const struct fault_rule *rule,
                         double amount);
void fault_machines_doom(struct cloud *cloud, json_t *server, const struct fault_rule *rule,
                         double amount);

#endif
