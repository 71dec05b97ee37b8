/* handle_wish.c: what somebody wants of an instance: recorded, not done.  What is allowed in which
 * state stands in the database's matrix; the one query judges and records in one statement. */
#include <string.h>

#include "api/handlers.h"
#include "base/json.h"

struct wish {
    const char *name; /* what the query calls it */
    const char *accepted;
    const char *done;    /* there is nothing left to do */
    const char *jobs[4]; /* that have something to do now */
};

static void
handle_wish_wake(struct exchange *exchange, const struct wish *wish)
{
    for (size_t i = 0; wish->jobs[i] != NULL; i++) {
        wake_publish(exchange->api->wake, WAKE_JOBS, wish->jobs[i]);
    }
}

static void
handle_wish_refuse(struct exchange *exchange, const struct wish *wish, const struct db_rows *rows)
{
    const char *code = row_text(rows, 0, "refusal");
    const char *status = row_text(rows, 0, "status");

    exchange_reply(
        exchange, 409,
        json_pack("{s:s, s:o, s:s, s:o}", "error", code, "message",
                  json_sprintf("cannot %s an instance that is %s (%s)", wish->name, status, code),
                  "status", status, "allowed", row_json(rows, 0, "allowed")));
}

static struct error
handle_wish(struct exchange *exchange, struct db *db, const struct wish *wish)
{
    const char *id = exchange_path_id(exchange);
    struct db_rows rows;

    if (id == NULL) {
        return NO_ERROR;
    }
    TRY(db_run(db, exchange->arena, Q_API_WISH, &rows,
               DB_PARAMS(id, wish->name, exchange->person.user_id, exchange->id)));
    if (rows.count == 0) {
        exchange_refuse(exchange, 404, "not_found", "no such instance");
    } else if (!row_is_null(&rows, 0, "refusal")) {
        handle_wish_refuse(exchange, wish, &rows);
    } else if (row_bool(&rows, 0, "done")) {
        exchange_reply(exchange, 200,
                       json_pack("{s:s, s:s, s:s}", "status", row_text(&rows, 0, "status"),
                                 "instance_id", id, "message", wish->done));
    } else {
        handle_wish_wake(exchange, wish);
        exchange_reply(exchange, 202,
                       json_pack("{s:s, s:s, s:s}", "status", "accepted", "instance_id", id,
                                 "message", wish->accepted));
    }
    return NO_ERROR;
}

struct error
handle_terminate(struct exchange *exchange, struct db *db)
{
    static const struct wish wish = { "terminate",
                                      "everything rented is being given back",
                                      "it is terminated",
                                      { "job-terminator", "job-outbox" } };

    return handle_wish(exchange, db, &wish);
}

struct error
handle_drain(struct exchange *exchange, struct db *db)
{
    static const struct wish wish = {
        "drain", "it finishes what it serves, then ends", "", { "job-terminator" }
    };

    return handle_wish(exchange, db, &wish);
}

struct error
handle_reinstall(struct exchange *exchange, struct db *db)
{
    static const struct wish wish = { "reinstall",
                                      "the machine is being installed again",
                                      "",
                                      { "job-health-check", "job-terminator", "job-outbox" } };

    return handle_wish(exchange, db, &wish);
}

struct error
handle_archive(struct exchange *exchange, struct db *db)
{
    static const struct wish wish = {
        "archive", "it is being archived", "it is archived", { "job-terminator" }
    };

    return handle_wish(exchange, db, &wish);
}
