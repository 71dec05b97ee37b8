#include "domain/look.h"

#include <string.h>

#include "domain/transitions.h"

enum { SILENT_PERIODS = 5 }; /* lifecycle.md, Dead workers */

static bool
look_is_proven_gone(const struct instance *instance, const char *ref)
{
    if (instance->machine_gone && strcmp(instance->machine_ref, ref) == 0) {
        return true;
    }
    for (size_t i = 0; i < instance->operation_count; i++) {
        const struct operation *operation = &instance->operations[i];
        if (operation->gone && strcmp(operation->ref, ref) == 0) {
            return true;
        }
    }
    return false;
}

const struct server_view *
look_adoptable(const struct instance *instance, const struct server_view *servers, size_t count)
{
    const struct server_view *oldest = NULL;

    for (size_t i = 0; i < count; i++) {
        const struct server_view *server = &servers[i];
        if (look_is_proven_gone(instance, server->ref)) {
            continue;
        }
        bool older =
            oldest == NULL || server->created_ms < oldest->created_ms ||
            (server->created_ms == oldest->created_ms && strcmp(server->ref, oldest->ref) < 0);
        oldest = older ? server : oldest;
    }
    return oldest;
}

bool
look_wants_addresses(const struct look_plan *plan, const struct seen *seen)
{
    return plan->address_list && seen->server != NULL && seen->server->state != SERVER_RUNNING;
}

bool
look_volume_is_tagged(const struct volume_view *volume, const char *instance_id)
{
    const size_t prefix = strlen(INSTANCE_TAG);
    bool tagged = false;

    for (size_t i = 0; i < volume->tag_count; i++) {
        tagged = tagged || (strncmp(volume->tags[i], INSTANCE_TAG, prefix) == 0 &&
                            strcmp(volume->tags[i] + prefix, instance_id) == 0);
    }
    return tagged;
}

bool
look_volume_is_ours(const struct instance *instance, const struct volume_view *volume)
{
    return look_volume_is_tagged(volume, instance->id) || volume->is_boot ||
           instance->state == INSTANCE_PROVISIONING || instance->volume_count == 0;
}

enum look_maker
look_maker(const struct server_view *server, const char *op_id)
{
    const size_t prefix = strlen(OPERATION_TAG);
    enum look_maker maker = MAKER_UNTOLD;

    for (size_t i = 0; i < server->tag_count && maker != MAKER_THAT; i++) {
        if (strncmp(server->tags[i], OPERATION_TAG, prefix) == 0) {
            maker = strcmp(server->tags[i] + prefix, op_id) == 0 ? MAKER_THAT : MAKER_OTHER;
        }
    }
    return maker;
}

static bool look_class_is_answer(enum answer_class class)
{
    return class == ANSWER_OK || class == ANSWER_NOT_FOUND;
}

bool
look_is_complete(const struct instance *instance, const struct seen *seen)
{
    if (seen->list_asked && seen->list_class != ANSWER_OK) {
        return false;
    }
    if (seen->address_list_asked && seen->address_list_class != ANSWER_OK) {
        return false;
    }
    if (seen->server_ref[0] != '\0' && !look_class_is_answer(seen->server_class)) {
        return false;
    }
    for (size_t i = 0; seen->rented_asked && i < instance->volume_count; i++) {
        if (!look_class_is_answer(seen->volume_classes[i])) {
            return false;
        }
    }
    for (size_t i = 0; seen->rented_asked && i < instance->address_count; i++) {
        if (!look_class_is_answer(seen->address_classes[i])) {
            return false;
        }
    }
    return true;
}

bool
look_is_denied(const struct instance *instance, const struct seen *seen)
{
    bool denied = (seen->list_asked && seen->list_class == ANSWER_DENIED) ||
                  (seen->address_list_asked && seen->address_list_class == ANSWER_DENIED) ||
                  (seen->server_ref[0] != '\0' && seen->server_class == ANSWER_DENIED);

    for (size_t i = 0; seen->rented_asked && i < instance->volume_count; i++) {
        denied = denied || seen->volume_classes[i] == ANSWER_DENIED;
    }
    for (size_t i = 0; seen->rented_asked && i < instance->address_count; i++) {
        denied = denied || seen->address_classes[i] == ANSWER_DENIED;
    }
    return denied;
}

bool
look_heartbeat_is_fresh(const struct instance *instance, const struct policy *policy,
                        int64_t now_ms)
{
    const struct heartbeat *beat = &instance->heartbeat;

    return beat->at_ms != 0 && beat->generation == instance->generation &&
           beat->at_ms >= instance->generation_since_ms &&
           now_ms - beat->at_ms < policy->heartbeat_fresh_ms;
}

bool
look_worker_is_silent(const struct instance *instance, const struct policy *policy, int64_t now_ms)
{
    const struct heartbeat *beat = &instance->heartbeat;
    int64_t periods_ms = SILENT_PERIODS * beat->period_ms;
    int64_t patience_ms =
        policy->heartbeat_timeout_ms > periods_ms ? policy->heartbeat_timeout_ms : periods_ms;
    int64_t since_ms =
        beat->at_ms > instance->status_changed_ms ? beat->at_ms : instance->status_changed_ms;

    return now_ms - since_ms > patience_ms;
}

