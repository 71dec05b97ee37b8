#include "worker/engine_environment.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

static const char *const engine_environment_hidden[] = {
    "ENROLMENT_TOKEN=",        "ENROLMENT_TOKEN_FILE=", "WORKER_AUTH_TOKEN=",
    "WORKER_AUTH_TOKEN_FILE=", "WORKER_PLANE_TOKEN=",   "WORKER_PLANE_TOKEN_FILE=",
};

static bool
engine_environment_is_hidden(const char *variable)
{
    for (size_t i = 0; i < ARRAY_LENGTH(engine_environment_hidden); i++) {
        const char *hidden = engine_environment_hidden[i];
        if (strncmp(variable, hidden, strlen(hidden)) == 0) {
            return true;
        }
    }
    return false;
}

static size_t
engine_environment_count(const char *const *list)
{
    size_t count = 0;

    while (list[count] != NULL) {
        count++;
    }
    return count;
}

/* Adds a variable, in place of one of the same name; returns the new count. */
static size_t
engine_environment_put(const char **list, size_t count, const char *variable)
{
    size_t name = strcspn(variable, "=") + 1;

    for (size_t i = 0; i < count; i++) {
        if (strncmp(list[i], variable, name) == 0) {
            list[i] = variable;
            return count;
        }
    }
    list[count] = variable;
    return count + 1;
}

const char *const *
engine_environment(struct arena *arena, const struct worker_options *options,
                   const char *const *inherited, const char *const *secrets)
{
    const char *const own[] = {
        arena_printf(arena, "MODEL_ID=%s", options->model_id),
        arena_printf(arena, "INSTANCE_ID=%s", options->instance_id),
        arena_printf(arena, "WORKER_VLLM_PORT=%lld", (long long)options->vllm_port),
        arena_printf(arena, "WORKER_LISTEN_ADDRESS=%s", options->listen_address),
        arena_printf(arena, "WORKER_STATE_DIR=%s", options->state_dir),
    };
    size_t most = engine_environment_count(inherited) + engine_environment_count(secrets) +
                  ARRAY_LENGTH(own) + 1;
    const char **list = arena_array(arena, const char *, most);
    size_t count = 0;

    for (size_t i = 0; inherited[i] != NULL; i++) {
        if (!engine_environment_is_hidden(inherited[i])) {
            count = engine_environment_put(list, count, inherited[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
        count = engine_environment_put(list, count, own[i]);
    }
    for (size_t i = 0; secrets[i] != NULL; i++) {
        count = engine_environment_put(list, count, secrets[i]);
    }
    return list;
}
