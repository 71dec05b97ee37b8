/* bill.h: every second of every server, volume and address that was ever rented.  An entry is
 * opened with the thing and closed with it; entries are never removed. */
#ifndef INVENTIV_MOCKCLOUD_BILL_H
#define INVENTIV_MOCKCLOUD_BILL_H

#include "mockcloud/world.h"

/* kind: "server", "volume" or "address". */
void bill_open(struct world *world, const char *kind, const json_t *thing, int64_t now_ms);
void bill_close(struct world *world, const char *id, int64_t now_ms);

/* A new reference: {"servers", "volumes", "addresses": rented now, "items": [...]}. */
json_t *bill_view(const struct world *world, int64_t now_ms);

#endif
