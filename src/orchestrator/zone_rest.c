/* zone_rest.c: where the provider refuses our credentials or our quota, the zone rests: it is the
 * zone's matter, not the instance's, and nothing is begun there for a while. */
#include "base/log.h"
#include "orchestrator/case.h"

static enum answer_class
zone_rest_reason(const struct instance_case *one)
{
    if (one->sent && (one->call->class == ANSWER_DENIED || one->call->class == ANSWER_QUOTA)) {
        return one->call->class;
    }
    return look_is_denied(&one->instance, &one->seen) ? ANSWER_DENIED : ANSWER_OK;
}

struct error
zone_rest_run(struct job_cycle *cycle, const struct instance_case *cases, size_t count)
{
    CLEANUP_JSON json_t *rows = json_array();

    for (size_t i = 0; i < count; i++) {
        enum answer_class reason = zone_rest_reason(&cases[i]);
        if (reason == ANSWER_OK) {
            continue;
        }
        json_array_append_new(rows, json_pack("{s:s, s:s}", "zone_id", cases[i].around.zone_id,
                                              "reason", answer_class_name(reason)));
        if (cases[i].instance.zone_paused_until_ms <= cycle_now_ms(cycle)) {
            log_warn("zone rests", LOG_STR(ZONE, cases[i].around.zone),
                     LOG_STR(REASON, answer_class_name(reason)));
        }
    }
    if (json_array_size(rows) == 0) {
        return NO_ERROR;
    }
    return db_run(
        cycle->db, cycle->arena, Q_ZONE_PAUSE, NULL,
        DB_PARAMS(db_json(cycle->arena, rows),
                  db_i64(cycle->arena, config_ms(cycle->config, SETTING_ZONE_PAUSE_SECONDS))));
}
