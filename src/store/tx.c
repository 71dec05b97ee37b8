#include "store/tx.h"

struct error
tx_begin(struct db *db, struct arena *arena)
{
    return db_run0(db, arena, Q_TX_BEGIN, NULL);
}

struct error
tx_end(struct db *db, struct arena *arena, struct error so_far)
{
    if (!error_is(so_far)) {
        return db_run0(db, arena, Q_TX_COMMIT, NULL);
    }
    /* A lost connection has rolled back by itself; there is nothing to tell of a failure here. */
    struct error rolled_back = db_run0(db, arena, Q_TX_ROLLBACK, NULL);
    (void)rolled_back;
    return so_far;
}
