#include <stdio.h>
#include <string.h>

#include "domain_life_parts.h"

enum { LEASE_MS = 60000, CALL_MS = 20000, ROUND_TRIP_MS = 20, LATE_MS = 120000 };

void
life_begin(struct life *life, uint64_t seed)
{
    life->seed = seed;
    life->now_ms = INT64_C(1700000000000);
    life->list_lag_ms = 60000;
    life->message = "";
    life->instance = (struct instance){
        .id = "i1",
        .root_id = "i1",
        .state = INSTANCE_PROVISIONING,
        .status_changed_ms = life->now_ms,
        .deadline_ms = decide_deadline_ms(INSTANCE_PROVISIONING, &life->policy, life->now_ms),
        .generation = 1,
        .generation_since_ms = life->now_ms,
        .wanted_generation = 1,
        .machine_ref = "",
        .address = "",
        .zone_group_ref = "g1",
        .zone_machines = 1,
        .zone_vanishing = 1,
        .wanted_boot_bytes = 70,
        .operations = life->operations,
        .volumes = life->volumes,
        .addresses = life->addresses,
        .heartbeat = { .status = "", .model = "" },
    };
}

static bool
life_has_stray(const struct life *life, const char *recorded)
{
    for (size_t i = 0; i < life->instance.operation_count; i++) {
        const struct operation *create = &life->operations[i];
        if (create->kind == CALL_SERVER_CREATE && create->ref[0] != '\0' && !create->gone &&
            strcmp(create->ref, recorded) != 0) {
            return true;
        }
    }
    return false;
}

/* operation_intend.sql */
static struct operation *
life_intend(struct life *life, const struct act *act)
{
    struct instance *instance = &life->instance;

    if (instance_open_operation(instance) != NULL ||
        (act->kind == CALL_SERVER_CREATE && life_has_stray(life, instance->machine_ref)) ||
        instance->operation_count == LIFE_OPERATIONS_MAX) {
        life->refused_intents++;
        return NULL;
    }
    struct operation *operation = &life->operations[instance->operation_count];
    char *op_id = life->op_ids[instance->operation_count++];
    snprintf(op_id, LIFE_REF_SIZE, "o%zu", instance->operation_count);
    *operation = (struct operation){ .op_id = op_id,
                                     .kind = act->kind,
                                     .generation = instance->generation,
                                     .ref = act->ref,
                                     .started_ms = life->now_ms,
                                     .send_by_ms = life->now_ms + LEASE_MS + CALL_MS };
    return operation;
}

/* False: whoever called is gone, and nothing more is written. */
static bool
life_call(struct life *life, const struct act *act, struct operation *operation)
{
    bool create = act->kind == CALL_SERVER_CREATE;

    life->calls++;
    if (create && life_draw(life, life->faults.late)) {
        struct life_machine *machine = life_machine_add(life, operation->op_id);
        if (machine != NULL) {
            machine->late_born_ms = life->now_ms + LEASE_MS + CALL_MS + life->policy.list_lag_ms +
                                    (int64_t)((life->seed >> 33) % LATE_MS);
        }
        return false;
    }
    if (life_draw(life, life->faults.crashed)) {
        if (life_draw(life, 50)) {
            life_does(life, act, operation->op_id);
        }
        return false;
    }
    operation->outcome = OUTCOME_ANSWERED;
    operation->ended_ms = life->now_ms;
    if (life_draw(life, life->faults.refused)) {
        operation->class = life->faults.refusal;
    } else if (life_draw(life, life->faults.unclear)) {
        operation->class = ANSWER_UNKNOWN;
        if (life_draw(life, 50)) {
            life_does(life, act, operation->op_id);
        }
    } else {
        life_does(life, act, operation->op_id);
        operation->class = ANSWER_OK;
        operation->ref = create ? life->machines[life->machine_count - 1].ref : operation->ref;
    }
    return true;
}

static struct rented *
life_thing(struct rented *things, size_t count, const char *ref)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(things[i].ref, ref) == 0) {
            return &things[i];
        }
    }
    return NULL;
}

static void
life_drop(struct rented *things, size_t *count, const char *ref)
{
    struct rented *thing = life_thing(things, *count, ref);

    if (thing != NULL) {
        *thing = things[--*count];
    }
}

