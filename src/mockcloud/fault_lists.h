/* fault_lists.h: lists that lag behind, or come short. */
#ifndef INVENTIV_MOCKCLOUD_FAULT_LISTS_H
#define INVENTIV_MOCKCLOUD_FAULT_LISTS_H

#include "mockcloud/fault_rules.h"

/* How far behind this list is; 0: not at all. */
int64_t fault_lists_lag_ms(const struct call *call);
/* Takes rows out of a page, an array or an object. */
void fault_lists_shorten(const struct call *call, json_t *rows);
/* The rules have changed: how long removed things must be remembered. */
void fault_lists_remember(struct cloud *cloud);

#endif
