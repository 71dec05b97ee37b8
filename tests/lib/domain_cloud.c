/* The provider of a life: machines, lists that lag, calls that are done or not. */
#include <stdio.h>
#include <string.h>

#include "domain_life_parts.h"

enum { CHANGE_MS = 4000, BOOT_MS = 30000, BEAT_MS = 10000, ROUND_TRIP_MS = 20 };

bool
life_draw(struct life *life, int per_cent)
{
    life->seed = life->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((life->seed >> 33) % 100) < per_cent;
}

int
life_rented(const struct life *life)
{
    int rented = 0;

    for (int i = 0; i < life->machine_count; i++) {
        const struct life_machine *machine = &life->machines[i];
        rented += machine->alive + machine->volume_alive + machine->address_alive;
    }
    return rented;
}

struct life_machine *
life_machine_of(struct life *life, const char *ref)
{
    for (int i = 0; i < life->machine_count; i++) {
        struct life_machine *machine = &life->machines[i];
        if (strcmp(machine->ref, ref) == 0 || strcmp(machine->volume, ref) == 0 ||
            strcmp(machine->address, ref) == 0) {
            return machine;
        }
    }
    return NULL;
}

static void
life_machine_is_born(struct life *life, struct life_machine *machine)
{
    machine->born_ms = life->now_ms;
    machine->alive = machine->volume_alive = machine->address_alive = true;
    machine->state = SERVER_STOPPED;
    machine->late_born_ms = 0;
}

struct life_machine *
life_machine_add(struct life *life, const char *op_id)
{
    if (life->machine_count == LIFE_MACHINES_MAX) {
        return NULL;
    }
    struct life_machine *machine = &life->machines[life->machine_count++];
    *machine = (struct life_machine){ .op_id = op_id };
    snprintf(machine->ref, sizeof machine->ref, "m%d", life->machine_count);
    snprintf(machine->volume, sizeof machine->volume, "v%d", life->machine_count);
    snprintf(machine->address, sizeof machine->address, "a%d", life->machine_count);
    snprintf(machine->tag, sizeof machine->tag, OPERATION_TAG "%s", op_id);
    machine->tags[0] = machine->tag;
    return machine;
}

void
life_world_moves(struct life *life)
{
    int alive = 0;

    for (int i = 0; i < life->machine_count; i++) {
        struct life_machine *machine = &life->machines[i];
        if (machine->late_born_ms != 0 && life->now_ms >= machine->late_born_ms) {
            life_machine_is_born(life, machine);
            for (size_t j = 0; j < life->instance.operation_count; j++) {
                struct operation *create = &life->operations[j];
                if (create->op_id == machine->op_id && create->outcome == OUTCOME_OPEN) {
                    create->outcome = OUTCOME_ANSWERED;
                }
                if (create->op_id == machine->op_id && create->ref[0] == '\0') {
                    create->ref = machine->ref;
                }
            }
        }
        bool changes = machine->state == SERVER_STARTING || machine->state == SERVER_STOPPING;
        if (changes && life->now_ms >= machine->due_ms) {
            machine->state = machine->state == SERVER_STARTING ? SERVER_RUNNING : SERVER_STOPPED;
            machine->running_ms = life->now_ms;
        }
        alive += machine->alive;
    }
    life->alive_most = alive > life->alive_most ? alive : life->alive_most;
}

static struct server_view *
life_view(struct life_machine *machine)
{
    bool running = machine->state == SERVER_RUNNING;

    machine->volume_view = (struct volume_view){ .ref = machine->volume,
                                                 .is_boot = true,
                                                 .volume_type = "sbs_volume",
                                                 .size_bytes = 20,
                                                 .server_ref = machine->ref };
    machine->address_view = (struct address_view){ .ref = machine->address };
    machine->view = (struct server_view){ .ref = machine->ref,
                                          .state = machine->state,
                                          .address = running ? "10.0.0.1" : "",
                                          .security_group_ref = "",
                                          .created_ms = machine->born_ms,
                                          .tags = machine->tags,
                                          .tag_count = 1,
                                          .volumes = &machine->volume_view,
                                          .volume_count = machine->volume_alive,
                                          .addresses = &machine->address_view,
                                          .address_count = machine->address_alive };
    return &machine->view;
}

static enum answer_class
life_answer(struct life *life, bool there)
{
    if (life_draw(life, life->faults.looks)) {
        return ANSWER_TRANSIENT;
    }
    return there && !life_draw(life, life->faults.lies) ? ANSWER_OK : ANSWER_NOT_FOUND;
}