bool
look_probes_count(const struct instance *instance)
{
    /* The first installation has no predecessor whose answers could be taken for its own. */
    return instance->generation == 1 || instance->heartbeat.generation == instance->generation;
}

static const char *
look_named_machine(const struct instance *instance)
{
    for (size_t i = 0; i < instance->operation_count; i++) {
        if (operation_names_stray(instance, &instance->operations[i])) {
            return instance->operations[i].ref;
        }
    }
    return "";
}

/* A probe is spared while its last result is young: a good one for as long as the cache allows, a
 * bad one for half an interval, so that being woken often does not mean probing often. */
static bool
look_is_cached(const struct instance *instance, enum probe_kind kind, const struct policy *policy,
               int64_t now_ms)
{
    const struct probe *probe = &instance->probes[kind];
    int64_t age_ms = now_ms - probe->at_ms;

    if (probe->at_ms == 0 || probe->generation != instance->generation) {
        return false;
    }
    return probe->ok ? age_ms < policy->probe_cache_ms : age_ms < policy->check_base_ms / 2;
}

static void
look_plan_probes(const struct instance *instance, const struct policy *policy, int64_t now_ms,
                 struct look_plan *plan)
{
    bool beats = look_heartbeat_is_fresh(instance, policy, now_ms);
    bool claims_ready = strcmp(instance->heartbeat.status, "ready") == 0;
    const struct probe *models = &instance->probes[PROBE_MODELS];
    const struct probe *warmup = &instance->probes[PROBE_WARMUP];
    bool served = models->ok && models->generation == instance->generation;
    bool served_lately = served && look_is_cached(instance, PROBE_MODELS, policy, now_ms);
    bool warm = warmup->ok && warmup->generation == instance->generation;

    if (instance->address[0] == '\0' || !look_probes_count(instance)) {
        return;
    }
    plan->probes[PROBE_SSH] = !beats && !look_is_cached(instance, PROBE_SSH, policy, now_ms);
    plan->probes[PROBE_READYZ] = !beats && !look_is_cached(instance, PROBE_READYZ, policy, now_ms);
    /* A beat that says "ready" is worth a look at once, whatever a cached result says. */
    plan->probes[PROBE_MODELS] = beats ? claims_ready && !served_lately
                                       : !look_is_cached(instance, PROBE_MODELS, policy, now_ms);
    plan->probes[PROBE_WARMUP] = served && !warm;
}

struct look_plan
look_plan(const struct instance *instance, const struct policy *policy, int64_t now_ms)
{
    struct look_plan plan = { .server_ref = "" };
    bool recorded = instance->machine_ref[0] != '\0';
    bool machine = instance_has_machine(instance);

    /* Nothing that could be seen would keep it: the wish comes first (decide.c). */
    bool draining = instance->wish == WISH_DRAINED && instance->state == INSTANCE_DRAINING;
    if (instance->wish != WISH_RUNNING && instance->state != INSTANCE_TERMINATING && !draining) {
        return plan;
    }
    bool missed = machine && instance->gone_first_seen_ms != 0 &&
                  transition_find(instance->state, RULE_SERVER_VANISHED) != NULL;
    switch (instance->state) {
    case INSTANCE_PROVISIONING:
        plan.list = !recorded || instance_unsettled_create(instance) != NULL;
        plan.server_ref = recorded ? instance->machine_ref : look_named_machine(instance);
        break;
    case INSTANCE_BOOTING:
    case INSTANCE_INSTALLING:
    case INSTANCE_STARTING:
    case INSTANCE_UNAVAILABLE:
    case INSTANCE_WORKER_DEAD:
        plan.server_ref = instance->machine_ref;
        look_plan_probes(instance, policy, now_ms, &plan);
        break;
    case INSTANCE_TERMINATING:
        plan.list = true;
        plan.server_ref = machine ? instance->machine_ref : look_named_machine(instance);
        plan.address_list = machine;
        plan.rented = !machine;
        break;
    case INSTANCE_DRAINING:
        if (look_worker_is_silent(instance, policy, now_ms)) {
            plan.server_ref = instance->machine_ref;
            plan.probes[PROBE_READYZ] = instance->address[0] != '\0';
        }
        break;
    case INSTANCE_READY:
        plan.server_ref = instance->machine_halted ? instance->machine_ref : "";
        break;
    case INSTANCE_TERMINATED:
    case INSTANCE_PROVISIONING_FAILED:
    case INSTANCE_STARTUP_FAILED:
    case INSTANCE_FAILED:
    case INSTANCE_ARCHIVED:
    case INSTANCE_STATE_COUNT_:
        break;
    }
    if (missed) {
        plan.list = true;
        plan.server_ref = instance->machine_ref;
    }
    return plan;
}
