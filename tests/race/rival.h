/* rival.h: another session on the test's database.  Its transactions stay open for as long as the
 * test likes, so that two sessions can be stopped at named points.  Whatever fails ends the test.
 * For one thread at a time. */
#ifndef INVENTIV_TESTS_RIVAL_H
#define INVENTIV_TESTS_RIVAL_H

#include "store/db.h"

struct rival;

struct rival *rival_open(const struct config *config);
void rival_close(struct rival *rival);

/* Statements without rows: BEGIN, COMMIT, LOCK TABLE. */
void rival_exec(struct rival *rival, const char *sql);
/* A named query, in the transaction that is open; rows live until rival_close(). */
struct db_rows
rival_run(struct rival *rival, enum query_id query, const char *const *params, size_t count);
/* The same, without waiting for it; rival_join() does. */
void rival_send(struct rival *rival, enum query_id query, const char *const *params, size_t count);
struct db_rows rival_join(struct rival *rival);

/* Somebody on this database waits for a lock; with the limit of test_until(). */
bool rival_makes_wait(void);
/* ... and that lock is a row's. */
bool rival_makes_wait_for_row(void);

#endif
