#include "domain/transitions.h"

const struct transition transitions[TRANSITION_COUNT] = {
#define X(from, rule, to) { INSTANCE_##from, RULE_##rule, INSTANCE_##to },
    INSTANCE_TRANSITIONS(X)
#undef X
};

const struct transition *
transition_find(enum instance_state from, enum instance_rule rule)
{
    for (size_t i = 0; i < TRANSITION_COUNT; i++) {
        if (transitions[i].from == from && transitions[i].rule == rule) {
            return &transitions[i];
        }
    }
    return NULL;
}

/* A wish that leads nowhere is refused, but where it has been granted already or (terminate)
 * comes too late to matter. */
static const char *
matrix_refusal(enum instance_state state, enum instance_rule rule)
{
    if (rule == RULE_DRAIN_REQUESTED && state != INSTANCE_DRAINING) {
        return "not_drainable";
    }
    if (rule == RULE_REINSTALL_REQUESTED) {
        return "not_reinstallable";
    }
    if (rule == RULE_ARCHIVE_REQUESTED && state != INSTANCE_ARCHIVED) {
        return "not_archivable";
    }
    return NULL;
}

struct matrix_cell
matrix_cell(enum instance_state state, enum instance_rule rule)
{
    const struct transition *transition = transition_find(state, rule);

    if (transition != NULL) {
        return (struct matrix_cell){ .effect = MATRIX_TRANSITION, .to = transition->to };
    }
    const char *code = matrix_refusal(state, rule);
    return (struct matrix_cell){ .effect = code == NULL ? MATRIX_STAYS : MATRIX_REFUSED,
                                 .to = state,
                                 .code = code };
}
