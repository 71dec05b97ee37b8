/* local_volume_view.h: a local volume in the Instance API's form. */
#ifndef INVENTIV_MOCKCLOUD_LOCAL_VOLUME_VIEW_H
#define INVENTIV_MOCKCLOUD_LOCAL_VOLUME_VIEW_H

#include "mockcloud/call.h"

/* A new reference. */
json_t *local_volume_view(const struct call *call, json_t *volume);

#endif
