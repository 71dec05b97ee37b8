#include "store/migrate.h"

#include <libpq-fe.h>
#include <string.h>

#include "store/queries.h"

static void
migrate_close_at(PGconn **connection)
{
    PQfinish(*connection);
}

static void
migrate_clear_at(PGresult **result)
{
    PQclear(*result);
}
#define CLEANUP_RESULT __attribute__((cleanup(migrate_clear_at)))

static struct error
migrate_failure(struct arena *arena, PGconn *connection, const char *what)
{
    const char *text = PQerrorMessage(connection);
    const char *message = arena_strndup(arena, text, strcspn(text, "\n"));

    return error_make(arena, PQstatus(connection) == CONNECTION_OK ? ERR_DATABASE : ERR_UNAVAILABLE,
                      "%s: %s", what, message);
}

/* The wait for the lock is bounded by this connection's statement timeout, which so is no shorter
 * than any migration that somebody else may be waiting for. */
static struct error
migrate_connect(struct arena *arena, const struct config *config, PGconn **out)
{
    const char *options =
        arena_printf(arena, "-c statement_timeout=%lld -c client_min_messages=warning",
                     (long long)config_ms(config, SETTING_DATABASE_MIGRATION_WAIT_SECONDS));
    const char *const keys[] = { "dbname", "fallback_application_name", "options",
                                 "connect_timeout", NULL };
    const char *const values[] = { config_text(config, SETTING_DATABASE_URL), "inventiv-migrate",
                                   options, "5", NULL };

    *out = PQconnectdbParams(keys, values, 1);
    if (PQstatus(*out) != CONNECTION_OK) {
        return migrate_failure(arena, *out, "cannot connect to PostgreSQL");
    }
    return NO_ERROR;
}

static struct error
migrate_run_query(struct arena *arena, PGconn *connection, enum query_id query,
                  const char *const *params, int count, PGresult **out)
{
    PGresult *result =
        PQexecParams(connection, queries[query].text, count, NULL, params, NULL, NULL, 0);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        PQclear(result);
        return migrate_failure(arena, connection, queries[query].name);
    }
    *out = result;
    return NO_ERROR;
}

static struct error
migrate_lock(struct arena *arena, PGconn *connection)
{
    CLEANUP_RESULT PGresult *result =
        PQexecParams(connection, queries[Q_MIGRATION_LOCK].text, 0, NULL, NULL, NULL, NULL, 0);

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        return NO_ERROR;
    }
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (sqlstate != NULL && strcmp(sqlstate, "57014") == 0) {
        return error_static(ERR_TIMEOUT, "another process is migrating the database and does not "
                                         "come to an end (DATABASE_MIGRATION_WAIT_SECONDS)");
    }
    return migrate_failure(arena, connection, queries[Q_MIGRATION_LOCK].name);
}

static bool
migrate_is_known(const char *name)
{
    for (int i = 0; i < MIGRATION_COUNT; i++) {
        if (strcmp(migrations[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* What is applied must be the beginning of our list, each with our digest. */
static struct error
migrate_compare(struct arena *arena, int row, const char *name, const char *digest)
{
    if (!migrate_is_known(name)) {
        return error_make(arena, ERR_CONFIG,
                          "the database has migration %s, which this program does not know: it "
                          "was migrated by a newer version",
                          name);
    }
    if (row >= MIGRATION_COUNT || strcmp(migrations[row].name, name) != 0) {
        return error_make(arena, ERR_CONFIG,
                          "the database has migration %s but lacks one before it (%s)", name,
                          row < MIGRATION_COUNT ? migrations[row].name : "?");
    }
    if (strcmp(migrations[row].digest, digest) != 0) {
        return error_make(arena, ERR_CONFIG,
                          "migration %s was applied with another text (digest %.12s, ours is "
                          "%.12s): an applied migration is never edited",
                          name, digest, migrations[row].digest);
    }
    return NO_ERROR;
}

static struct error
migrate_count_applied(struct arena *arena, PGconn *connection, int *out)
{
    CLEANUP_RESULT PGresult *table = NULL;
    CLEANUP_RESULT PGresult *list = NULL;

    TRY(migrate_run_query(arena, connection, Q_MIGRATION_TABLE, NULL, 0, &table));
    TRY(migrate_run_query(arena, connection, Q_MIGRATION_LIST, NULL, 0, &list));
    for (int row = 0; row < PQntuples(list); row++) {
        const char *name = arena_strdup(arena, PQgetvalue(list, row, 0));
        TRY(migrate_compare(arena, row, name, PQgetvalue(list, row, 1)));
    }
    *out = PQntuples(list);
    return NO_ERROR;
}

static struct error
migrate_execute(struct arena *arena, PGconn *connection, const char *text, const char *what)
{
    CLEANUP_RESULT PGresult *result = PQexec(connection, text);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        return migrate_failure(arena, connection, what);
    }
    return NO_ERROR;
}

/* On an error the transaction goes with the connection. */
static struct error
migrate_apply(struct arena *arena, PGconn *connection, const struct migration_text *migration)
{
    const char *what = arena_printf(arena, "migration %s", migration->name);
    const char *const params[] = { migration->name, migration->digest };
    CLEANUP_RESULT PGresult *recorded = NULL;

    TRY(migrate_execute(arena, connection, "BEGIN", what));
    TRY(migrate_execute(arena, connection, migration->text, what));
    TRY(migrate_run_query(arena, connection, Q_MIGRATION_RECORD, params, 2, &recorded));
    return migrate_execute(arena, connection, "COMMIT", what);
}

struct error
migrate_run(struct arena *arena, const struct config *config)
{
    __attribute__((cleanup(migrate_close_at))) PGconn *connection = NULL;
    int applied = 0;

    TRY(migrate_connect(arena, config, &connection));
    TRY(migrate_lock(arena, connection));
    TRY(migrate_count_applied(arena, connection, &applied));
    for (int i = applied; i < MIGRATION_COUNT; i++) {
        TRY(migrate_apply(arena, connection, &migrations[i]));
    }
    return NO_ERROR;
}
