#include "orchestrator/sweep.h"

#include <string.h>

#include "base/digest.h"
#include "orchestrator/calls.h"
#include "orchestrator/shard.h"
#include "orchestrator/sweep_parts.h"

/* --- looks --- */

static void
sweep_look_by_id(struct sweep *sweep)
{
    struct arena *arena = sweep->cycle->arena;
    struct provider_call **calls = arena_array(arena, struct provider_call *, sweep->count + 1);
    struct provider **owners = arena_array(arena, struct provider *, sweep->count + 1);

    for (size_t i = 0; i < sweep->count; i++) {
        struct sweep_thing *thing = &sweep->things[i];
        thing->look = (struct provider_call){ .kind = orphan_look_kind(thing->kind),
                                              .zone = thing->zone->zone,
                                              .ref = thing->ref,
                                              .volume_type = thing->volume_type };
        calls[i] = &thing->look;
        owners[i] = thing->zone->provider;
    }
    calls_run(sweep->cycle, owners, calls, sweep->count);
}

/* A machine that goes on record, or may be deleted next: it stands still. */
static bool
sweep_wants_addresses(const struct sweep_thing *thing)
{
    return thing->kind == ORPHAN_SERVER && thing->facts.verdict == VERDICT_ORPHAN &&
           thing->look.class == ANSWER_OK && thing->look.servers[0].state != SERVER_RUNNING;
}

/* One list of addresses a zone, where it is wanted: a machine that does not run may not show its
 * own. */
static void
sweep_look_addresses(struct sweep *sweep)
{
    struct arena *arena = sweep->cycle->arena;
    struct provider_call *lists = arena_array(arena, struct provider_call, sweep->zone_count + 1);
    struct provider_call **calls =
        arena_array(arena, struct provider_call *, sweep->zone_count + 1);
    struct provider **owners = arena_array(arena, struct provider *, sweep->zone_count + 1);
    size_t length = 0;

    for (size_t zone = 0; zone < sweep->zone_count; zone++) {
        bool wanted = false;
        for (size_t i = 0; i < sweep->count; i++) {
            struct sweep_thing *thing = &sweep->things[i];
            if (thing->zone == sweep->zones[zone] && sweep_wants_addresses(thing)) {
                thing->addresses = &lists[zone];
                wanted = true;
            }
        }
        if (wanted) {
            lists[zone] = (struct provider_call){ .kind = CALL_ADDRESS_LIST,
                                                  .zone = sweep->zones[zone]->zone };
            owners[length] = sweep->zones[zone]->provider;
            calls[length++] = &lists[zone];
        }
    }
    calls_run(sweep->cycle, owners, calls, length);
}

/* --- decisions --- */

static void
sweep_read_server(struct arena *arena, struct sweep_thing *thing)
{
    thing->facts.state = thing->look.servers[0].state;
    thing->facts.rest_seen = thing->addresses != NULL && thing->addresses->class == ANSWER_OK;
    thing->facts.rest_on_record = thing->facts.rest_seen && sweep_rest_is_on_record(arena, thing);
}

static void
sweep_read_leftover(struct sweep_thing *thing)
{
    const char *server = thing->kind == ORPHAN_VOLUME ? thing->look.volumes[0].server_ref
                                                      : thing->look.addresses[0].server_ref;
    bool parent =
        thing->parent_ref != NULL && server != NULL && strcmp(server, thing->parent_ref) == 0;

    thing->facts.attached = parent;
    thing->facts.attached_elsewhere = server != NULL && server[0] != '\0' && !parent;
}

static void
sweep_act_make(struct sweep_thing *thing)
{
    thing->act = (struct shard_act){
        .zones = thing->zone->claimed,
        .row = thing->zone->row,
        .provider = thing->zone->provider,
        .call = { .kind = thing->decision.act,
                  .zone = thing->zone->zone,
                  .ref = thing->ref,
                  .volume_type = thing->volume_type,
                  .correlation_id = thing->correlation_id },
        .correlation_id = thing->correlation_id,
        .instance_id = thing->machine.known ? thing->instance_id : NULL,
        .status = thing->status,
        .recorded_ref = thing->machine.recorded_ref,
        .recorded_gone = thing->machine.recorded_gone,
    };
}

static void
sweep_decide(struct sweep *sweep, struct sweep_thing *thing)
{
    struct job_cycle *cycle = sweep->cycle;

    thing->facts.class = thing->look.class;
    thing->facts.zone_is_plausible = thing->zone->is_plausible;
    if (thing->look.class == ANSWER_OK && thing->kind == ORPHAN_SERVER) {
        sweep_read_server(cycle->arena, thing);
    } else if (thing->look.class == ANSWER_OK) {
        sweep_read_leftover(thing);
    }
    thing->decision = orphan_decide(&thing->facts, cycle->policy, cycle_now_ms(cycle));
}

/* No more than so many acts a cycle; what is left over keeps its turn: it is looked at no later than
 * the others (sql/queries/sweep_orphans.sql). */
static size_t
sweep_choose_acts(struct sweep *sweep, struct shard_act **acts)
{
    size_t most = (size_t)config_count(sweep->cycle->config, SETTING_ORPHAN_DELETE_MAX_PER_CYCLE);
    size_t count = 0;

    for (size_t i = 0; i < sweep->count; i++) {
        struct sweep_thing *thing = &sweep->things[i];
        if (thing->decision.step == ORPHAN_ACT && count < most) {
            sweep_act_make(thing);
            acts[count++] = &thing->act;
        }
    }
    return count;
}

static struct error
sweep_each(struct sweep *sweep)
{
    struct job_cycle *cycle = sweep->cycle;
    struct shard_act **acts = arena_array(cycle->arena, struct shard_act *, sweep->count + 1);

    sweep_look_by_id(sweep);
    sweep_look_addresses(sweep);
    for (size_t i = 0; i < sweep->count; i++) {
        sweep_decide(sweep, &sweep->things[i]);
        if (sweep->things[i].decision.next_run_ms != 0) {
            watched_zone_due(sweep->things[i].zone, sweep->things[i].decision.next_run_ms);
        }
    }
    size_t count = sweep_choose_acts(sweep, acts);
    TRY(shard_keep(cycle, sweep->zones[0]->claimed));
    TRY(shard_act_run(cycle, acts, count));
    TRY(sweep_record(sweep));
    shard_act_applied(acts, count);
    return NO_ERROR;
}

struct error
sweep_run(struct job_cycle *cycle, struct watched_zone *zones, size_t count, json_t *marks)
{
    struct sweep sweep = { .cycle = cycle,
                           .zones = arena_array(cycle->arena, struct watched_zone *, count + 1) };

    for (size_t i = 0; i < count; i++) {
        if (watched_zone_is_listed(&zones[i])) {
            sweep.zones[sweep.zone_count++] = &zones[i];
        }
    }
    if (sweep.zone_count == 0) {
        return NO_ERROR;
    }
    TRY(sweep_gather(&sweep));
    TRY(sweep_settle(&sweep, marks));
    return sweep_each(&sweep);
}
