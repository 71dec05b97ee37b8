#include "orchestrator/commands.h"

#include <string.h>

#include "base/json.h"
#include "orchestrator/jobs/jobs.h"
#include "store/wake.h"

/* A command wakes every job named beside it. */
static const struct {
    const char *type;
    const struct job *job;
    bool request; /* make its rows due as well */
} commands[] = {
    { "CMD:PROVISION", &job_provisioning, false }, { "CMD:REINSTALL", &job_health_check, false },
    { "CMD:REINSTALL", &job_terminator, false },   { "CMD:TERMINATE", &job_terminator, false },
    { "CMD:RECONCILE", &job_watch_dog, true },     { "CMD:SYNC_CATALOG", &job_catalog_sync, true },
};

void
commands_heard(const char *channel, const char *message, void *context)
{
    struct runner *runner = context;
    CLEANUP_ARENA struct arena *arena = arena_new();
    json_t *body = NULL;

    if (strcmp(channel, WAKE_JOBS) == 0) {
        const struct job *job = job_find(message);
        if (job != NULL) {
            runner_wake(runner, job);
        }
        return;
    }
    if (error_is(json_parse(arena, message, strlen(message), &body))) {
        return;
    }
    const char *type = json_get_string(body, "type", "");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(type, commands[i].type) == 0) {
            (commands[i].request ? runner_request : runner_wake)(runner, commands[i].job);
        }
    }
    json_decref(body);
}
