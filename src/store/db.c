#include "store/db.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/mem.h"

enum { DB_BACKOFF_FIRST_MS = 100 };

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
db_clear_at(PGresult **result)
{
    PQclear(*result);
}
#define CLEANUP_RESULT __attribute__((cleanup(db_clear_at)))

static void
db_back_off(struct db *db)
{
    int64_t most = config_ms(db->config, SETTING_DATABASE_RECONNECT_MAX_SECONDS);
    int64_t next = db->backoff_ms == 0 ? DB_BACKOFF_FIRST_MS : db->backoff_ms * 2;

    db->backoff_ms = next < most ? next : most;
    int64_t half = db->backoff_ms / 2;
    db->retry_at_ms = clock_monotonic_ms() + half + digest_random_below((uint32_t)half + 1);
}

/* Ends the message at its first newline: what PostgreSQL adds after it is for its own log. */
static const char *
db_message(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strcspn(text, "\n"));
}

static struct error
db_open(struct db *db, struct arena *arena)
{
    const char *timeout = arena_printf(
        arena, "-c statement_timeout=%lld -c jit=off -c plan_cache_mode=force_generic_plan",
        (long long)config_ms(db->config, SETTING_DATABASE_STATEMENT_TIMEOUT_SECONDS));
    const char *const keys[] = { "dbname",          "fallback_application_name", "options",
                                 "connect_timeout", "keepalives_idle",           NULL };
    const char *const values[] = {
        config_text(db->config, SETTING_DATABASE_URL), db->name, timeout, "5", "10", NULL
    };

    if (clock_monotonic_ms() < db->retry_at_ms) {
        return error_static(ERR_UNAVAILABLE, "the database is away; waiting to connect again");
    }
    db->connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(db->connection) != CONNECTION_OK) {
        struct error error = error_make(arena, ERR_UNAVAILABLE, "cannot connect to PostgreSQL: %s",
                                        db_message(arena, PQerrorMessage(db->connection)));
        db_drop(db);
        db_back_off(db);
        return error;
    }
    db->backoff_ms = 0;
    return NO_ERROR;
}

/* All statements in one round trip. */
static struct error
db_prepare_all(struct db *db, struct arena *arena)
{
    struct error error = NO_ERROR;

    PQenterPipelineMode(db->connection);
    for (int i = 0; i < QUERY_COUNT_; i++) {
        PQsendPrepare(db->connection, queries[i].name, queries[i].text, 0, NULL);
    }
    PQpipelineSync(db->connection);
    for (int i = 0; i < QUERY_COUNT_; i++) {
        CLEANUP_RESULT PGresult *result = PQgetResult(db->connection);
        if (PQresultStatus(result) == PGRES_FATAL_ERROR && !error_is(error)) {
            error = error_make(arena, ERR_DATABASE, "query %s does not prepare: %s",
                               queries[i].name, db_message(arena, PQresultErrorMessage(result)));
        }
        PQclear(PQgetResult(db->connection)); /* The NULL after each. */
    }
    PQclear(PQgetResult(db->connection)); /* The sync. */
    PQexitPipelineMode(db->connection);
    return error;
}

static struct error
db_check_clock(struct db *db)
{
    if (config_bool(db->config, SETTING_INVENTIV_TEST_CLOCK)) {
        return NO_ERROR;
    }
    CLEANUP_RESULT PGresult *result =
        PQexecPrepared(db->connection, "fleet_clock_shift", 0, NULL, NULL, NULL, 0);
    if (PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "0") != 0) {
        return error_static(ERR_CONFIG,
                            "the fleet's clock is shifted: only for tests (INVENTIV_TEST_CLOCK)");
    }
    return NO_ERROR;
}

struct error
db_connect(struct db *db, struct arena *arena)
{
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

static const char *const *
db_copy_names(struct arena *arena, const PGresult *result, size_t columns)
{
    const char **names = arena_array(arena, const char *, columns + 1);

    for (size_t i = 0; i < columns; i++) {
        names[i] = arena_strdup(arena, PQfname(result, (int)i));
    }
    return names;
}

static void
db_copy_rows(struct arena *arena, const PGresult *result, struct db_rows *out)
{
    size_t columns = (size_t)PQnfields(result);
    size_t count = (size_t)PQntuples(result);
    const char **cells = arena_array(arena, const char *, columns *count + 1);

    for (size_t i = 0; i < columns * count; i++) {
        int row = (int)(i / columns);
        int column = (int)(i % columns);
        if (!PQgetisnull(result, row, column)) {
            cells[i] = arena_strndup(arena, PQgetvalue(result, row, column),
                                     (size_t)PQgetlength(result, row, column));
        }
    }
    *out = (struct db_rows){ .count = count,
                             .columns = columns,
                             .names = db_copy_names(arena, result, columns),
                             .cells = cells,
                             .affected =
                                 strtoll(PQcmdTuples((PGresult *)(uintptr_t)result), NULL, 10) };
}

static enum error_code
db_error_code(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum error_code code;
    } codes[] = {
        { "IV001", ERR_STALE },       { "IV002", ERR_CONFLICT }, { "IV003", ERR_STALE },
        { "23505", ERR_CONFLICT },    { "23503", ERR_CONFLICT }, { "57014", ERR_TIMEOUT },
        { "57P", ERR_UNAVAILABLE },   { "08", ERR_UNAVAILABLE }, { "53300", ERR_UNAVAILABLE },
        { "22P02", ERR_INPUT },       { "22021", ERR_INPUT },    { "22P05", ERR_INPUT },
        { "25006", ERR_UNAVAILABLE },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        if (strncmp(sqlstate, codes[i].prefix, strlen(codes[i].prefix)) == 0) {
            return codes[i].code;
        }
    }
    return ERR_DATABASE;
}

static struct error
db_failure(struct db *db, struct arena *arena, enum query_id query, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text =
        result == NULL ? PQerrorMessage(db->connection) : PQresultErrorMessage(result);
    struct error error =
        error_make(arena, sqlstate == NULL ? ERR_UNAVAILABLE : db_error_code(sqlstate), "%s: %s",
                   queries[query].name, db_message(arena, text));

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
    CLEANUP_RESULT PGresult *result =
        PQexecPrepared(db->connection, queries[query].name, (int)count, params, NULL, NULL, 0);
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
