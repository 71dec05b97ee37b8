#include "store/db_async.h"

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/db_parts.h"

enum { DB_ASYNC_PARAM_MAX = 32 };

enum db_async_state { DB_ASYNC_AWAY, DB_ASYNC_CONNECTING, DB_ASYNC_PREPARING, DB_ASYNC_UP };

/* A statement under way; or, with done NULL, the session's settings and the prepares. */
struct db_async_work {
    struct db_async_work *next;
    enum query_id query;
    db_async_done done;
    void *context;
    PGresult *result; /* the first that tells something, until the sync comes */
};

struct db_async {
    struct db_async_options options;
    enum db_async_state state;
    PGconn *connection;
    struct loop_watch *watch;
    struct loop_timer *retry_timer;
    struct loop_timer *stall_timer; /* runs while an answer is awaited */
    int64_t backoff_ms;
    bool told_away; /* so that an outage is logged once */
    struct db_async_work *first;
    struct db_async_work **last;
};

static void db_async_connect(void *argument);
static void db_async_on_event(void *argument);

static int64_t
db_async_patience_ms(const struct db_async *db)
{
    return config_ms(db->options.config, SETTING_DATABASE_STATEMENT_TIMEOUT_SECONDS) +
           config_ms(db->options.config, SETTING_DATABASE_RECONNECT_MAX_SECONDS);
}

static struct db_async_work *
db_async_take_first(struct db_async *db)
{
    struct db_async_work *work = db->first;

    db->first = work->next;
    if (db->first == NULL) {
        db->last = &db->first;
    }
    return work;
}

static void
db_async_answer(struct db_async_work *work, struct error error, const struct db_rows *rows)
{
    if (work->done != NULL) {
        work->done(error, rows, work->context);
    }
    PQclear(work->result);
    mem_free(work);
}

/* Ends the connection; whoever waits is told.  A callback may send again at once: it is refused,
 * for the state is "away" by then. */
static void
db_async_drop(struct db_async *db, struct error reason)
{
    if (!db->told_away) {
        log_warn("a connection to the database is away", LOG_STR(NAME, db->options.name),
                 LOG_STR(ERROR, reason.message));
        db->told_away = true;
    }
    loop_watch_free(db->watch);
    db->watch = NULL;
    loop_timer_stop(db->stall_timer);
    PQfinish(db->connection);
    db->connection = NULL;
    db->state = DB_ASYNC_AWAY;
    while (db->first != NULL) {
        db_async_answer(db_async_take_first(db), (struct error){ ERR_UNAVAILABLE, reason.message },
                        NULL);
    }
}

static void
db_async_retry_later(struct db_async *db)
{
    loop_timer_start(db->retry_timer, db_next_pause_ms(db->options.config, &db->backoff_ms));
}

static void
db_async_lose(struct db_async *db, const char *what)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *text = PQerrorMessage(db->connection);

    db_async_drop(db, error_make(arena, ERR_UNAVAILABLE, "%s: %s", what, db_message(arena, text)));
    db_async_retry_later(db);
}

static void
db_async_on_stall(void *argument)
{
    db_async_lose(argument, "no answer in time");
}

static void
db_async_flush(struct db_async *db)
{
    int left = PQflush(db->connection);

    if (left < 0) {
        db_async_lose(db, "cannot send");
        return;
    }
    loop_watch_writable(db->watch, left > 0);
}

static void
db_async_append(struct db_async *db, enum query_id query, db_async_done done, void *context)
{
    struct db_async_work *work = mem_zalloc(sizeof *work);

    *work = (struct db_async_work){ .query = query, .done = done, .context = context };
    if (db->first == NULL) {
        loop_timer_start(db->stall_timer, db_async_patience_ms(db));
    }
    *db->last = work;
    db->last = &work->next;
}

/* The session's settings and all prepares, as one transaction. */
static void
db_async_prepare(struct db_async *db)
{
    const struct db_async_options *options = &db->options;

    db->state = DB_ASYNC_PREPARING;
    db_async_append(db, options->session, NULL, NULL);
    PQsetnonblocking(db->connection, 1);
    PQenterPipelineMode(db->connection);
    PQsendQueryParams(db->connection, queries[options->session].text, 0, NULL, NULL, NULL, NULL, 0);
    for (size_t i = 0; i < options->prepared_count; i++) {
        const struct query_text *query = &queries[options->prepared[i]];
        PQsendPrepare(db->connection, query->name, query->text, 0, NULL);
    }
    PQpipelineSync(db->connection);
    db_async_flush(db);
}

/* While it connects, libpq may go on with another socket, even one of the same number. */
static void
db_async_watch(struct db_async *db, bool writable)
{
    loop_watch_free(db->watch);
    db->watch = loop_watch_new(db->options.loop, PQsocket(db->connection), db_async_on_event, db);
    loop_watch_writable(db->watch, writable);
}

static void
db_async_poll(struct db_async *db)
{
    PostgresPollingStatusType wanted = PQconnectPoll(db->connection);

    if (wanted == PGRES_POLLING_FAILED) {
        db_async_lose(db, "cannot connect to PostgreSQL");
        return;
    }
    db_async_watch(db, wanted == PGRES_POLLING_WRITING);
    if (wanted == PGRES_POLLING_OK) {
        db_async_prepare(db);
    }
}

