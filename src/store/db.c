#include "store/db.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/db_parts.h"

struct db {
    const struct config *config;
    char *name;
    PGconn *connection; /* NULL: not connected */
    int64_t backoff_ms;
    int64_t retry_at_ms; /* monotonic; no attempt to connect before */
};

struct db *
db_new(const struct config *config, const char *name)
{
    struct db *db = mem_zalloc(sizeof *db);

    db->config = config;
    db->name = mem_strdup(name);
    return db;
}

static void
db_drop(struct db *db)
{
    PQfinish(db->connection);
    db->connection = NULL;
}

void
db_free(struct db *db)
{
    if (db == NULL) {
        return;
    }
    db_drop(db);
    mem_free(db->name);
    mem_free(db);
}

static void
db_back_off(struct db *db)
{
    db->retry_at_ms = clock_monotonic_ms() + db_next_pause_ms(db->config, &db->backoff_ms);
}

static struct error
db_open(struct db *db, struct arena *arena)
{
    struct db_connect_params params = db_connect_params(db->config, arena, db->name);

    if (clock_monotonic_ms() < db->retry_at_ms) {
        return error_static(ERR_UNAVAILABLE, "the database is away; waiting to connect again");
    }
    db->connection = PQconnectdbParams(params.keys, params.values, 1);
    if (PQstatus(db->connection) != CONNECTION_OK) {
        struct error error = error_make(arena, ERR_UNAVAILABLE, "cannot connect to PostgreSQL: %s",
                                        db_message(arena, PQerrorMessage(db->connection)));
        db_drop(db);
        db_back_off(db);
        return error;
    }
    db_quiet(db->connection);
    PQsetnonblocking(db->connection, 1);
    db->backoff_ms = 0;
    return NO_ERROR;
}

/* Waits for input (and room for output) until until_ms, monotonic; false when the time is up or the
 * connection broke. */
static bool
db_wait(PGconn *connection, int64_t until_ms)
{
    int flushed = PQflush(connection);

    while (flushed == 1 || (flushed == 0 && PQisBusy(connection))) {
        struct pollfd polled = { .fd = PQsocket(connection),
                                 .events = (short)(POLLIN | (flushed == 1 ? POLLOUT : 0)) };
        int64_t left_ms = until_ms - clock_monotonic_ms();
        if (left_ms <= 0 || (poll(&polled, 1, (int)left_ms) < 0 && errno != EINTR) ||
            PQconsumeInput(connection) == 0) {
            return false;
        }
        flushed = PQflush(connection);
    }
    return flushed == 0;
}

/* The next result; NULL also when none came in time: then *late is set and the connection is of no
 * more use. */
static PGresult *
db_next_result(struct db *db, int64_t until_ms, bool *late)
{
    if (*late || !db_wait(db->connection, until_ms)) {
        *late = true;
        return NULL;
    }
    return PQgetResult(db->connection);
}

/* A server that hangs holds nobody for longer than db_patience_ms(). */
static struct error
db_late(struct db *db, struct arena *arena, const char *query)
{
    struct error error =
        error_make(arena, ERR_UNAVAILABLE, "%s: PostgreSQL did not answer in time, or is gone: %s",
                   query, db_message(arena, PQerrorMessage(db->connection)));

    db_drop(db);
    db_back_off(db);
    return error;
}

/* Sends a query and reads its one result; false when it did not come in time. */
static bool
db_ask(struct db *db, enum query_id query, const char *const *params, size_t count, PGresult **out)
{
    int64_t until_ms = clock_monotonic_ms() + db_patience_ms(db->config);
    bool late = PQsendQueryPrepared(db->connection, queries[query].name, (int)count, params, NULL,
                                    NULL, 0) == 0;
    PGresult *next;

    *out = db_next_result(db, until_ms, &late);
    while (*out != NULL && (next = db_next_result(db, until_ms, &late)) != NULL) {
        PQclear(next);
    }
    return *out != NULL;
}

