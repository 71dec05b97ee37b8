/* sweep_record.c: what the sweep found, saw and did, in one statement; and the alert about it. */
#include <string.h>

#include "base/digest.h"
#include "orchestrator/alerts.h"
#include "orchestrator/sweep_parts.h"

/* --- what hangs on a machine --- */

static bool
sweep_names(struct arena *arena, const struct sweep_thing *thing, const char *ref)
{
    return strstr(thing->rest, arena_printf(arena, "\"%s\"", ref)) != NULL;
}

bool
sweep_rest_is_on_record(struct arena *arena, const struct sweep_thing *thing)
{
    const struct server_view *server = &thing->look.servers[0];
    bool all = true;

    for (size_t i = 0; i < server->volume_count; i++) {
        all = all && sweep_names(arena, thing, server->volumes[i].ref);
    }
    for (size_t i = 0; i < server->address_count; i++) {
        all = all && sweep_names(arena, thing, server->addresses[i].ref);
    }
    for (size_t i = 0; i < thing->addresses->address_count; i++) {
        const struct address_view *address = &thing->addresses->addresses[i];
        all = all && (strcmp(address->server_ref, thing->ref) != 0 ||
                      sweep_names(arena, thing, address->ref));
    }
    return all;
}

/* A volume or an address is put on record once; an address may be shown twice. */
static void
sweep_found_add(struct arena *arena, json_t *found, const struct sweep_thing *thing,
                enum orphan_kind kind, const char *ref, const struct volume_view *volume)
{
    bool own = kind == ORPHAN_SERVER;

    if (!own && sweep_names(arena, thing, ref)) {
        return;
    }
    json_array_append_new(
        found, json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:b}", "zone_id",
                         thing->zone->zone_id, "kind", orphan_kind_name(kind), "ref", ref,
                         "instance_id", json_string_or_null(thing->instance_id), "parent_ref",
                         json_string_or_null(own ? NULL : thing->ref), "reason",
                         own ? thing->judgement.reason : "its machine was nobody's", "verdict",
                         orphan_verdict_name(thing->judgement.verdict), "volume_type",
                         volume == NULL ? "" : volume->volume_type, "ours",
                         volume == NULL || orphan_takes_volume(volume, thing->instance_id)));
}

/* The machine, and what hangs on it as far as it is shown. */
static void
sweep_found(struct arena *arena, json_t *found, const struct sweep_thing *thing)
{
    const struct server_view *server = &thing->look.servers[0];

    if (thing->id == NULL) {
        sweep_found_add(arena, found, thing, ORPHAN_SERVER, thing->ref, NULL);
    }
    if (thing->judgement.verdict != VERDICT_ORPHAN) {
        return;
    }
    for (size_t i = 0; i < server->volume_count; i++) {
        sweep_found_add(arena, found, thing, ORPHAN_VOLUME, server->volumes[i].ref,
                        &server->volumes[i]);
    }
    for (size_t i = 0; i < server->address_count; i++) {
        sweep_found_add(arena, found, thing, ORPHAN_ADDRESS, server->addresses[i].ref, NULL);
    }
    for (size_t i = 0; thing->facts.rest_seen && i < thing->addresses->address_count; i++) {
        const struct address_view *address = &thing->addresses->addresses[i];
        if (strcmp(address->server_ref, thing->ref) == 0) {
            sweep_found_add(arena, found, thing, ORPHAN_ADDRESS, address->ref, NULL);
        }
    }
}

/* --- what was seen and done --- */

static const char *
sweep_change(enum orphan_step step)
{
    switch (step) {
    case ORPHAN_ABSENT:
        return "absent";
    case ORPHAN_GONE:
        return "gone";
    case ORPHAN_SEEN:
        return "seen";
    case ORPHAN_RELEASE:
        return "released";
    case ORPHAN_WAIT:
    case ORPHAN_RECORD:
    case ORPHAN_ACT:
        break;
    }
    return "looked";
}

static void
sweep_looked(struct job_cycle *cycle, json_t *looked, struct sweep_thing *thing)
{
    const struct provider_call *call = &thing->act.call;
    bool acted = thing->act.sent;
    bool failed = acted && !orphan_act_is_done(call->class);
    bool released = thing->decision.step == ORPHAN_RELEASE;
    int64_t next_ms = 0;

    if (acted) {
        next_ms = orphan_next_act_ms(call->class, thing->attempts + 1, cycle->policy,
                                     cycle_now_ms(cycle), digest_random_below(UINT32_MAX));
        watched_zone_due(thing->zone, next_ms);
    }
    json_array_append_new(
        looked,
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I, s:s}", "zone_id", thing->zone->zone_id,
                  "id", thing->id, "change", sweep_change(thing->decision.step), "reason",
                  released ? thing->decision.message : thing->judgement.reason, "verdict",
                  orphan_verdict_name(thing->judgement.verdict == VERDICT_KEEP
                                          ? VERDICT_ORPHAN
                                          : thing->judgement.verdict),
                  "acted", acted, "failed", failed, "next_act_ms", (json_int_t)next_ms, "message",
                  failed ? json_clean_text(cycle->arena, call->message) : ""));
}

static struct error
sweep_alert(struct sweep *sweep, const json_t *zones)
{
    CLEANUP_JSON json_t *opened = json_array();
    CLEANUP_JSON json_t *resolved = json_array();
    struct arena *arena = sweep->cycle->arena;
    struct db_rows rows;

    TRY(db_run(sweep->cycle->db, arena, Q_SWEEP_LEFT, &rows, DB_PARAMS(db_json(arena, zones))));
    for (size_t row = 0; row < rows.count; row++) {
        const struct watched_zone *zone = sweep->zones[row_i64(&rows, row, "place", 0)];
        int64_t left = row_i64(&rows, row, "things", 0);
        struct alert_about about = { .scope = zone->zone_id,
                                     .provider_id =
                                         row_text(zone->claimed, zone->row, "provider_id"),
                                     .zone_id = zone->zone_id };
        if (left == 0) {
            alert_resolve(resolved, ALERT_ORPHANS_FOUND, zone->zone_id);
        } else {
            alert_open(opened, ALERT_ORPHANS_FOUND, &about,
                       arena_printf(arena,
                                    "%lld things in zone %s are paid for and belong to no instance;"
                                    " see table orphans",
                                    (long long)left, zone->zone));
        }
    }
    return alerts_apply(sweep->cycle, opened, resolved);
}

struct error
sweep_record(struct sweep *sweep)
{
    CLEANUP_JSON json_t *zones = sweep_zone_rows(sweep);
    CLEANUP_JSON json_t *found = json_array();
    CLEANUP_JSON json_t *looked = json_array();
    struct job_cycle *cycle = sweep->cycle;
    struct arena *arena = cycle->arena;

    for (size_t i = 0; i < sweep->count; i++) {
        struct sweep_thing *thing = &sweep->things[i];
        if (thing->decision.step == ORPHAN_RECORD) {
            sweep_found(arena, found, thing);
        }
        if (thing->id != NULL) {
            sweep_looked(cycle, looked, thing);
        }
    }
    if (json_array_size(found) + json_array_size(looked) > 0) {
        TRY(db_run(cycle->db, arena, Q_SWEEP_APPLY, NULL,
                   DB_PARAMS(db_json(arena, zones), db_json(arena, found), db_json(arena, looked),
                             cycle->job->name, cycle->orchestrator_id)));
    }
    return sweep_alert(sweep, zones);
}
