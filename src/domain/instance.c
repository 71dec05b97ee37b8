#include "domain/instance.h"

#include <string.h>

const char *
probe_kind_name(enum probe_kind kind)
{
    switch (kind) {
    case PROBE_SSH:
        return "ssh";
    case PROBE_READYZ:
        return "readyz";
    case PROBE_MODELS:
        return "models";
    case PROBE_WARMUP:
        return "warmup";
    case PROBE_KIND_COUNT_:
        break;
    }
    return "";
}

const struct operation *
instance_last_operation(const struct instance *instance, enum call_kind kind, int64_t generation,
                        const char *ref)
{
    for (size_t i = instance->operation_count; i > 0; i--) {
        const struct operation *operation = &instance->operations[i - 1];
        if (operation->kind == kind && operation->generation == generation &&
            (ref == NULL || strcmp(operation->ref, ref) == 0)) {
            return operation;
        }
    }
    return NULL;
}

bool
operation_went_well(const struct operation *operation)
{
    return operation != NULL && operation->outcome == OUTCOME_ANSWERED &&
           operation->class == ANSWER_OK;
}

bool
instance_has_done(const struct instance *instance, enum call_kind kind, const char *ref)
{
    return operation_went_well(instance_last_operation(instance, kind, instance->generation, ref));
}

const struct operation *
instance_open_operation(const struct instance *instance)
{
    for (size_t i = 0; i < instance->operation_count; i++) {
        if (instance->operations[i].outcome == OUTCOME_OPEN) {
            return &instance->operations[i];
        }
    }
    return NULL;
}

bool
operation_is_unsettled(const struct operation *operation)
{
    bool nameless = operation->kind == CALL_SERVER_CREATE && operation_went_well(operation) &&
                    operation->ref[0] == '\0';
    bool unknown = operation->outcome == OUTCOME_ANSWERED && operation->class == ANSWER_UNKNOWN;

    return operation->outcome == OUTCOME_OPEN || nameless || (unknown && !operation->resolved);
}

bool
operation_names_stray(const struct instance *instance, const struct operation *operation)
{
    return operation->kind == CALL_SERVER_CREATE && operation->ref[0] != '\0' && !operation->gone &&
           (instance->machine_gone || strcmp(operation->ref, instance->machine_ref) != 0);
}

bool
operation_has_failed(const struct operation *operation)
{
    return operation->outcome == OUTCOME_NOT_DONE ||
           (operation->outcome == OUTCOME_ANSWERED && operation->class != ANSWER_OK &&
            operation->class != ANSWER_DENIED && operation->class != ANSWER_QUOTA);
}

bool
instance_has_machine(const struct instance *instance)
{
    return instance->machine_ref[0] != '\0' && !instance->machine_gone;
}

const struct operation *
instance_unsettled_create(const struct instance *instance)
{
    for (size_t i = 0; i < instance->operation_count; i++) {
        const struct operation *operation = &instance->operations[i];
        if (operation->kind == CALL_SERVER_CREATE && operation_is_unsettled(operation)) {
            return operation;
        }
    }
    return NULL;
}

int64_t
instance_rest_until(const struct instance *instance, enum call_kind kind)
{
    bool gives_back = kind == CALL_SERVER_POWEROFF || kind == CALL_SERVER_DELETE ||
                      kind == CALL_VOLUME_DELETE || kind == CALL_ADDRESS_DELETE;

    /* A quota that is used up is freed by nothing else. */
    return gives_back && instance->zone_paused_for_quota ? 0 : instance->zone_paused_until_ms;
}

int64_t
instance_failures_in_row(const struct instance *instance)
{
    int64_t failures = 0;

    for (size_t i = instance->operation_count; i > 0; i--) {
        const struct operation *operation = &instance->operations[i - 1];
        bool fine = operation->outcome == OUTCOME_ADOPTED || operation_went_well(operation);
        if (fine || operation->generation != instance->generation) {
            break;
        }
        failures += operation_has_failed(operation);
    }
    return failures;
}

bool
instance_rents_something(const struct instance *instance)
{
    if (instance_has_machine(instance) || instance->address_count > 0 ||
        instance_unsettled_create(instance) != NULL) {
        return true;
    }
    for (size_t i = 0; i < instance->volume_count; i++) {
        if (!instance->volumes[i].keep) {
            return true;
        }
    }
    for (size_t i = 0; i < instance->operation_count; i++) {
        if (operation_names_stray(instance, &instance->operations[i])) {
            return true;
        }
    }
    return false;
}
