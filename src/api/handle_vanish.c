/* handle_vanish.c: an operator's word that machines which a zone's provider does not show any more are
 * really gone. */
#include "api/handlers.h"
#include "base/json.h"

/* Who may be at such an instance is woken to look once more. */
static void
handle_vanish_wake(struct wake *wake)
{
    static const char *const woken[] = { "job-health-check", "job-terminator", "job-provisioning" };

    for (size_t i = 0; i < sizeof woken / sizeof woken[0]; i++) {
        wake_publish(wake, WAKE_JOBS, woken[i]);
    }
}

struct error
handle_confirm_vanished(struct exchange *exchange, struct db *db)
{
    const char *id = exchange_path_id(exchange);
    struct db_rows rows;

    if (id == NULL) {
        return NO_ERROR;
    }
    TRY(db_run(db, exchange->arena, Q_API_CONFIRM_VANISHED, &rows,
               DB_PARAMS(id, exchange->person.user_id, exchange->id)));
    if (rows.count == 0) {
        exchange_refuse(exchange, 404, "not_found", "no such zone");
        return NO_ERROR;
    }
    json_t *ids = row_json(&rows, 0, "instance_ids");
    handle_vanish_wake(exchange->api->wake);
    exchange_reply(exchange, 200,
                   json_pack("{s:I, s:o}", "confirmed", (json_int_t)json_array_size(ids),
                             "instance_ids", ids));
    return NO_ERROR;
}
