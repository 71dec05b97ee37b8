/* security_group.h: groups of packet rules.  They are kept and told of, and filter nothing: there
 * is no network between local machines. */
#ifndef INVENTIV_MOCKCLOUD_SECURITY_GROUP_H
#define INVENTIV_MOCKCLOUD_SECURITY_GROUP_H

#include "mockcloud/world.h"

/* The zone's default group, made when first asked for; borrowed. */
json_t *security_group_default(struct world *world, const char *zone, int64_t now_ms);

#endif
