/* handle_journal.c: what was done, and how it is shown. */
#include <errno.h>
#include <stdlib.h>

#include "api/fields.h"
#include "api/handlers.h"
#include "base/mem.h"

static const struct field action_log_fields[] = {
    { "id", FIELD_TEXT },
    { "seq", FIELD_INTEGER },
    { "action_type", FIELD_TEXT },
    { "component", FIELD_TEXT },
    { "status", FIELD_TEXT },
    { "error_code", FIELD_TEXT },
    { "error_message", FIELD_TEXT },
    { "instance_id", FIELD_TEXT },
    { "user_id", FIELD_TEXT },
    { "correlation_id", FIELD_TEXT },
    { "job", FIELD_TEXT },
    { "op_id", FIELD_TEXT },
    { "rule", FIELD_TEXT },
    { "retry_count", FIELD_INTEGER },
    { "duration_ms", FIELD_INTEGER },
    { "created_at", FIELD_TIME },
    { "completed_at", FIELD_TIME },
    { "metadata", FIELD_JSON },
    { "instance_status_before", FIELD_TEXT },
    { "instance_status_after", FIELD_TEXT },
};

static const struct field action_type_fields[] = {
    { "code", FIELD_TEXT },        { "label", FIELD_TEXT },    { "icon", FIELD_TEXT },
    { "color_class", FIELD_TEXT }, { "category", FIELD_TEXT }, { "is_active", FIELD_BOOL },
};

/* False after a 400. */
static bool
handle_journal_limit(struct exchange *exchange, int64_t *out)
{
    const struct config *config = exchange->api->config;
    int64_t most = config_count(config, SETTING_API_LIST_ROWS_MAX);
    const char *text = exchange_query(exchange, "limit");
    char *end;

    *out = config_count(config, SETTING_API_JOURNAL_ROWS);
    if (text == NULL) {
        return true;
    }
    errno = 0;
    long long limit = strtoll(text, &end, 10);
    if (errno != 0 || end[0] != '\0' || limit < 1) {
        exchange_refuse(exchange, 400, "invalid_request", "\"limit\" is a positive number");
        return false;
    }
    *out = limit < most ? limit : most;
    return true;
}

struct error
handle_action_logs(struct exchange *exchange, struct db *db)
{
    const char *instance_id;
    int64_t limit;
    struct db_rows rows;

    if (!exchange_query_id(exchange, "instance_id", &instance_id) ||
        !handle_journal_limit(exchange, &limit)) {
        return NO_ERROR;
    }
    TRY(db_run(db, exchange->arena, Q_API_ACTION_LOGS, &rows,
               DB_PARAMS(instance_id, exchange_query(exchange, "component"),
                         exchange_query(exchange, "status"),
                         exchange_query(exchange, "action_type"), db_i64(exchange->arena, limit))));
    exchange_reply(
        exchange, 200,
        fields_array(exchange->arena, &rows, action_log_fields, ARRAY_LENGTH(action_log_fields)));
    return NO_ERROR;
}

struct error
handle_action_types(struct exchange *exchange, struct db *db)
{
    struct db_rows rows;

    TRY(db_run0(db, exchange->arena, Q_API_ACTION_TYPES, &rows));
    exchange_reply(
        exchange, 200,
        fields_array(exchange->arena, &rows, action_type_fields, ARRAY_LENGTH(action_type_fields)));
    return NO_ERROR;
}
