/* db.h: one connection to PostgreSQL, blocking, for one thread at a time.  Runs named queries from
 * sql/queries/, all of which are prepared at connect, so that a broken one stops the process at
 * its start.  A lost connection is made again by the next query, with back-off; until then
 * queries fail with ERR_UNAVAILABLE. */
#ifndef INVENTIV_STORE_DB_H
#define INVENTIV_STORE_DB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "store/queries.h" /* made by tools/embed_sql.py: enum query_id, Q_INSTANCE_FACTS, ... */

struct db;

/* Never NULL, not yet connected; freed by the caller, NULL accepted.  name: application_name. */
struct db *db_new(const struct config *config, const char *name);
void db_free(struct db *db);

/* Connects, if not connected, and prepares everything; ERR_UNAVAILABLE (away), ERR_CONFIG (a
 * shifted fleet clock that is not allowed) or ERR_DATABASE (a query that does not prepare; the
 * schema is not there). */
MUST_CHECK struct error db_connect(struct db *db, struct arena *arena);
/* Round trip; for /readyz. */
bool db_answers(struct db *db);

/* Rows, copied into the arena. */
struct db_rows {
    size_t count;
    size_t columns;
    const char *const *names;
    const char *const *cells; /* count * columns texts; NULL is null */
    int64_t affected;         /* rows written, where nothing is returned */
};

#define DB_PARAMS(...)                                                                             \
    (const char *const[]){ __VA_ARGS__ },                                                          \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

/* Parameters are texts, NULL is null: db_run(db, arena, Q_X, &rows, DB_PARAMS(id, db_i64(arena, 3)))
 * ERR_UNAVAILABLE: connection lost, the statement may or may not have happened.  ERR_CONFLICT:
 * unique or foreign key, or a transition the database refuses (IV002).  ERR_STALE: IV001.
 * ERR_TIMEOUT: statement timeout.  ERR_DATABASE: anything else. */
MUST_CHECK struct error db_run(struct db *db, struct arena *arena, enum query_id query,
                               struct db_rows *out, const char *const *params, size_t count);
/* Without parameters. */
MUST_CHECK struct error
db_run0(struct db *db, struct arena *arena, enum query_id query, struct db_rows *out);

/* Texts of parameters, in the arena. */
const char *db_i64(struct arena *arena, int64_t value);
const char *db_bool(bool value);
const char *db_json(struct arena *arena, const json_t *value);
const char *
db_uuid_array(struct arena *arena, const char *const *uuids, size_t count); /* '{a,b}' */

/* Cells by column name; a name that is not there is a bug and aborts. */
bool row_is_null(const struct db_rows *rows, size_t row, const char *column);
const char *row_text(const struct db_rows *rows, size_t row, const char *column); /* "" when null */
const char *row_text_or_null(const struct db_rows *rows, size_t row, const char *column);
int64_t row_i64(const struct db_rows *rows, size_t row, const char *column, int64_t if_null);
bool row_bool(const struct db_rows *rows, size_t row, const char *column);
/* A new reference, the caller's; JSON null when null or not parsable. */
json_t *row_json(const struct db_rows *rows, size_t row, const char *column);

#endif
