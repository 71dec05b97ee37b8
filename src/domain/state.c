#include "domain/state.h"

#include <string.h>

static const struct {
    const char *name;
    enum setting_id deadline;
    const char *meaning;
} states[INSTANCE_STATE_COUNT_] = {
#define X(id, name, setting, meaning) [INSTANCE_##id] = { (name), (setting), (meaning) },
    INSTANCE_STATES(X)
#undef X
};

const char *
state_name(enum instance_state state)
{
    return states[state].name;
}

bool
state_parse(const char *name, enum instance_state *out)
{
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        if (strcmp(name, states[i].name) == 0) {
            *out = (enum instance_state)i;
            return true;
        }
    }
    return false;
}

bool
state_is_live(enum instance_state state)
{
    switch (state) {
    case INSTANCE_PROVISIONING:
    case INSTANCE_BOOTING:
    case INSTANCE_INSTALLING:
    case INSTANCE_STARTING:
    case INSTANCE_READY:
    case INSTANCE_UNAVAILABLE:
    case INSTANCE_WORKER_DEAD:
        return true;
    case INSTANCE_DRAINING:
    case INSTANCE_TERMINATING:
    case INSTANCE_TERMINATED:
    case INSTANCE_PROVISIONING_FAILED:
    case INSTANCE_STARTUP_FAILED:
    case INSTANCE_FAILED:
    case INSTANCE_ARCHIVED:
    case INSTANCE_STATE_COUNT_:
        break;
    }
    return false;
}

bool
state_is_failed_kind(enum instance_state state)
{
    return state == INSTANCE_PROVISIONING_FAILED || state == INSTANCE_STARTUP_FAILED ||
           state == INSTANCE_FAILED;
}

bool
state_is_final(enum instance_state state)
{
    return state == INSTANCE_TERMINATED || state == INSTANCE_ARCHIVED;
}

bool
state_has_deadline(enum instance_state state)
{
    return !state_is_final(state) && state != INSTANCE_READY;
}

enum setting_id
state_deadline_setting(enum instance_state state)
{
    return states[state].deadline;
}

const char *
state_meaning(enum instance_state state)
{
    return states[state].meaning;
}
