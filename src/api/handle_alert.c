/* handle_alert.c: what somebody should know of. */
#include <string.h>

#include "api/fields.h"
#include "api/handlers.h"
#include "api/page.h"
#include "base/mem.h"

static const struct field alert_fields[] = {
    { "id", FIELD_TEXT },
    { "name", FIELD_TEXT },
    { "severity", FIELD_TEXT },
    { "status", FIELD_TEXT },
    { "summary", FIELD_TEXT },
    { "provider_id", FIELD_TEXT },
    { "provider_code", FIELD_TEXT },
    { "zone_id", FIELD_TEXT },
    { "zone_code", FIELD_TEXT },
    { "instance_id", FIELD_TEXT },
    { "labels", FIELD_JSON },
    { "correlation_id", FIELD_TEXT },
    { "occurrences", FIELD_INTEGER },
    { "opened_at", FIELD_TIME },
    { "touched_at", FIELD_TIME },
    { "acknowledged_at", FIELD_TIME },
    { "acknowledged_by", FIELD_TEXT },
    { "resolved_at", FIELD_TIME },
};

/* False after a 400. */
static bool
handle_alert_status(struct exchange *exchange, const char **out)
{
    static const char *const statuses[] = { "open", "acknowledged", "resolved" };

    *out = exchange_query(exchange, "status");
    for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++) {
        if (*out == NULL || strcmp(*out, statuses[i]) == 0) {
            return true;
        }
    }
    exchange_refuse(exchange, 400, "invalid_request",
                    "\"status\" is open, acknowledged or resolved");
    return false;
}

struct error
handle_alerts(struct exchange *exchange, struct db *db)
{
    struct arena *arena = exchange->arena;
    const char *status;
    struct page page;
    struct db_rows rows;

    if (!handle_alert_status(exchange, &status) || !page_read(exchange, &page)) {
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_API_ALERTS, &rows,
               DB_PARAMS(status, db_i64(arena, page.most), page.after_us, page.after_id)));
    page_add_next(exchange, &rows, &page, "opened_at_us");
    exchange_reply(exchange, 200,
                   fields_array(arena, &rows, alert_fields, ARRAY_LENGTH(alert_fields)));
    return NO_ERROR;
}
