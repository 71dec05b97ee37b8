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

static void
sweep_found_add(json_t *found, const struct sweep_thing *thing, enum orphan_kind kind,
                const char *ref, const char *volume_type)
{
    bool own = kind == ORPHAN_SERVER;

    json_array_append_new(
        found,
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:s, s:s, s:s}", "zone_id", thing->zone->zone_id,
                  "kind", orphan_kind_name(kind), "ref", ref, "instance_id",
                  json_string_or_null(thing->instance_id), "parent_ref",
                  json_string_or_null(own ? NULL : thing->ref), "reason",
                  own ? thing->judgement.reason : "its machine was nobody's", "verdict",
                  orphan_verdict_name(thing->judgement.verdict), "volume_type", volume_type));
}

/* The machine, and what hangs on it as far as it is shown; an address may be shown twice. */
static void
sweep_found(json_t *found, const struct sweep_thing *thing)
{
    const struct server_view *server = &thing->look.servers[0];

    if (thing->id == NULL) {
        sweep_found_add(found, thing, ORPHAN_SERVER, thing->ref, "");
    }
    if (thing->judgement.verdict != VERDICT_ORPHAN) {
        return;
    }
    for (size_t i = 0; i < server->volume_count; i++) {
        sweep_found_add(found, thing, ORPHAN_VOLUME, server->volumes[i].ref,
                        server->volumes[i].volume_type);
    }
    for (size_t i = 0; i < server->address_count; i++) {
        sweep_found_add(found, thing, ORPHAN_ADDRESS, server->addresses[i].ref, "");
    }
    for (size_t i = 0; thing->facts.rest_seen && i < thing->addresses->address_count; i++) {
        const struct address_view *address = &thing->addresses->addresses[i];
        if (strcmp(address->server_ref, thing->ref) == 0) {
            sweep_found_add(found, thing, ORPHAN_ADDRESS, address->ref, "");
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
sweep_alert(struct sweep *sweep)
{
    CLEANUP_JSON json_t *opened = json_array();
    CLEANUP_JSON json_t *resolved = json_array();
    struct arena *arena = sweep->cycle->arena;

    for (size_t i = 0; i < sweep->zone_count; i++) {
        const struct watched_zone *zone = sweep->zones[i];
        struct alert_about about = { .scope = zone->zone_id,
                                     .provider_id =
                                         row_text(zone->claimed, zone->row, "provider_id"),
                                     .zone_id = zone->zone_id };
        if (sweep->live[i] == 0) {
            alert_resolve(resolved, ALERT_ORPHANS_FOUND, zone->zone_id);
        } else {
            alert_open(opened, ALERT_ORPHANS_FOUND, &about,
                       arena_printf(arena,
                                    "%zu things in zone %s are paid for and belong to no instance;"
                                    " see table orphans",
                                    sweep->live[i], zone->zone));
        }
    }
    return alerts_apply(sweep->cycle, opened, resolved);
}

/* What the alert counts is as of this cycle's end. */
static void
sweep_count(struct sweep *sweep, const struct sweep_thing *thing)
{
    enum orphan_step step = thing->decision.step;

    for (size_t i = 0; i < sweep->zone_count; i++) {
        if (sweep->zones[i] != thing->zone) {
            continue;
        }
        if (thing->id == NULL && step == ORPHAN_RECORD) {
            sweep->live[i]++;
        } else if (step == ORPHAN_GONE || step == ORPHAN_RELEASE) {
            sweep->live[i] -= sweep->live[i] > 0 ? 1 : 0;
        }
    }
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
            sweep_found(found, thing);
        }
        if (thing->id != NULL) {
            sweep_looked(cycle, looked, thing);
        }
        sweep_count(sweep, thing);
    }
    if (json_array_size(found) + json_array_size(looked) > 0) {
        TRY(db_run(cycle->db, arena, Q_SWEEP_APPLY, NULL,
                   DB_PARAMS(db_json(arena, zones), db_json(arena, found), db_json(arena, looked),
                             cycle->job->name, cycle->orchestrator_id)));
    }
    return sweep_alert(sweep);
}
