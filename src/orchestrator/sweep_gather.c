/* sweep_gather.c: which things the sweep has to do with, in a fixed number of statements whose answers
 * do not grow with the fleet. */
#include <string.h>

#include "base/digest.h"
#include "orchestrator/sweep_parts.h"

/* NULL: no tag of an instance, or one that cannot be read. */
static const char *
sweep_instance_of(const struct server_view *server)
{
    size_t prefix = strlen(INSTANCE_TAG);

    for (size_t i = 0; i < server->tag_count; i++) {
        if (strncmp(server->tags[i], INSTANCE_TAG, prefix) == 0) {
            const char *id = server->tags[i] + prefix;
            return digest_is_uuid(id) ? id : NULL;
        }
    }
    return NULL;
}

/* A machine in a list. */
struct sweep_listed {
    struct watched_zone *zone;
    const struct server_view *server;
};

static struct sweep_listed *
sweep_listed(const struct sweep *sweep, json_t *rows)
{
    size_t total = 0;
    size_t place = 0;

    for (size_t i = 0; i < sweep->zone_count; i++) {
        total += sweep->zones[i]->list->server_count;
    }
    struct sweep_listed *listed = arena_array(sweep->cycle->arena, struct sweep_listed, total + 1);
    for (size_t i = 0; i < sweep->zone_count; i++) {
        struct watched_zone *zone = sweep->zones[i];
        for (size_t j = 0; j < zone->list->server_count; j++) {
            const struct server_view *server = &zone->list->servers[j];
            json_array_append_new(rows, json_pack("{s:I, s:s, s:s, s:o}", "place",
                                                  (json_int_t)place, "provider_id",
                                                  row_text(zone->claimed, zone->row, "provider_id"),
                                                  "ref", server->ref, "instance",
                                                  json_string_or_null(sweep_instance_of(server))));
            listed[place++] = (struct sweep_listed){ zone, server };
        }
    }
    return listed;
}

/* What both queries tell of a machine and of the instance that its tags name. */
static void
sweep_read_machine(struct sweep_thing *thing, const struct db_rows *rows, size_t row)
{
    enum instance_state state = INSTANCE_PROVISIONING;
    const char *status = row_text_or_null(rows, row, "status");

    thing->status = status;
    thing->correlation_id = row_text_or_null(rows, row, "correlation_id");
    thing->machine = (struct tagged_machine){
        .ref = thing->ref,
        .recorded_by_any = row_bool(rows, row, "recorded_by_any"),
        .known = row_bool(rows, row, "known") && state_parse(status, &state),
        .created = row_bool(rows, row, "created"),
        .state = state,
        .recorded_ref = row_text(rows, row, "provider_instance_id"),
        .recorded_gone = row_bool(rows, row, "machine_gone"),
    };
    thing->judgement = orphan_judge(&thing->machine);
}

static void
sweep_add_found(struct sweep *sweep, const struct sweep_listed *listed, const struct db_rows *rows,
                size_t row)
{
    const struct sweep_listed *found = &listed[row_i64(rows, row, "place", 0)];
    struct sweep_thing *thing = &sweep->things[sweep->count];

    *thing = (struct sweep_thing){ .zone = found->zone,
                                   .kind = ORPHAN_SERVER,
                                   .ref = found->server->ref,
                                   .volume_type = "",
                                   .instance_id = sweep_instance_of(found->server),
                                   .rest = "[]" };
    sweep_read_machine(thing, rows, row);
    sweep->count += thing->judgement.verdict == VERDICT_KEEP ? 0 : 1;
}

static enum orphan_kind
sweep_kind(const char *name)
{
    enum orphan_kind kind = ORPHAN_SERVER;

    while (kind != ORPHAN_ADDRESS && strcmp(orphan_kind_name(kind), name) != 0) {
        kind++;
    }
    return kind;
}

/* A volume or an address goes the way of its machine. */
static struct orphan_judgement
sweep_judge_leftover(const struct db_rows *rows, size_t row)
{
    const char *verdict = row_text(rows, row, "verdict");

    if (row_bool(rows, row, "parent_released")) {
        return (struct orphan_judgement){ VERDICT_KEEP, "its machine is somebody's" };
    }
    return (struct orphan_judgement){ strcmp(verdict, orphan_verdict_name(VERDICT_ORPHAN)) == 0
                                          ? VERDICT_ORPHAN
                                          : VERDICT_QUARANTINED,
                                      "its machine was nobody's" };
}

