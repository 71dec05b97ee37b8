#include "orchestrator/zone_rest.h"

#include "base/mem.h"
#include "domain/zone_alert.h"
#include "orchestrator/alerts.h"

/* What is seen, and what to do; the alert's page in docs/runbooks/ says more. */
static const char *
zone_rest_summary(struct arena *arena, const struct zone_refusal *refusal)
{
    const char *format =
        refusal->answer == ANSWER_DENIED
            ? "provider %s refuses our credentials in zone %s: check its access key, secret key "
              "and "
              "project, and restart the orchestrators; the zone rests, nothing is given up "
              "meanwhile"
            : "provider %s says that our quota is used up in zone %s: raise it, or give something "
              "back; nothing is begun there meanwhile, deletions go on";

    return arena_printf(arena, format, refusal->provider, refusal->zone);
}

struct error
zone_rest_apply(struct job_cycle *cycle, const struct zone_refusal *refusals, size_t count)
{
    CLEANUP_JSON json_t *pauses = json_array();
    CLEANUP_JSON json_t *opened = json_array();
    enum alert_name name;

    for (size_t i = 0; i < count; i++) {
        const struct zone_refusal *refusal = &refusals[i];
        struct alert_about about = { .scope = refusal->zone_id,
                                     .zone_id = refusal->zone_id,
                                     .correlation_id = refusal->correlation_id };
        if (!zone_alert_of(refusal->answer, &name)) {
            continue;
        }
        json_array_append_new(pauses, json_pack("{s:s, s:s}", "zone_id", refusal->zone_id, "reason",
                                                answer_class_name(refusal->answer)));
        alert_open(opened, name, &about, zone_rest_summary(cycle->arena, refusal));
    }
    if (json_array_size(pauses) == 0) {
        return NO_ERROR;
    }
    TRY(db_run(
        cycle->db, cycle->arena, Q_ZONE_PAUSE, NULL,
        DB_PARAMS(db_json(cycle->arena, pauses),
                  db_i64(cycle->arena, config_ms(cycle->config, SETTING_ZONE_PAUSE_SECONDS)))));
    return alerts_apply(cycle, opened, NULL);
}

static enum answer_class
zone_rest_answer(const struct instance_case *one)
{
    enum alert_name name;

    if (one->sent && zone_alert_of(one->call->class, &name)) {
        return one->call->class;
    }
    return look_is_denied(&one->instance, &one->seen) ? ANSWER_DENIED : ANSWER_OK;
}

struct error
zone_rest_run(struct job_cycle *cycle, const struct instance_case *cases, size_t count)
{
    struct zone_refusal *refusals = arena_array(cycle->arena, struct zone_refusal, count);

    for (size_t i = 0; i < count; i++) {
        const struct surroundings *around = &cases[i].around;
        refusals[i] = (struct zone_refusal){ .zone_id = around->zone_id,
                                             .zone = around->zone,
                                             .provider = around->provider_code,
                                             .correlation_id = around->correlation_id,
                                             .answer = zone_rest_answer(&cases[i]) };
    }
    return zone_rest_apply(cycle, refusals, count);
}

/* Which alerts are asked for: each that a refusal can have opened, of each zone. */
static json_t *
zone_rest_asked(const struct watched_zone *zones, size_t count)
{
    static const enum alert_name names[] = { ALERT_PROVIDER_CREDENTIALS_REFUSED,
                                             ALERT_PROVIDER_QUOTA };
    json_t *asked = json_array();

    for (size_t i = 0; i < count; i++) {
        int64_t listed_ms = watched_zone_is_listed(&zones[i]) ? zones[i].listed_at_ms : 0;
        for (size_t j = 0; j < ARRAY_LENGTH(names); j++) {
            json_array_append_new(asked, json_pack("{s:s, s:s, s:I}", "zone_id", zones[i].zone_id,
                                                   "name", alert_name_text(names[j]), "listed_ms",
                                                   (json_int_t)listed_ms));
        }
    }
    return asked;
}

static struct error
zone_rest_end_alerts(struct job_cycle *cycle, const struct watched_zone *zones, size_t count)
{
    int64_t rest_ms = config_ms(cycle->config, SETTING_ZONE_PAUSE_SECONDS);
    CLEANUP_JSON json_t *asked = zone_rest_asked(zones, count);
    CLEANUP_JSON json_t *resolved = json_array();
    struct db_rows rows;

    TRY(db_run(cycle->db, cycle->arena, Q_ZONE_ALERTS, &rows,
               DB_PARAMS(db_json(cycle->arena, asked))));
    for (size_t row = 0; row < rows.count; row++) {
        struct zone_alert_facts facts = { .touched_ms = row_i64(&rows, row, "touched_ms", 0),
                                          .listed_ms = row_i64(&rows, row, "listed_ms", 0),
                                          .created_ms = row_i64(&rows, row, "created_ms", 0) };
        if (alert_name_parse(row_text(&rows, row, "name"), &facts.name) &&
            zone_alert_is_over(&facts, rest_ms, cycle_now_ms(cycle))) {
            alert_resolve(resolved, facts.name, row_text(&rows, row, "zone_id"));
        }
    }
    return alerts_apply(cycle, NULL, resolved);
}

struct error
zone_rest_watch(struct job_cycle *cycle, const struct watched_zone *zones, size_t count)
{
    struct zone_refusal *refusals = arena_array(cycle->arena, struct zone_refusal, count);

    for (size_t i = 0; i < count; i++) {
        refusals[i] = (struct zone_refusal){
            .zone_id = zones[i].zone_id,
            .zone = zones[i].zone,
            .provider = row_text(zones[i].claimed, zones[i].row, "provider"),
            .answer = zones[i].list->class,
        };
    }
    TRY(zone_rest_apply(cycle, refusals, count));
    return zone_rest_end_alerts(cycle, zones, count);
}
