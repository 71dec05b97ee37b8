#include "orchestrator/zone_group.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/kill_point.h"
#include "domain/group_rules.h"
#include "orchestrator/outcome.h"
#include "orchestrator/shard.h"
#include "orchestrator/tags.h"
#include "orchestrator/workbench.h"

struct zone_case {
    const struct db_rows *rows;
    size_t row;
    struct provider *provider;
    json_t *unsettled; /* array; the first counts */
    struct group_facts facts;
    struct group_decision decision;
    int ports[3];
    const char *op_id; /* of an act that was intended */
    struct provider_call call;
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
zone_look(struct job_cycle *cycle, struct zone_case *zone)
{
    struct provider_call list = {
        .kind = CALL_SECURITY_GROUP_LIST,
        .zone = zone_text(zone, "zone"),
        .tags = tags_of_fleet(cycle->arena, zone_text(zone, "fleet_id")),
        .tag_count = TAGS_OF_FLEET,
    };
    struct provider_call *calls[] = { &list };

    provider_run(zone->provider, cycle->arena, calls, 1);
    cycle->calls++;
    zone->facts.list_class = list.class;
    zone->facts.listed_ref =
        list.class == ANSWER_OK && list.security_group_count > 0 ? list.security_groups[0].ref : "";
}

static void
zone_on_sent(void *argument)
{
    const struct provider_call *call = argument;

    kill_point_pass(KILL_POINT_SENT, call_kind_name(call->kind));
}

static void
zone_call_make(struct job_cycle *cycle, struct zone_case *zone)
{
    bool create = zone->decision.step == GROUP_CREATE;

    zone->call = (struct provider_call){
        .kind = create ? CALL_SECURITY_GROUP_CREATE : CALL_SECURITY_GROUP_RULES,
        .zone = zone_text(zone, "zone"),
        .ref = create ? "" : zone->decision.ref,
        .name = arena_printf(cycle->arena, "inventiv-%.8s", zone_text(zone, "fleet_id")),
        .tags = tags_of_fleet(cycle->arena, zone_text(zone, "fleet_id")),
        .tag_count = TAGS_OF_FLEET,
        .ports = zone->ports,
        .port_count = 3,
        .on_sent = zone_on_sent,
        .on_sent_argument = &zone->call,
    };
}

/* Intent, lease, call, outcome: as for instances (act.c), one zone at a time: they are few. */
static struct error
zone_act(struct job_cycle *cycle, struct zone_case *zone)
{
    int64_t timeout_ms = config_ms(cycle->config, SETTING_PROVIDER_CALL_TIMEOUT_SECONDS);
    const char *kind = call_kind_name(zone->call.kind);
    char op_id[UUID_TEXT_SIZE];
    struct db_rows rows;

    digest_uuid(op_id);
    CLEANUP_JSON json_t *intent =
        json_pack("[{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:{s:s}, s:I, s:s}]", "op_id", op_id, "job",
                  cycle->job->name, "provider_id", zone_text(zone, "provider_id"), "zone_id",
                  zone_text(zone, "zone_id"), "token",
                  (json_int_t)row_i64(zone->rows, zone->row, "fencing_token", 0), "kind", kind,
                  "ref", zone->call.ref, "request", "name", zone->call.name, "call_timeout_ms",
                  (json_int_t)timeout_ms, "correlation_id", op_id);
    TRY(db_run(cycle->db, cycle->arena, Q_SHARD_INTEND, &rows,
               DB_PARAMS(db_json(cycle->arena, intent))));
    if (rows.count == 0) {
        return NO_ERROR;
    }
    kill_point_pass(KILL_POINT_INTENDED, kind);
    bool sent = cycle_lease_covers(cycle, timeout_ms);
    if (sent) {
        struct provider_call *calls[] = { &zone->call };
        provider_run(zone->provider, cycle->arena, calls, 1);
        cycle->calls++;
        zone->op_id = arena_strdup(cycle->arena, op_id);
    }
    kill_point_pass(KILL_POINT_REPLIED, kind);
    bool made = sent && zone->call.class == ANSWER_OK && zone->call.new_ref != NULL;
    CLEANUP_JSON json_t *outcome = json_pack(
        "[{s:s, s:s, s:s, s:n, s:s, s:I, s:s, s:s}]", "op_id", op_id, "outcome",
        sent ? answer_class_name(zone->call.class) : "not_sent", "ref",
        made ? zone->call.new_ref : "", "reply", "message", sent ? zone->call.message : "",
        "duration_ms", (json_int_t)zone->call.duration_ms, "action", "PROVIDER_SECURITY_GROUP",
        "error_code", sent ? answer_class_error_code(zone->call.class) : "LEASE_LOST");
    TRY(outcome_record(cycle, outcome));
    kill_point_pass(KILL_POINT_RECORDED, kind);
    return NO_ERROR;
}

static void
zone_end(struct job_cycle *cycle, json_t *ends, const struct zone_case *zone)
{
    bool acted = zone->op_id != NULL;
    bool done = acted && zone->call.class == ANSWER_OK;
    bool ready = done && zone->decision.step == GROUP_SET_RULES;
    struct shard_end end = {
        .next_run_ms =
            zone->decision.next_run_ms + (acted && !done ? cycle->policy->check_base_ms : 0),
        .failed = zone->decision.failed || (acted && !done),
        .error_code = acted ? answer_class_error_code(zone->call.class) : "",
        .message = acted ? zone->call.message : zone->decision.message,
        .group_ref = !done                                 ? ""
                     : zone->decision.step == GROUP_CREATE ? zone->call.new_ref
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
        json_decref(zones[i].unsettled);
    }
    TRY(shard_apply(cycle, ends, marks));
    for (size_t i = 0; i < count; i++) {
        kill_point_pass(KILL_POINT_APPLIED,
                        zones[i].op_id == NULL ? "" : call_kind_name(zones[i].call.kind));
    }
    return NO_ERROR;
}

static struct error
zone_handle(struct job_cycle *cycle, struct zone_case *zone)
{
    struct error error = workbench_provider(
        cycle->workbench, cycle->arena, zone_text(zone, "provider"), zone_text(zone, "driver"),
        zone_text(zone, "api_url"), zone_text(zone, "credentials_prefix"), &zone->provider);

    zone->unsettled = row_json(zone->rows, zone->row, "unsettled");
    zone->facts = (struct group_facts){
        .recorded_ref = zone_text(zone, "security_group_ref"),
        .listed_ref = "",
        .list_class = ANSWER_TRANSIENT,
        .attempts = row_i64(zone->rows, zone->row, "attempts", 0),
    };
    zone->ports[0] = (int)row_i64(zone->rows, zone->row, "ssh_port", 0);
    zone->ports[1] = (int)row_i64(zone->rows, zone->row, "worker_port", 0);
    zone->ports[2] = (int)row_i64(zone->rows, zone->row, "engine_port", 0);
    zone_read_unsettled(zone);
    if (!error_is(error)) {
        zone_look(cycle, zone);
    }
    zone->decision = group_decide(&zone->facts, cycle->policy, cycle_now_ms(cycle),
                                  digest_random_below(UINT32_MAX));
    if (error_is(error) || zone->decision.step == GROUP_WAIT) {
        return NO_ERROR;
    }
    zone_call_make(cycle, zone);
    return zone_act(cycle, zone);
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
    struct zone_case *zones = arena_array(arena, struct zone_case, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        zones[i] = (struct zone_case){ .rows = rows, .row = i };
        TRY(zone_handle(cycle, &zones[i]));
    }
    return zone_apply(cycle, zones, rows->count);
}