void
life_does(struct life *life, const struct act *act, const char *op_id)
{
    struct life_machine *machine = act->kind == CALL_SERVER_CREATE
                                       ? life_machine_add(life, op_id)
                                       : life_machine_of(life, act->ref);

    if (machine == NULL) {
        return;
    }
    if (act->kind == CALL_SERVER_CREATE) {
        life_machine_is_born(life, machine);
    } else if (act->kind == CALL_SERVER_POWERON && machine->state == SERVER_STOPPED) {
        machine->state = SERVER_STARTING;
    } else if (act->kind == CALL_SERVER_REBOOT && machine->state == SERVER_RUNNING) {
        machine->state = SERVER_STARTING;
    } else if (act->kind == CALL_SERVER_POWEROFF && machine->state == SERVER_RUNNING) {
        machine->state = SERVER_STOPPING;
    } else if (act->kind == CALL_SERVER_DELETE && machine->alive) {
        machine->alive = false;
        machine->died_ms = life->now_ms;
    } else if (act->kind == CALL_VOLUME_DELETE) {
        machine->volume_alive = false;
    } else if (act->kind == CALL_ADDRESS_DELETE) {
        machine->address_alive = false;
    }
    machine->due_ms = life->now_ms + CHANGE_MS;
}

/* A list lags both ways. */
static void
life_list(struct life *life, struct life_look *look, struct seen *seen)
{
    seen->list_asked = true;
    seen->list_class = life_draw(life, life->faults.looks) ? ANSWER_TRANSIENT : ANSWER_OK;
    for (int i = 0; i < life->machine_count && seen->list_class == ANSWER_OK; i++) {
        struct life_machine *machine = &life->machines[i];
        int64_t age_ms = life->now_ms - machine->born_ms;
        bool born = machine->born_ms != 0 && age_ms >= life->list_lag_ms;
        bool shown = machine->alive || life->now_ms - machine->died_ms < life->list_lag_ms;
        if (born && shown) {
            look->listed[seen->listed_count++] = *life_view(machine);
        }
    }
    seen->listed = look->listed;
}

static void
life_look_at_rented(struct life *life, struct life_look *look, struct seen *seen)
{
    for (size_t i = 0; i < life->instance.volume_count; i++) {
        struct life_machine *machine = life_machine_of(life, life->volumes[i].ref);
        look->volume_classes[i] = life_answer(life, machine->volume_alive);
        look->volume_views[i] =
            (struct volume_view){ .server_ref = machine->alive ? machine->ref : "" };
    }
    for (size_t i = 0; i < life->instance.address_count; i++) {
        look->address_classes[i] =
            life_answer(life, life_machine_of(life, life->addresses[i].ref)->address_alive);
    }
    seen->rented_asked = true;
    seen->volume_classes = look->volume_classes;
    seen->volume_views = look->volume_views;
    seen->address_classes = look->address_classes;
}

/* Its worker and its engine run.  A worker beats for the generation that its boot found. */
static bool
life_is_up(const struct life *life, const struct life_machine *machine)
{
    return machine->state == SERVER_RUNNING && machine->alive && life->boots &&
           life->now_ms - machine->running_ms > BOOT_MS;
}

static void
life_beat(struct life *life)
{
    struct instance *instance = &life->instance;
    const struct life_machine *machine = life_machine_of(life, instance->machine_ref);

    if (life->beats && machine != NULL && life_is_up(life, machine) &&
        machine->running_ms > instance->generation_since_ms) {
        instance->heartbeat = (struct heartbeat){ .at_ms = life->now_ms,
                                                  .generation = instance->generation,
                                                  .status = "ready",
                                                  .model = "",
                                                  .running = 0,
                                                  .waiting = 0,
                                                  .period_ms = BEAT_MS };
    }
}

void
life_look(struct life *life, struct life_look *look, struct seen *seen)
{
    life_beat(life);
    struct look_plan plan = look_plan(&life->instance, &life->policy, life->now_ms);

    *seen = (struct seen){ .at_ms = life->now_ms,
                           .list_class = ANSWER_TRANSIENT,
                           .server_ref = plan.server_ref,
                           .server_class = ANSWER_TRANSIENT };
    if (plan.list) {
        life_list(life, look, seen);
        const struct server_view *oldest =
            look_adoptable(&life->instance, seen->listed, seen->listed_count);
        seen->server_ref =
            plan.server_ref[0] == '\0' && oldest != NULL ? oldest->ref : plan.server_ref;
    }
    if (seen->server_ref[0] != '\0') {
        struct life_machine *machine = life_machine_of(life, seen->server_ref);
        seen->server_class = life_answer(life, machine->alive);
        seen->server = seen->server_class == ANSWER_OK ? life_view(machine) : NULL;
        bool up = life_is_up(life, machine);
        for (int kind = 0; kind < PROBE_KIND_COUNT_; kind++) {
            seen->probes[kind] = (struct probe_seen){ .asked = plan.probes[kind],
                                                      .answered = plan.probes[kind] && up,
                                                      .ok = plan.probes[kind] && up };
        }
    }
    seen->address_list_asked = look_wants_addresses(&plan, seen);
    seen->address_list_class = seen->address_list_asked && !life_draw(life, life->faults.looks)
                                   ? ANSWER_OK
                                   : ANSWER_TRANSIENT;
    if (plan.rented) {
        life_look_at_rented(life, look, seen);
    }
    life->now_ms += ROUND_TRIP_MS;
}
