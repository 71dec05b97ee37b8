#include "orchestrator/watch_vanish.h"

#include <string.h>

#include "domain/vanish.h"
#include "orchestrator/alerts.h"
#include "orchestrator/calls.h"

static struct watched_zone *
vanish_zone_find(struct watched_zone *zones, size_t count, const char *zone_id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(zones[i].zone_id, zone_id) == 0) {
            return &zones[i];
        }
    }
    return NULL;
}

/* Machines on record that the lists do not show as expected. */
static struct error
vanish_find(struct job_cycle *cycle, const struct watched_zone *zones, size_t count,
            struct db_rows *odd)
{
    struct arena *arena = cycle->arena;
    const char **listed_zones = arena_array(arena, const char *, count);
    CLEANUP_JSON json_t *listed = json_array();
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        if (!watched_zone_is_listed(&zones[i])) {
            continue;
        }
        listed_zones[length++] = zones[i].zone_id;
        for (size_t j = 0; j < zones[i].list->server_count; j++) {
            const struct server_view *server = &zones[i].list->servers[j];
            json_array_append_new(listed, json_pack("{s:s, s:s, s:b}", "zone_id", zones[i].zone_id,
                                                    "ref", server->ref, "stopped",
                                                    server_state_is_stopped(server->state)));
        }
    }
    return db_run(
        cycle->db, arena, Q_VANISH_UNLISTED, odd,
        DB_PARAMS(db_uuid_array(arena, listed_zones, length), db_json(arena, listed),
                  db_i64(arena, config_count(cycle->config, SETTING_WATCH_DOG_LOOKUPS_MAX))));
}

/* Each of which list and record do not agree that it is there is looked up by its id, which does not
 * lag, all at once.  One that is missed and listed may be missed by one of us alone, who asks the wrong
 * place. */
static struct provider_call *
vanish_look(struct job_cycle *cycle, struct watched_zone *zones, size_t count,
            const struct db_rows *odd)
{
    struct provider_call *calls = arena_array(cycle->arena, struct provider_call, odd->count + 1);
    struct provider_call **asked =
        arena_array(cycle->arena, struct provider_call *, odd->count + 1);
    struct provider **owners = arena_array(cycle->arena, struct provider *, odd->count + 1);
    size_t length = 0;

    for (size_t row = 0; row < odd->count; row++) {
        const struct watched_zone *zone =
            vanish_zone_find(zones, count, row_text(odd, row, "zone_id"));
        if (!row_bool(odd, row, "doubtful")) {
            continue;
        }
        calls[row] =
            (struct provider_call){ .kind = CALL_SERVER_GET,
                                    .zone = zone->zone,
                                    .ref = row_text(odd, row, "ref"),
                                    .correlation_id = row_text(odd, row, "correlation_id") };
        owners[length] = zone->provider;
        asked[length++] = &calls[row];
    }
    calls_run(cycle, owners, asked, length);
    return calls;
}

static void
vanish_add_sighting(json_t *sightings, const struct db_rows *odd, size_t row, const char *fact)
{
    json_array_append_new(sightings,
                          json_pack("{s:s, s:s, s:s, s:s}", "instance_id", row_text(odd, row, "id"),
                                    "zone_id", row_text(odd, row, "zone_id"), "ref",
                                    row_text(odd, row, "ref"), "fact", fact));
}

/* A zone is looked through when all that is doubtful there was looked up, and each look was answered. */
static bool
vanish_is_looked_through(const struct watched_zone *zone, const struct db_rows *odd,
                         const struct provider_call *looks)
{
    for (size_t row = 0; row < odd->count; row++) {
        bool answered = !row_bool(odd, row, "doubtful") || looks[row].class == ANSWER_OK ||
                        looks[row].class == ANSWER_NOT_FOUND;
        if (!answered && strcmp(row_text(odd, row, "zone_id"), zone->zone_id) == 0) {
            return false;
        }
    }
    return watched_zone_is_listed(zone);
}

/* Those whose rows are due by it are woken for. */
static void
vanish_wake(struct job_cycle *cycle, const struct db_rows *recorded)
{
    for (size_t row = 0; row < recorded->count; row++) {
        enum instance_state state;
        const struct job *job =
            state_parse(row_text(recorded, row, "status"), &state) ? job_of_state(state) : NULL;
        for (size_t i = 0; i < job_count; i++) {
            cycle->wakes[i] = cycle->wakes[i] || jobs[i] == job;
        }
    }
}

