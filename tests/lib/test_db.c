#include "test_db.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "store/migrate.h"
#include "test_service.h"

static struct {
    struct arena *arena;
    struct config *config;
    PGconn *connection;
    char name[64]; /* of the database */
} test_db;

struct arena *
test_db_arena(void)
{
    if (test_db.arena == NULL) {
        test_db.arena = arena_new();
    }
    return test_db.arena;
}

static void
test_db_add_word(struct buffer *out, const char *keyword, const char *value)
{
    buffer_printf(out, "%s='", keyword);
    for (const char *at = value; *at != '\0'; at++) {
        buffer_add(out, "\\", *at == '\'' || *at == '\\' ? 1 : 0);
        buffer_add(out, at, 1);
    }
    buffer_add_text(out, "' ");
}

/* The cluster's connection string, but to another database. */
static const char *
test_db_conninfo(const char *database)
{
    CLEANUP_BUFFER struct buffer out = { 0 };
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(test_cluster_url(), &message);

    if (options == NULL) {
        test_give_up("TEST_DATABASE_URL: %s", message);
    }
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val != NULL && strcmp(option->keyword, "dbname") != 0) {
            test_db_add_word(&out, option->keyword, option->val);
        }
    }
    test_db_add_word(&out, "dbname", database);
    PQconninfoFree(options);
    return arena_strndup(test_db_arena(), out.bytes, out.length);
}

static PGconn *
test_db_open(const char *conninfo)
{
    PGconn *connection = PQconnectdb(conninfo);

    if (PQstatus(connection) != CONNECTION_OK) {
        test_give_up("%s", PQerrorMessage(connection));
    }
    PQclear(PQexec(connection, "SET client_min_messages = warning"));
    return connection;
}

/* As the superuser, beside the database. */
static void
test_db_administer(const char *format)
{
    char sql[160];
    PGconn *connection = test_db_open(test_cluster_url());

    snprintf(sql, sizeof sql, "%s %s%s", format, test_db.name,
             strncmp(format, "DROP", 4) == 0 ? " WITH (FORCE)" : "");
    PGresult *result = PQexec(connection, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fprintf(stderr, "    %s: %s", sql, PQerrorMessage(connection));
    }
    PQclear(result);
    PQfinish(connection);
}

static void
test_db_end(void)
{
    PQfinish(test_db.connection);
    test_db_administer("DROP DATABASE IF EXISTS");
    config_free(test_db.config);
    arena_free(test_db.arena);
}

static void
test_db_set(enum setting_id id, const char *value)
{
    struct error error = config_set(test_db.config, test_db_arena(), id, value);

    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
}

struct config *
test_db_start_empty(char program)
{
    char unique[9];

    digest_start();
    digest_random_hex(unique, 4);
    snprintf(test_db.name, sizeof test_db.name, "inventiv_test_%d_%s", (int)getpid(), unique);
    test_cluster_url(); /* Its end is registered before ours, and so comes after. */
    test_db_administer("CREATE DATABASE");
    atexit(test_db_end);
    test_db.config = config_defaults(program);
    test_db_set(SETTING_DATABASE_URL, test_db_conninfo(test_db.name));
    test_db_set(SETTING_INVENTIV_TEST_CLOCK, "true");
    test_db.connection = test_db_open(test_db_conninfo(test_db.name));
    return test_db.config;
}

struct config *
test_db_start(char program)
{
    struct config *config = test_db_start_empty(program);
    struct error error = migrate_run(test_db_arena(), config);

    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
    return config;
}

static PGresult *
test_db_query(const char *sql, const char *const *params, size_t count)
{
    PGresult *result =
        PQexecParams(test_db.connection, sql, (int)count, NULL, params, NULL, NULL, 0);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        test_give_up("%s\n    %s", sql, PQerrorMessage(test_db.connection));
    }
    return result;
}

void
test_db_exec(const char *sql)
{
    PGresult *result = PQexec(test_db.connection, sql); /* may be several statements */

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK) {
        test_give_up("%s\n    %s", sql, PQerrorMessage(test_db.connection));
    }
    PQclear(result);
}

const char *
test_db_text(const char *sql, const char *const *params, size_t count)
{
    PGresult *result = test_db_query(sql, params, count);
    const char *text = PQntuples(result) > 0 && PQnfields(result) > 0
                           ? arena_strdup(test_db_arena(), PQgetvalue(result, 0, 0))
                           : "";

    PQclear(result);
    return text;
}

const char *
test_db_text0(const char *sql)
{
    return test_db_text(sql, NULL, 0);
}

int64_t
test_db_i64(const char *sql, const char *const *params, size_t count)
{
    return strtoll(test_db_text(sql, params, count), NULL, 10);
}

int64_t
test_db_i640(const char *sql)
{
    return test_db_i64(sql, NULL, 0);
}

const char *
test_db_refusal(const char *sql, const char *const *params, size_t count)
{
    PGresult *result =
        PQexecParams(test_db.connection, sql, (int)count, NULL, params, NULL, NULL, 0);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *copy = state == NULL ? "" : arena_strdup(test_db_arena(), state);

    PQclear(result);
    return copy;
}

void
test_db_shift_clock(int64_t by_ms)
{
    char text[32];

    snprintf(text, sizeof text, "%lld", (long long)by_ms);
    test_db_text("UPDATE fleet_clock SET shift = shift + ms($1::bigint)", TEST_PARAMS(text));
}