static void
sweep_add_recorded(struct sweep *sweep, const struct db_rows *rows, size_t row)
{
    struct sweep_thing *thing = &sweep->things[sweep->count++];
    size_t place = (size_t)row_i64(rows, row, "place", 0);
    bool dry = config_bool(sweep->cycle->config, SETTING_RECONCILE_DRY_RUN);

    *thing = (struct sweep_thing){
        .zone = sweep->zones[place],
        .id = row_text(rows, row, "id"),
        .kind = sweep_kind(row_text(rows, row, "kind")),
        .ref = row_text(rows, row, "ref"),
        .volume_type = row_text(rows, row, "volume_type"),
        .instance_id = row_text_or_null(rows, row, "instance_id"),
        .parent_ref = row_text_or_null(rows, row, "parent_ref"),
        .rest = row_text(rows, row, "rest"),
        .attempts = row_i64(rows, row, "delete_attempts", 0),
        .facts = { .on_record = true,
                   .may_act = !dry && row_bool(rows, row, "may_act"),
                   .parent_lives = row_bool(rows, row, "parent_lives"),
                   .gone_first_seen_ms = row_i64(rows, row, "gone_first_seen_ms", 0),
                   .delete_next_ms = row_i64(rows, row, "delete_next_ms", 0) },
    };
    sweep_read_machine(thing, rows, row);
    if (thing->kind != ORPHAN_SERVER) {
        thing->judgement = sweep_judge_leftover(rows, row);
    }
}

json_t *
sweep_zone_rows(const struct sweep *sweep)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < sweep->zone_count; i++) {
        const struct watched_zone *zone = sweep->zones[i];
        json_array_append_new(
            rows, json_pack("{s:I, s:s, s:s, s:I}", "place", (json_int_t)i, "provider_id",
                            row_text(zone->claimed, zone->row, "provider_id"), "zone_id",
                            zone->zone_id, "token", (json_int_t)zone->token));
    }
    return rows;
}

struct error
sweep_gather(struct sweep *sweep)
{
    struct job_cycle *cycle = sweep->cycle;
    struct arena *arena = cycle->arena;
    const char *limit = db_i64(arena, config_count(cycle->config, SETTING_JOB_BATCH_ROWS));
    CLEANUP_JSON json_t *machines = json_array();
    CLEANUP_JSON json_t *zones = sweep_zone_rows(sweep);
    const struct sweep_listed *listed = sweep_listed(sweep, machines);
    struct db_rows found;
    struct db_rows recorded;

    TRY(db_run(cycle->db, arena, Q_SWEEP_FIND, &found, DB_PARAMS(db_json(arena, machines), limit)));
    TRY(db_run(cycle->db, arena, Q_SWEEP_ORPHANS, &recorded,
               DB_PARAMS(db_json(arena, zones), limit)));
    sweep->things = arena_array(arena, struct sweep_thing, found.count + recorded.count + 1);
    for (size_t i = 0; i < recorded.count; i++) {
        sweep_add_recorded(sweep, &recorded, i);
    }
    for (size_t i = 0; i < found.count; i++) {
        sweep_add_found(sweep, listed, &found, i);
    }
    for (size_t i = 0; i < sweep->count; i++) {
        sweep->things[i].facts.kind = sweep->things[i].kind;
        sweep->things[i].facts.verdict = sweep->things[i].judgement.verdict;
    }
    return NO_ERROR;
}

static void
sweep_hold(struct sweep *sweep, const struct watched_zone *zone, const char *ref)
{
    for (size_t i = 0; i < sweep->count; i++) {
        struct sweep_thing *thing = &sweep->things[i];
        if (thing->zone == zone && strcmp(thing->ref, ref) == 0) {
            thing->facts.unsettled = true;
        }
    }
}

struct error
sweep_settle(struct sweep *sweep, json_t *marks)
{
    struct job_cycle *cycle = sweep->cycle;
    CLEANUP_JSON json_t *zones = sweep_zone_rows(sweep);
    struct db_rows rows;

    TRY(db_run(cycle->db, cycle->arena, Q_SHARD_UNSETTLED, &rows,
               DB_PARAMS(cycle->job->name, db_json(cycle->arena, zones))));
    for (size_t row = 0; row < rows.count; row++) {
        struct watched_zone *zone = sweep->zones[row_i64(&rows, row, "place", 0)];
        int64_t send_by_ms = row_i64(&rows, row, "send_by_ms", 0);
        bool under_way =
            orphan_call_is_under_way(row_bool(&rows, row, "open"), send_by_ms, cycle_now_ms(cycle));
        sweep_hold(sweep, zone, row_text(&rows, row, "provider_ref"));
        watched_zone_due(zone, under_way ? send_by_ms + 1 : cycle_now_ms(cycle));
        if (!under_way) {
            json_array_append_new(marks,
                                  json_pack("{s:s, s:s, s:s}", "zone_id", zone->zone_id, "op_id",
                                            row_text(&rows, row, "op_id"), "kind", "closed"));
        }
    }
    return NO_ERROR;
}
