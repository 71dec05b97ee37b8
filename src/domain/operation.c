#include "domain/operation.h"

#include <string.h>

static const char *const call_kind_names[CALL_KIND_COUNT_] = {
#define X(id, name) [CALL_##id] = (name),
    OPERATION_KINDS(X) LOOK_KINDS(X)
#undef X
};

static const char *const answer_class_names[ANSWER_CLASS_COUNT_] = {
#define X(id, name) [ANSWER_##id] = (name),
    ANSWER_CLASSES(X)
#undef X
};

static const char *const server_state_names[] = {
#define X(id, name) [SERVER_##id] = (name),
    SERVER_STATES(X)
#undef X
};

const char *
call_kind_name(enum call_kind kind)
{
    return call_kind_names[kind];
}

bool
call_kind_parse(const char *name, enum call_kind *out)
{
    for (int i = 0; i < CALL_KIND_COUNT_; i++) {
        if (strcmp(name, call_kind_names[i]) == 0) {
            *out = (enum call_kind)i;
            return true;
        }
    }
    return false;
}

bool
call_is_mutating(enum call_kind kind)
{
    return kind < CALL_SERVER_GET;
}

const char *answer_class_name(enum answer_class class)
{
    return answer_class_names[class];
}

bool
answer_class_parse(const char *name, enum answer_class *out)
{
    for (int i = 0; i < ANSWER_CLASS_COUNT_; i++) {
        if (strcmp(name, answer_class_names[i]) == 0) {
            *out = (enum answer_class)i;
            return true;
        }
    }
    return false;
}

const char *answer_class_error_code(enum answer_class class)
{
    switch (class) {
    case ANSWER_OK:
        return "";
    case ANSWER_NOT_FOUND:
        return "PROVIDER_NOT_FOUND";
    case ANSWER_TRANSIENT:
        return "PROVIDER_TRANSIENT";
    case ANSWER_UNKNOWN:
        return "PROVIDER_UNKNOWN";
    case ANSWER_OUT_OF_STOCK:
        return "PROVIDER_OUT_OF_STOCK";
    case ANSWER_QUOTA:
        return "PROVIDER_QUOTA";
    case ANSWER_DENIED:
        return "PROVIDER_DENIED";
    case ANSWER_INVALID:
        return "PROVIDER_INVALID";
    case ANSWER_CLASS_COUNT_:
        break;
    }
    return "";
}

bool
server_state_is_stopped(enum server_state state)
{
    return state == SERVER_STOPPED || state == SERVER_STOPPED_IN_PLACE;
}

const char *
server_state_name(enum server_state state)
{
    return server_state_names[state];
}

enum server_state
server_state_parse(const char *name)
{
    for (int i = 0; i < SERVER_OTHER; i++) {
        if (strcmp(name, server_state_names[i]) == 0) {
            return (enum server_state)i;
        }
    }
    return SERVER_OTHER;
}