static void
life_mark_operation(struct life *life, const struct mark *mark)
{
    for (size_t i = 0; i < life->instance.operation_count; i++) {
        struct operation *operation = &life->operations[i];
        if (strcmp(operation->op_id, mark->id) != 0) {
            continue;
        }
        operation->outcome = mark->kind == MARK_OPERATION_ADOPTED    ? OUTCOME_ADOPTED
                             : mark->kind == MARK_OPERATION_NOT_DONE ? OUTCOME_NOT_DONE
                             : mark->kind == MARK_OPERATION_CLOSED   ? OUTCOME_CLOSED
                                                                     : operation->outcome;
        operation->ref = mark->kind == MARK_OPERATION_ADOPTED ? mark->ref : operation->ref;
        operation->resolved = operation->resolved || mark->kind == MARK_OPERATION_RESOLVED;
        operation->gone = operation->gone || mark->kind == MARK_CREATE_GONE;
        if (mark->kind == MARK_OPERATION_EMPTY_LOOK) {
            operation->first_empty_look_ms = life->now_ms;
        }
    }
}

static void
life_misses(struct life *life)
{
    struct instance *instance = &life->instance;

    instance->gone_looks++;
    if (instance->gone_first_seen_ms == 0) {
        instance->gone_first_seen_ms = life->now_ms;
    }
}

void
life_vanish(struct life *life)
{
    struct life_machine *machine = life_machine_of(life, life->instance.machine_ref);

    machine->alive = false;
    machine->died_ms = life->now_ms;
    life_misses(life);
}

static void
life_mark(struct life *life, const struct mark *mark)
{
    struct instance *instance = &life->instance;
    struct rented *thing = life_thing(life->volumes, instance->volume_count, mark->id);

    thing = thing == NULL ? life_thing(life->addresses, instance->address_count, mark->id) : thing;
    switch (mark->kind) {
    case MARK_OPERATION_ADOPTED:
    case MARK_OPERATION_NOT_DONE:
    case MARK_OPERATION_CLOSED:
    case MARK_OPERATION_RESOLVED:
    case MARK_OPERATION_EMPTY_LOOK:
    case MARK_CREATE_GONE:
        life_mark_operation(life, mark);
        break;
    case MARK_MACHINE_ABSENT:
        life_misses(life);
        break;
    case MARK_MACHINE_SEEN:
        instance->gone_first_seen_ms = instance->gone_looks = 0;
        break;
    case MARK_MACHINE_GONE:
        instance->gone_first_seen_ms = instance->gone_looks = 0;
        instance->machine_gone = true;
        for (size_t i = 0; i < instance->operation_count; i++) {
            bool made = life->operations[i].kind == CALL_SERVER_CREATE &&
                        strcmp(life->operations[i].ref, instance->machine_ref) == 0;
            life->operations[i].gone = life->operations[i].gone || made;
        }
        break;
    case MARK_VOLUME_ABSENT:
    case MARK_VOLUME_SEEN:
    case MARK_ADDRESS_ABSENT:
    case MARK_ADDRESS_SEEN:
        thing->gone_first_seen_ms =
            mark->kind == MARK_VOLUME_ABSENT || mark->kind == MARK_ADDRESS_ABSENT ? life->now_ms
                                                                                  : 0;
        break;
    case MARK_VOLUME_GONE:
        life_drop(life->volumes, &instance->volume_count, mark->id);
        break;
    case MARK_ADDRESS_GONE:
        life_drop(life->addresses, &instance->address_count, mark->id);
        break;
    }
}

static void
life_record_things(struct life *life, const struct server_view *server)
{
    struct instance *instance = &life->instance;

    for (size_t i = 0; i < server->volume_count; i++) {
        const struct volume_view *view = &server->volumes[i];
        if (life_thing(life->volumes, instance->volume_count, view->ref) == NULL) {
            life->volumes[instance->volume_count++] = (struct rented){
                .ref = view->ref, .volume_type = "sbs_volume", .size_bytes = 20, .is_boot = true
            };
        }
    }
    for (size_t i = 0; i < server->address_count; i++) {
        const char *ref = server->addresses[i].ref;
        if (life_thing(life->addresses, instance->address_count, ref) == NULL) {
            life->addresses[instance->address_count++] =
                (struct rented){ .ref = ref, .volume_type = "" };
        }
    }
}

static void
life_move(struct life *life, const struct decision *decision)
{
    struct instance *instance = &life->instance;

    if (decision->rule == RULE_SERVER_GONE &&
        (instance_has_machine(instance) || instance_rents_something(instance) ||
         instance_open_operation(instance) != NULL || life_has_stray(life, ""))) {
        life->refused_ends++;
        return;
    }
    life->vanished = life->vanished || decision->rule == RULE_SERVER_VANISHED;
    instance->state = decision->to;
    instance->status_changed_ms = life->now_ms;
    instance->check_failures = 0;
    if (decision->next_generation) {
        instance->generation++;
        instance->generation_since_ms = life->now_ms;
    }
    instance->was_ready = instance->was_ready || decision->to == INSTANCE_READY;
}

