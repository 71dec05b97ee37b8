#include "orchestrator/commands.h"

#include <string.h>

#include "base/digest.h"
#include "base/log.h"
#include "orchestrator/jobs/jobs.h"
#include "store/wake.h"

/* What job-outbox publishes tells of what is done already (sql/queries/outbox_claim.sql). */
static const char own_source[] = "inventiv";

/* A command is for every job named beside it. */
static const struct {
    const char *type;
    const struct job *job;
    bool names_instance;
} commands[] = {
    { "CMD:PROVISION", &job_provisioning, true }, { "CMD:REINSTALL", &job_health_check, true },
    { "CMD:REINSTALL", &job_terminator, true },   { "CMD:TERMINATE", &job_terminator, true },
    { "CMD:RECONCILE", &job_watch_dog, false },   { "CMD:SYNC_CATALOG", &job_catalog_sync, false },
};

/* Each in the debug log; a warning for the 1st, 2nd, 4th, 8th, so that nobody can fill the log. */
static void
commands_ignore(struct commands *heard, const char *why)
{
    int64_t count = ++heard->ignored;

    if ((count & (count - 1)) == 0) {
        log_warn("a message on Redis was ignored", LOG_STR(REASON, why), LOG_I64(COUNT, count));
    } else {
        log_debug("a message on Redis was ignored", LOG_STR(REASON, why), LOG_I64(COUNT, count));
    }
}

static const char *
commands_obey(struct commands *heard, const json_t *body)
{
    const char *type = json_get_string(body, "type", "");
    const char *instance_id = json_get_string(body, "instance_id", "");
    bool known = false;

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(type, commands[i].type) != 0) {
            continue;
        }
        known = true;
        if (!commands[i].names_instance) {
            inbox_add_request(pulse_inbox(heard->pulse), commands[i].job);
        } else if (digest_is_uuid(instance_id)) {
            inbox_add_instance(pulse_inbox(heard->pulse), instance_id, commands[i].job);
        } else {
            return "instance_id is not one";
        }
    }
    return known ? NULL : "its type is not known";
}

static void
commands_read(struct commands *heard, const char *message)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *body = NULL;
    size_t length = strlen(message);

    if ((int64_t)length > config_count(heard->config, SETTING_COMMAND_BYTES_MAX)) {
        commands_ignore(heard, "too long");
        return;
    }
    struct error error = json_parse(arena, message, length, &body);
    if (error_is(error)) {
        commands_ignore(heard, error.message);
        return;
    }
    if (strcmp(json_get_string(body, "source", ""), own_source) == 0) {
        return;
    }
    const char *fault = commands_obey(heard, body);
    if (fault != NULL) {
        commands_ignore(heard, fault);
        return;
    }
    pulse_kick(heard->pulse);
}

void
commands_heard(const char *channel, const char *message, void *context)
{
    struct commands *heard = context;

    if (strcmp(channel, WAKE_JOBS) != 0) {
        commands_read(heard, message);
        return;
    }
    const struct job *job = job_find(message);
    if (job != NULL) {
        runner_wake(heard->runner, job);
    }
}