/* All statements in one round trip. */
static struct error
db_prepare_all(struct db *db, struct arena *arena)
{
    struct error error = NO_ERROR;
    int64_t until_ms = clock_monotonic_ms() + db_patience_ms(db->config);
    bool late = false;

    PQenterPipelineMode(db->connection);
    for (int i = 0; i < QUERY_COUNT_; i++) {
        PQsendPrepare(db->connection, queries[i].name, queries[i].text, 0, NULL);
    }
    PQpipelineSync(db->connection);
    for (int i = 0; i < QUERY_COUNT_; i++) {
        CLEANUP_RESULT PGresult *result = db_next_result(db, until_ms, &late);
        if (result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR && !error_is(error)) {
            error = error_make(arena, ERR_DATABASE, "query %s does not prepare: %s",
                               queries[i].name, db_message(arena, PQresultErrorMessage(result)));
        }
        PQclear(db_next_result(db, until_ms, &late)); /* The NULL after each. */
    }
    PQclear(db_next_result(db, until_ms, &late)); /* The sync. */
    if (late) {
        return error_static(ERR_UNAVAILABLE, "PostgreSQL did not prepare our queries in time");
    }
    PQexitPipelineMode(db->connection);
    return error;
}

static struct error
db_check_clock(struct db *db)
{
    if (config_bool(db->config, SETTING_INVENTIV_TEST_CLOCK)) {
        return NO_ERROR;
    }
    CLEANUP_RESULT PGresult *result = NULL;
    if (!db_ask(db, Q_FLEET_CLOCK_SHIFT, NULL, 0, &result)) {
        return error_static(ERR_UNAVAILABLE, "PostgreSQL did not tell the fleet's clock in time");
    }
    if (PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "0") != 0) {
        return error_static(ERR_CONFIG,
                            "the fleet's clock is shifted: only for tests (INVENTIV_TEST_CLOCK)");
    }
    return NO_ERROR;
}

/* The first look may find the server's last words, the second its end. */
static bool
db_died_while_idle(struct db *db)
{
    bool read = PQconsumeInput(db->connection) != 0;

    return !read || PQconsumeInput(db->connection) == 0;
}

struct error
db_connect(struct db *db, struct arena *arena)
{
    if (db->connection != NULL && db_died_while_idle(db)) {
        db_drop(db);
    }
    if (db->connection != NULL) {
        return NO_ERROR;
    }
    TRY(db_open(db, arena));
    struct error error = db_prepare_all(db, arena);
    if (!error_is(error)) {
        error = db_check_clock(db);
    }
    if (error_is(error)) {
        db_drop(db);
        db_back_off(db);
    }
    return error;
}

static struct error
db_failure(struct db *db, struct arena *arena, enum query_id query, const PGresult *result)
{
    struct error error = db_result_error(arena, db->connection, query, result);

    if (PQstatus(db->connection) != CONNECTION_OK) {
        error.code = ERR_UNAVAILABLE;
        db_drop(db);
    }
    return error;
}

struct error
db_run(struct db *db, struct arena *arena, enum query_id query, struct db_rows *out,
       const char *const *params, size_t count)
{
    TRY(db_connect(db, arena));
    CLEANUP_RESULT PGresult *result = NULL;
    if (!db_ask(db, query, params, count, &result)) {
        return db_late(db, arena, queries[query].name);
    }
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        return db_failure(db, arena, query, result);
    }
    if (out != NULL) {
        db_copy_rows(arena, result, out);
    }
    return NO_ERROR;
}

struct error
db_run0(struct db *db, struct arena *arena, enum query_id query, struct db_rows *out)
{
    return db_run(db, arena, query, out, NULL, 0);
}

bool
db_answers(struct db *db)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct db_rows rows;

    return !error_is(db_run0(db, arena, Q_FLEET_CLOCK_SHIFT, &rows));
}
