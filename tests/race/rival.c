#include "rival.h"

#include <libpq-fe.h>

#include "base/mem.h"
#include "store/db_parts.h"
#include "test_db.h"
#include "test_service.h"

enum { RIVAL_WAIT_MS = 10000 };

struct rival {
    PGconn *connection;
    struct arena *arena;
};

struct rival *
rival_open(const struct config *config)
{
    struct rival *rival = mem_zalloc(sizeof *rival);

    rival->arena = arena_new();
    struct db_connect_params params = db_connect_params(config, rival->arena, "rival");
    rival->connection = PQconnectdbParams(params.keys, params.values, 1);
    if (PQstatus(rival->connection) != CONNECTION_OK) {
        test_give_up("%s", PQerrorMessage(rival->connection));
    }
    db_quiet(rival->connection);
    return rival;
}

void
rival_close(struct rival *rival)
{
    PQfinish(rival->connection);
    arena_free(rival->arena);
    mem_free(rival);
}

static struct db_rows
rival_take(struct rival *rival, const char *what, PGresult *result)
{
    struct db_rows rows = { 0 };
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        test_give_up("%s: %s", what, PQerrorMessage(rival->connection));
    }
    db_copy_rows(rival->arena, result, &rows);
    PQclear(result);
    return rows;
}

void
rival_exec(struct rival *rival, const char *sql)
{
    rival_take(rival, sql, PQexec(rival->connection, sql));
}

struct db_rows
rival_run(struct rival *rival, enum query_id query, const char *const *params, size_t count)
{
    return rival_take(rival, queries[query].name,
                      PQexecParams(rival->connection, queries[query].text, (int)count, NULL, params,
                                   NULL, NULL, 0));
}

void
rival_send(struct rival *rival, enum query_id query, const char *const *params, size_t count)
{
    if (PQsendQueryParams(rival->connection, queries[query].text, (int)count, NULL, params, NULL,
                          NULL, 0) != 1) {
        test_give_up("%s: %s", queries[query].name, PQerrorMessage(rival->connection));
    }
}

struct db_rows
rival_join(struct rival *rival)
{
    PGresult *result = PQgetResult(rival->connection);
    struct db_rows rows = rival_take(rival, "a query sent before", result);

    PQclear(PQgetResult(rival->connection)); /* The NULL after it. */
    return rows;
}

static bool
rival_sees_wait(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND wait_event_type = 'Lock'") > 0;
}

bool
rival_makes_wait(void)
{
    return test_until(RIVAL_WAIT_MS, rival_sees_wait, NULL);
}

static bool
rival_sees_row_wait(void *argument)
{
    (void)argument;
    return test_db_i640("SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l USING (pid)"
                        " WHERE a.datname = current_database() AND NOT l.granted"
                        " AND l.locktype IN ('transactionid', 'tuple')") > 0;
}

bool
rival_makes_wait_for_row(void)
{
    return test_until(RIVAL_WAIT_MS, rival_sees_row_wait, NULL);
}
