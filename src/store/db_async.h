/* db_async.h: one connection to PostgreSQL that lives on a loop, in pipeline mode: many statements
 * are under way at once, none of them blocks the loop; hears notifications.  Prepares the queries that it is told of;
 * connects again by itself, with back-off.  Everything happens on the loop's thread. */
#ifndef INVENTIV_STORE_DB_ASYNC_H
#define INVENTIV_STORE_DB_ASYNC_H

#include <stdbool.h>

#include "base/loop.h"
#include "store/db.h"

struct db_async;

struct db_async_options {
    struct loop *loop;
    const struct config *config;
    const char *name;              /* application_name */
    enum query_id session;         /* run after each connect: the connection's own settings */
    const enum query_id *prepared; /* what will be sent */
    size_t prepared_count;
    loop_fn notified; /* notified(context) when PostgreSQL notified of something; or NULL */
    void *context;
};

/* Begins to connect.  Freed by the caller, NULL accepted; what is under way then is answered with
 * ERR_UNAVAILABLE. */
struct db_async *db_async_new(const struct db_async_options *options);
void db_async_free(struct db_async *db);
bool db_async_is_up(const struct db_async *db);

/* In PostgreSQL's text form (length 0, ended by NUL; NULL is null) or binary form. */
struct db_async_param {
    const char *bytes;
    size_t length; /* of the binary form; 0: text */
};

/* rows: on success, in an arena that lives until the callback returns.  Errors as of db_run();
 * ERR_UNAVAILABLE and ERR_TIMEOUT: it may have happened. */
typedef void (*db_async_done)(struct error error, const struct db_rows *rows, void *context);

/* Each statement is a transaction of its own, and is answered after its commit, in order.  False,
 * and nothing kept, when not connected. */
bool db_async_send(struct db_async *db, enum query_id query, const struct db_async_param *params,
                   size_t count, db_async_done done, void *context);

#endif
