/* request_counts.h: how often each operation was asked for, by result (GET /_requests). */
#ifndef INVENTIV_MOCKCLOUD_REQUEST_COUNTS_H
#define INVENTIV_MOCKCLOUD_REQUEST_COUNTS_H

#include "mockcloud/call.h"

/* Once a call, when it is about to be answered. */
void request_counts_add(struct cloud *cloud, const struct call *call);

#endif