static struct error
vanish_record(struct job_cycle *cycle, struct watched_zone *zones, size_t count,
              const struct db_rows *odd, const struct provider_call *looks)
{
    struct arena *arena = cycle->arena;
    CLEANUP_JSON json_t *sightings = json_array();
    CLEANUP_JSON json_t *watched = json_array();
    bool whole = (int64_t)odd->count < config_count(cycle->config, SETTING_WATCH_DOG_LOOKUPS_MAX);
    struct db_rows recorded;

    for (size_t row = 0; row < odd->count; row++) {
        if (!row_bool(odd, row, "doubtful")) {
            vanish_add_sighting(sightings, odd, row, "stopped");
        } else if (looks[row].class == ANSWER_NOT_FOUND) {
            vanish_add_sighting(sightings, odd, row, "absent");
        } else if (looks[row].class == ANSWER_OK && row_bool(odd, row, "missed")) {
            vanish_add_sighting(sightings, odd, row, "seen");
        }
    }
    for (size_t i = 0; i < count; i++) {
        zones[i].is_plausible = whole && vanish_is_looked_through(&zones[i], odd, looks);
        json_array_append_new(watched,
                              json_pack("{s:s, s:I, s:I, s:b}", "zone_id", zones[i].zone_id,
                                        "token", (json_int_t)zones[i].token, "listed_ms",
                                        (json_int_t)zones[i].listed_at_ms, "looked_through",
                                        zones[i].is_plausible));
    }
    TRY(db_run(cycle->db, arena, Q_VANISH_RECORD, &recorded,
               DB_PARAMS(db_json(arena, sightings), db_json(arena, watched),
                         db_i64(arena, cycle->policy->gone_confirm_ms), cycle->job->name)));
    vanish_wake(cycle, &recorded);
    return NO_ERROR;
}

static struct error
vanish_alert(struct job_cycle *cycle, struct watched_zone *zones, size_t count)
{
    struct arena *arena = cycle->arena;
    const char **ids = arena_array(arena, const char *, count);
    CLEANUP_JSON json_t *opened = json_array();
    CLEANUP_JSON json_t *resolved = json_array();
    struct db_rows rows;

    for (size_t i = 0; i < count; i++) {
        ids[i] = zones[i].zone_id;
    }
    TRY(db_run(cycle->db, arena, Q_VANISH_ZONES, &rows,
               DB_PARAMS(db_uuid_array(arena, ids, count),
                         db_i64(arena, cycle->policy->vanish_window_ms))));
    for (size_t row = 0; row < rows.count; row++) {
        const char *zone_id = row_text(&rows, row, "zone_id");
        struct watched_zone *zone = vanish_zone_find(zones, count, zone_id);
        int64_t machines = row_i64(&rows, row, "machines", 0);
        int64_t vanishing = row_i64(&rows, row, "vanishing", 0);
        struct alert_about about = { .scope = zone_id, .zone_id = zone_id };
        about.provider_id = row_text(zone->claimed, zone->row, "provider_id");
        if (vanish_is_mass(machines, vanishing, cycle->policy)) {
            zone->is_plausible = false;
            alert_open(
                opened, ALERT_MASS_VANISH, &about,
                arena_printf(arena,
                             "%lld of %lld machines in zone %s are gone from the provider at "
                             "once; none is given up until it is seen again. If they are "
                             "really gone: inventiv zones confirm-vanished %s",
                             (long long)vanishing, (long long)machines, zone->zone, zone->zone));
        } else {
            alert_resolve(resolved, ALERT_MASS_VANISH, zone_id);
        }
    }
    return alerts_apply(cycle, opened, resolved);
}

struct error
vanish_watch_run(struct job_cycle *cycle, struct watched_zone *zones, size_t count)
{
    struct db_rows odd;

    TRY(vanish_find(cycle, zones, count, &odd));
    const struct provider_call *looks = vanish_look(cycle, zones, count, &odd);
    TRY(vanish_record(cycle, zones, count, &odd, looks));
    return vanish_alert(cycle, zones, count);
}
