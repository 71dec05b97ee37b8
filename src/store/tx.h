/* tx.h: a transaction of several statements on one connection; each statement sees what was
 * committed before it began. */
#ifndef INVENTIV_STORE_TX_H
#define INVENTIV_STORE_TX_H

#include "store/db.h"

MUST_CHECK struct error tx_begin(struct db *db, struct arena *arena);
/* Ends it: commits when so_far is no error, else rolls back and returns so_far. */
MUST_CHECK struct error tx_end(struct db *db, struct arena *arena, struct error so_far);

#endif
