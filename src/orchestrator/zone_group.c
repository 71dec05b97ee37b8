#include "orchestrator/zone_group.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "domain/group_rules.h"
#include "orchestrator/shard.h"
#include "orchestrator/shard_act.h"
#include "orchestrator/tags.h"

struct zone_case {
    const struct db_rows *rows;
    size_t row;
    json_t *unsettled; /* array; the first counts */
    struct group_facts facts;
    struct group_decision decision;
    int ports[3];
    struct shard_act act;
};

static const char *
zone_text(const struct zone_case *zone, const char *column)
{
    return row_text(zone->rows, zone->row, column);
}

static void
zone_read_unsettled(struct zone_case *zone)
{
    const json_t *first = json_array_get(zone->unsettled, 0);
    enum call_kind kind = CALL_SECURITY_GROUP_RULES;

    if (first == NULL) {
        return;
    }
    call_kind_parse(json_get_string(first, "kind", ""), &kind);
    zone->facts.unsettled_op_id = json_get_string(first, "op_id", NULL);
    zone->facts.unsettled_is_create = kind == CALL_SECURITY_GROUP_CREATE;
    zone->facts.unsettled_is_open = json_get_string(first, "outcome", NULL) == NULL;
    zone->facts.unsettled_send_by_ms = json_get_i64(first, "send_by_ms", 0);
    zone->facts.unsettled_first_empty_ms = json_get_i64(first, "first_empty_look_ms", 0);
}

static void
zone_call_make(struct job_cycle *cycle, struct zone_case *zone)
{
    bool create = zone->decision.step == GROUP_CREATE;

    zone->act.call = (struct provider_call){
        .kind = create ? CALL_SECURITY_GROUP_CREATE : CALL_SECURITY_GROUP_RULES,
        .zone = zone_text(zone, "zone"),
        .ref = create ? "" : zone->decision.ref,
        .name = arena_printf(cycle->arena, "inventiv-%.8s", zone_text(zone, "fleet_id")),
        .tags = tags_of_fleet(cycle->arena, zone_text(zone, "fleet_id")),
        .tag_count = TAGS_OF_FLEET,
        .ports = zone->ports,
        .port_count = 3,
    };
}

static void
zone_end(struct job_cycle *cycle, json_t *ends, const struct zone_case *zone)
{
    const struct provider_call *call = &zone->act.call;
    bool acted = zone->act.sent;
    bool done = acted && call->class == ANSWER_OK;
    bool ready = done && zone->decision.step == GROUP_SET_RULES;
    struct shard_end end = {
        .next_run_ms =
            zone->decision.next_run_ms + (acted && !done ? cycle->policy->check_base_ms : 0),
        .failed = zone->decision.failed || (acted && !done),
        .error_code = acted ? answer_class_error_code(call->class) : "",
        .message = acted ? call->message : zone->decision.message,
        .group_ref = !done                                 ? ""
                     : zone->decision.step == GROUP_CREATE ? call->new_ref
                                                           : zone->decision.ref,
        .group_ready = ready,
    };

    if (!ready) {
        cycle_due_in(cycle, end.next_run_ms - cycle_now_ms(cycle));
    }
    shard_add(cycle, ends, zone->rows, zone->row, &end);
}

static struct error
zone_apply(struct job_cycle *cycle, struct zone_case *zones, size_t count)
{
    CLEANUP_JSON json_t *ends = json_array();
    CLEANUP_JSON json_t *marks = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct group_decision *decision = &zones[i].decision;
        zone_end(cycle, ends, &zones[i]);
        if (decision->close_unsettled || decision->mark_empty_look) {
            json_array_append_new(
                marks, json_pack("{s:s, s:s, s:s}", "zone_id", zone_text(&zones[i], "zone_id"),
                                 "op_id", zones[i].facts.unsettled_op_id, "kind",
                                 decision->close_unsettled ? "closed" : "empty_look"));
        }
    }
    return shard_apply(cycle, ends, marks);
}

/* list: of the fleet's groups there; provider NULL: it cannot be opened. */
static void
zone_decide(struct job_cycle *cycle, struct zone_case *zone, const struct provider_call *list,
            struct provider *provider)
{
    bool listed = list->class == ANSWER_OK && list->security_group_count > 0;

    zone->unsettled = row_json(zone->rows, zone->row, "unsettled");
    zone->facts = (struct group_facts){
        .recorded_ref = zone_text(zone, "security_group_ref"),
        .listed_ref = listed ? list->security_groups[0].ref : "",
        .list_class = list->class,
        .attempts = row_i64(zone->rows, zone->row, "attempts", 0),
    };
    zone->ports[0] = (int)row_i64(zone->rows, zone->row, "ssh_port", 0);
    zone->ports[1] = (int)row_i64(zone->rows, zone->row, "worker_port", 0);
    zone->ports[2] = (int)row_i64(zone->rows, zone->row, "engine_port", 0);
    zone_read_unsettled(zone);
    zone->decision = group_decide(&zone->facts, cycle->policy, cycle_now_ms(cycle),
                                  digest_random_below(UINT32_MAX));
    if (zone->decision.step != GROUP_WAIT) {
        zone->act.zones = zone->rows;
        zone->act.row = zone->row;
        zone->act.provider = provider;
        zone_call_make(cycle, zone);
    }
}

static struct error
zone_group_handle(struct job_cycle *cycle, const struct db_rows *rows)
{
    struct arena *arena = cycle->arena;
    struct zone_case *zones = arena_array(arena, struct zone_case, rows->count);
    struct shard_act **acts = arena_array(arena, struct shard_act *, rows->count);
    struct provider **owners = arena_array(arena, struct provider *, rows->count);
    const struct provider_call *lists =
        shard_ask(cycle, rows, CALL_SECURITY_GROUP_LIST, true, owners);
    size_t count = 0;

    for (size_t i = 0; i < rows->count; i++) {
        zones[i] = (struct zone_case){ .rows = rows, .row = i };
        zone_decide(cycle, &zones[i], &lists[i], owners[i]);
        if (zones[i].decision.step != GROUP_WAIT) {
            acts[count++] = &zones[i].act;
        }
    }
    struct error error = shard_act_run(cycle, acts, count);
    if (!error_is(error)) {
        error = zone_apply(cycle, zones, rows->count);
    }
    for (size_t i = 0; i < rows->count; i++) {
        json_decref(zones[i].unsettled);
    }
    TRY(error);
    shard_act_applied(acts, count);
    return NO_ERROR;
}

struct error
zone_group_run(struct job_cycle *cycle)
{
    struct arena *arena = cycle->arena;
    struct db_rows *rows = arena_alloc(arena, sizeof *rows);

    cycle->claim_mono_ms = cycle->lease_mono_ms = clock_monotonic_ms();
    TRY(db_run(cycle->db, arena, Q_ZONE_GROUP_CLAIM, rows,
               DB_PARAMS(db_i64(arena, config_ms(cycle->config, SETTING_JOB_LEASE_SECONDS)),
                         db_i64(arena, config_count(cycle->config, SETTING_JOB_BATCH_ROWS)),
                         cycle->orchestrator_id)));
    if (rows->count == 0) {
        return NO_ERROR;
    }
    TRY(cycle_claimed(cycle, rows->count, row_i64(rows, 0, "now_ms", 0)));
    return zone_group_handle(cycle, rows);
}