static void
db_async_connect(void *argument)
{
    struct db_async *db = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct db_connect_params params =
        db_connect_params(db->options.config, arena, db->options.name);

    db->connection = PQconnectStartParams(params.keys, params.values, 1);
    db->state = DB_ASYNC_CONNECTING;
    if (PQstatus(db->connection) == CONNECTION_BAD) {
        db_async_lose(db, "cannot connect to PostgreSQL");
        return;
    }
    db_quiet(db->connection);
    loop_timer_start(db->stall_timer, db_async_patience_ms(db));
    db_async_watch(db, true);
}

/* The sync after the prepares, or after a statement: its transaction is over. */
static void
db_async_end_first(struct db_async *db)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct db_async_work *work = db_async_take_first(db);
    ExecStatusType status = PQresultStatus(work->result);
    bool failed = status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
    struct db_rows rows = { 0 };
    struct error error = NO_ERROR;

    loop_timer_stop(db->stall_timer);
    if (db->first != NULL) {
        loop_timer_start(db->stall_timer, db_async_patience_ms(db));
    }
    if (failed) {
        error = db_result_error(arena, db->connection, work->query, work->result);
    } else {
        db_copy_rows(arena, work->result, &rows);
    }
    if (work->done == NULL && !failed) {
        db->state = DB_ASYNC_UP;
        db->backoff_ms = 0;
        db->told_away = false;
    }
    bool unprepared = work->done == NULL && failed;
    db_async_answer(work, error, failed ? NULL : &rows);
    if (unprepared) {
        db_async_drop(db, error);
        db_async_retry_later(db);
    }
}

/* Keeps an error before anything else, and the first rows before later ones. */
static void
db_async_keep(struct db_async_work *work, PGresult *result)
{
    bool is_error = PQresultStatus(result) == PGRES_FATAL_ERROR;

    if (work->result == NULL || (is_error && PQresultStatus(work->result) != PGRES_FATAL_ERROR)) {
        PQclear(work->result);
        work->result = result;
    } else {
        PQclear(result);
    }
}

static void
db_async_read(struct db_async *db)
{
    if (PQconsumeInput(db->connection) == 0) {
        db_async_lose(db, "connection lost");
        return;
    }
    /* NULL comes between statements and also when all is read: the list tells these apart. */
    while (db->first != NULL && db->connection != NULL && !PQisBusy(db->connection)) {
        PGresult *result = PQgetResult(db->connection);
        if (result == NULL) {
            continue;
        }
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            PQclear(result);
            db_async_end_first(db);
        } else {
            db_async_keep(db->first, result);
        }
        if (db->connection != NULL && PQstatus(db->connection) == CONNECTION_BAD) {
            db_async_lose(db, "connection lost");
        }
    }
}

/* Notifications come between answers and beside them; how many is all the same. */
static void
db_async_hear(struct db_async *db)
{
    bool heard = false;

    for (PGnotify *each; (each = PQnotifies(db->connection)) != NULL; heard = true) {
        PQfreemem(each);
    }
    if (heard && db->options.notified != NULL) {
        db->options.notified(db->options.context);
    }
}

static void
db_async_on_event(void *argument)
{
    struct db_async *db = argument;

    if (db->state == DB_ASYNC_CONNECTING) {
        db_async_poll(db);
        return;
    }
    db_async_read(db);
    if (db->connection != NULL) {
        db_async_hear(db);
    }
    if (db->connection != NULL) {
        db_async_flush(db);
    }
}

bool
db_async_send(struct db_async *db, enum query_id query, const struct db_async_param *params,
              size_t count, db_async_done done, void *context)
{
    const char *values[DB_ASYNC_PARAM_MAX];
    int lengths[DB_ASYNC_PARAM_MAX];
    int formats[DB_ASYNC_PARAM_MAX];

    if (db->state != DB_ASYNC_UP || count > DB_ASYNC_PARAM_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        values[i] = params[i].bytes;
        lengths[i] = (int)params[i].length;
        formats[i] = params[i].length > 0;
    }
    if (PQsendQueryPrepared(db->connection, queries[query].name, (int)count, values, lengths,
                            formats, 0) == 0 ||
        PQpipelineSync(db->connection) == 0) {
        db_async_lose(db, "cannot send");
        return false;
    }
    db_async_append(db, query, done, context);
    db_async_flush(db);
    return true;
}

bool
db_async_is_up(const struct db_async *db)
{
    return db->state == DB_ASYNC_UP;
}

struct db_async *
db_async_new(const struct db_async_options *options)
{
    struct db_async *db = mem_zalloc(sizeof *db);

    db->options = *options;
    db->last = &db->first;
    db->retry_timer = loop_timer_new(options->loop, db_async_connect, db);
    db->stall_timer = loop_timer_new(options->loop, db_async_on_stall, db);
    db_async_connect(db);
    return db;
}

void
db_async_free(struct db_async *db)
{
    if (db == NULL) {
        return;
    }
    db->told_away = true;
    db_async_drop(db, error_static(ERR_UNAVAILABLE, "the program ends"));
    loop_timer_free(db->retry_timer);
    loop_timer_free(db->stall_timer);
    mem_free(db);
}
