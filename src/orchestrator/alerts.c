#include "orchestrator/alerts.h"

#include <string.h>

#include "base/log.h"

void
alert_open(json_t *opened, enum alert_name name, const struct alert_about *about,
           const char *summary)
{
    json_array_append_new(
        opened, json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o}", "name", alert_name_text(name),
                          "scope", about->scope, "severity", alert_severity(name), "provider_id",
                          json_string_or_null(about->provider_id), "zone_id",
                          json_string_or_null(about->zone_id), "instance_id",
                          json_string_or_null(about->instance_id), "summary", summary,
                          "correlation_id", json_string_or_null(about->correlation_id)));
}

void
alert_resolve(json_t *resolved, enum alert_name name, const char *scope)
{
    json_array_append_new(resolved,
                          json_pack("{s:s, s:s}", "name", alert_name_text(name), "scope", scope));
}

struct error
alerts_apply(struct job_cycle *cycle, const json_t *opened, const json_t *resolved)
{
    struct db_rows rows;

    if (json_array_size(opened) == 0 && json_array_size(resolved) == 0) {
        return NO_ERROR;
    }
    TRY(db_run(cycle->db, cycle->arena, Q_ALERT_APPLY, &rows,
               DB_PARAMS(opened == NULL ? "[]" : db_json(cycle->arena, opened),
                         resolved == NULL ? "[]" : db_json(cycle->arena, resolved))));
    for (size_t i = 0; i < rows.count; i++) {
        if (strcmp(row_text(&rows, i, "change"), "opened") == 0) {
            log_warn("alert opened", LOG_STR(ALERT, row_text(&rows, i, "name")),
                     LOG_STR(REASON, row_text(&rows, i, "summary")));
        } else {
            log_info("alert resolved", LOG_STR(ALERT, row_text(&rows, i, "name")),
                     LOG_STR(REASON, row_text(&rows, i, "summary")));
        }
    }
    return NO_ERROR;
}
