/* server_volumes.h: the volumes named in a request for a server: which they are, whether they may
 * be attached, and the root volume that a server gets when it names none. */
#ifndef INVENTIV_MOCKCLOUD_SERVER_VOLUMES_H
#define INVENTIV_MOCKCLOUD_SERVER_VOLUMES_H

#include "mockcloud/call.h"
#include "mockcloud/product_table.h"

/* False when the call was refused and answered; nothing is changed.  server_id: who may hold them
 * already; NULL: nobody. */
bool server_volumes_check(struct call *call, const struct product *product, const char *server_id);

/* After the check: detaches what is no longer named, attaches and creates what is, in the order of
 * the keys; with_root: makes an implicit root volume where no "0" is named. */
void server_volumes_apply(struct call *call, json_t *server, bool with_root);

#endif
