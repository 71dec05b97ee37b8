/* security_group_view.h: groups and rules in the Instance API's form. */
#ifndef INVENTIV_MOCKCLOUD_SECURITY_GROUP_VIEW_H
#define INVENTIV_MOCKCLOUD_SECURITY_GROUP_VIEW_H

#include "mockcloud/call.h"

/* Borrowed, or NULL when there is none in that zone and the call was answered. */
json_t *security_group_find(struct call *call);

/* A new reference. */
json_t *security_group_view(const struct call *call, json_t *group);

#endif
