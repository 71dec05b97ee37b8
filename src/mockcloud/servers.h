/* servers.h: finds the server that a call names. */
#ifndef INVENTIV_MOCKCLOUD_SERVERS_H
#define INVENTIV_MOCKCLOUD_SERVERS_H

#include "mockcloud/call.h"

/* Borrowed, or NULL when there is none in that zone and the call was answered. */
json_t *servers_find(struct call *call);

#endif
