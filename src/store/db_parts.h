/* db_parts.h: what the two kinds of connection share (db.c blocks, db_async.c lives on a loop);
 * nobody else includes it. */
#ifndef INVENTIV_STORE_DB_PARTS_H
#define INVENTIV_STORE_DB_PARTS_H

#include <libpq-fe.h>

#include "base/config.h"
#include "store/db.h"

enum { DB_PARAM_MAX = 8 };

/* Keywords and values for libpq, NULL-terminated; they live in the arena. */
struct db_connect_params {
    const char *keys[DB_PARAM_MAX];
    const char *values[DB_PARAM_MAX];
};
struct db_connect_params
db_connect_params(const struct config *config, struct arena *arena, const char *name);

/* How long an answer is waited for: the server's own limit, and some more for one that hangs. */
int64_t db_patience_ms(const struct config *config);

/* The next pause before connecting: doubled up to the setting, half of it random. */
int64_t db_next_pause_ms(const struct config *config, int64_t *backoff_ms);

/* Notices are not printed: what matters comes as an error. */
void db_quiet(PGconn *connection);

/* Ends at the first newline: what PostgreSQL adds after it is for its own log. */
const char *db_message(struct arena *arena, const char *text);
void db_copy_rows(struct arena *arena, const PGresult *result, struct db_rows *out);
/* Of a result that is an error; connection: where there is no result. */
struct error db_result_error(struct arena *arena, const PGconn *connection, enum query_id query,
                             const PGresult *result);

void db_result_clear_at(PGresult **result);
#define CLEANUP_RESULT __attribute__((cleanup(db_result_clear_at)))

#endif