/* instance_apply.sql */
static void
life_apply(struct life *life, const struct decision *decision, const struct seen *seen)
{
    struct instance *instance = &life->instance;

    if (decision->rule != RULE_NONE) {
        life_move(life, decision);
    } else if (decision->failed) {
        instance->check_failures++;
    }
    instance->deadline_ms = decision->deadline_ms;
    instance->attempts = decision->failed ? instance->attempts : 0;
    if (decision->record_ref != NULL) {
        instance->machine_ref = life_machine_of(life, decision->record_ref)->ref;
        instance->machine_gone = false;
        instance->gone_first_seen_ms = instance->gone_looks = 0;
    }
    instance->address = decision->address != NULL ? decision->address : instance->address;
    for (size_t i = 0; i < decision->mark_count; i++) {
        life_mark(life, &decision->marks[i]);
    }
    if (decision->record_things) {
        life_record_things(life, seen->server);
    }
    struct rented *tried =
        decision->thing_next_ms == 0 ? NULL
        : decision->act.kind == CALL_VOLUME_DELETE
            ? life_thing(life->volumes, instance->volume_count, decision->act.ref)
            : life_thing(life->addresses, instance->address_count, decision->act.ref);
    if (tried != NULL) {
        tried->delete_attempts += decision->failed;
        tried->delete_next_ms = decision->thing_next_ms;
    }
    for (int kind = 0; kind < PROBE_KIND_COUNT_; kind++) {
        if (seen->probes[kind].asked) {
            instance->probes[kind] =
                (struct probe){ life->now_ms, instance->generation, seen->probes[kind].ok };
        }
    }
}

/* An act and what follows from its answer.  False: the caller is gone. */
static bool
life_act(struct life *life, struct decision *decision)
{
    const struct decision before = *decision;
    struct operation *operation = life_intend(life, &before.act);

    if (operation == NULL) {
        decision->next_run_ms = life->now_ms + life->policy.settle_ms;
        return true;
    }
    life->now_ms += ROUND_TRIP_MS;
    struct instance earlier = life->instance;
    earlier.operation_count--;
    if (!life_call(life, &before.act, operation)) {
        return false;
    }
    *decision = decide_after_act(&earlier, &before.act, operation->class, -1, &life->policy,
                                 life->now_ms, (uint32_t)(life->seed >> 32));
    decision->act = before.act;
    decision->mark_count = before.mark_count;
    memcpy(decision->marks, before.marks, sizeof before.marks);
    return true;
}

static void
life_count(struct life *life, const struct decision *decision, int64_t now_ms)
{
    bool at_once = decision->next_run_ms != 0 && decision->next_run_ms <= now_ms;
    bool fruitful = decision->rule != RULE_NONE || decision->act.wanted ||
                    decision->mark_count > 0 || decision->record_ref != NULL ||
                    decision->record_things || decision->address != NULL;

    life->at_once = at_once ? life->at_once + 1 : 0;
    life->fruitless = at_once && !fruitful ? life->fruitless + 1 : 0;
    life->at_once_most = life->at_once > life->at_once_most ? life->at_once : life->at_once_most;
    life->fruitless_most =
        life->fruitless > life->fruitless_most ? life->fruitless : life->fruitless_most;
}

bool
life_turn(struct life *life)
{
    struct life_look look = { 0 };
    struct seen seen;

    life->cycles++;
    life->instance.attempts++;
    life->instance.zone_watched_ms = life->now_ms;
    life_world_moves(life);
    life_look(life, &look, &seen);
    life_world_moves(life);
    struct decision decision =
        decide(&life->instance, &seen, &life->policy, life->now_ms, (uint32_t)(life->seed >> 32));
    life->message = decision.message;
    if (decision.act.wanted && !life_act(life, &decision)) {
        life->now_ms += LEASE_MS; /* Whoever comes next waits for the lease to end. */
        life->at_once = life->fruitless = 0;
        return true;
    }
    life_count(life, &decision, life->now_ms);
    life_apply(life, &decision, &seen);
    if (decision.next_run_ms > life->now_ms) {
        life->now_ms = decision.next_run_ms;
    }
    return decision.next_run_ms != 0 && !state_is_final(life->instance.state);
}
