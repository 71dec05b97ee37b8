/* startup_rules.c: from a running machine to an answering model, and the deadlines of the states
 * between; also of unavailable and worker_dead, which wait for the same facts. */
#include <arpa/inet.h>
#include <string.h>

#include "domain/backoff.h"
#include "domain/decide_parts.h"

static bool
probe_holds(const struct decide_context *c, enum probe_kind kind)
{
    const struct probe_seen *seen = &c->seen->probes[kind];
    const struct probe *last = &c->instance->probes[kind];

    if (!look_probes_count(c->instance)) {
        return false;
    }
    if (seen->asked) {
        return seen->ok;
    }
    /* A warm-up is asked for once a generation; the others hold while they are young. */
    bool young = kind == PROBE_WARMUP || c->now_ms - last->at_ms < c->policy->probe_cache_ms;
    return last->at_ms != 0 && last->ok && last->generation == c->instance->generation && young;
}

static bool
startup_agent_is_there(const struct decide_context *c)
{
    const struct probe_seen *readyz = &c->seen->probes[PROBE_READYZ];

    return look_heartbeat_is_fresh(c->instance, c->policy, c->now_ms) ||
           (look_probes_count(c->instance) && readyz->asked && readyz->answered);
}

static void
note_progress(struct decide_context *c)
{
    static const struct {
        enum probe_kind probe;
        enum note note;
        int progress;
    } steps[] = {
        { PROBE_SSH, NOTE_SSH, 50 },
        { PROBE_MODELS, NOTE_MODEL, 80 },
        { PROBE_WARMUP, NOTE_WARMUP, 90 },
    };

    if (startup_agent_is_there(c)) {
        c->out->progress = 60;
    }
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (probe_holds(c, steps[i].probe)) {
            c->out->notes |= steps[i].note;
            c->out->progress =
                c->out->progress > steps[i].progress ? c->out->progress : steps[i].progress;
        }
    }
    const struct probe_seen *models = &c->seen->probes[PROBE_MODELS];
    if (models->asked && models->answered) {
        c->out->notes |= NOTE_ENGINE;
        c->out->progress = c->out->progress > 70 ? c->out->progress : 70;
    }
}

static bool
startup_progress(struct decide_context *c)
{
    bool served = probe_holds(c, PROBE_MODELS);

    /* Probes and beats that are still young are older than that. */
    if (server_is_stopped(c->seen)) {
        return false;
    }
    if (served && probe_holds(c, PROBE_WARMUP)) {
        if (c->instance->ready_elsewhere) {
            return decide_wait(c, c->policy->check_base_ms, "another member of the wish serves");
        }
        c->out->progress = 100;
        return decide_move(c, RULE_MODEL_SERVED, "the wanted model answers");
    }
    if (startup_agent_is_there(c) && decide_move(c, RULE_AGENT_SEEN, "the worker is there")) {
        return true;
    }
    if (probe_holds(c, PROBE_SSH) && decide_move(c, RULE_SSH_REACHABLE, "the machine answers")) {
        return true;
    }
    return false;
}

static bool
startup_deadline(struct decide_context *c)
{
    const struct instance *instance = c->instance;

    if (c->seen->at_ms <= instance->deadline_ms || c->now_ms < instance->preserve_until_ms ||
        instance->pending_elsewhere || !look_is_complete(instance, c->seen)) {
        return false;
    }
    if (decide_move(c, RULE_UNAVAILABLE_TOO_LONG, "unavailable for too long")) {
        return true;
    }
    c->out->error_code = "STARTUP_TIMEOUT";
    if (!instance->was_ready && decide_move(c, RULE_STARTUP_GAVE_UP,
                                            "the model did not answer within its time; given up")) {
        return true;
    }
    c->out->error_code = "RECOVERY_EXHAUSTED";
    return decide_move(c, RULE_RECOVERY_GAVE_UP, "not recovered within its time; given up");
}

/* A later generation: its installer is handed over, then the machine started anew to run it. */
static bool
startup_reinstall(struct decide_context *c)
{
    const struct instance *instance = c->instance;

    if (instance->generation == 1) {
        return false;
    }
    if (!instance_has_done(instance, CALL_USER_DATA_PUT, NULL)) {
        return decide_act_unless_paused(c, CALL_USER_DATA_PUT, instance->machine_ref,
                                        "the installer is being handed over");
    }
    if (instance_has_done(instance, CALL_SERVER_REBOOT, NULL) ||
        instance_has_done(instance, CALL_SERVER_POWERON, NULL)) {
        return false;
    }
    switch (c->seen->server->state) {
    case SERVER_RUNNING:
        return decide_act_unless_paused(c, CALL_SERVER_REBOOT, instance->machine_ref,
                                        "the machine is being rebooted");
    case SERVER_STOPPED:
    case SERVER_STOPPED_IN_PLACE:
        return decide_act_unless_paused(c, CALL_SERVER_POWERON, instance->machine_ref,
                                        "the machine is being powered on");
    case SERVER_STARTING:
    case SERVER_STOPPING:
    case SERVER_LOCKED:
    case SERVER_OTHER:
        break;
    }
    return decide_wait(c, c->policy->settle_ms, "the machine is changing by itself");
}

static const char *
startup_reason(const struct decide_context *c)
{
    if (c->seen->server_class != ANSWER_OK) {
        return "the provider does not show the machine";
    }
    if (server_is_stopped(c->seen)) {
        return "the provider shows the machine stopped";
    }
    if (c->instance->address[0] == '\0') {
        return "the machine has no address yet";
    }
    if (c->seen->probes[PROBE_MODELS].mismatch) {
        return "the engine serves another model";
    }
    return startup_agent_is_there(c) ? "the worker is there; the model is not served yet"
                                     : "nothing was heard from the worker yet";
}

/* Fruitless: look again later and later, though anything heard makes the instance due at once. */
static bool
startup_wait(struct decide_context *c)
{
    bool warming = probe_holds(c, PROBE_MODELS) && !server_is_stopped(c->seen);
    int64_t failures = c->instance->check_failures + 1;

    if (warming && !c->seen->probes[PROBE_WARMUP].asked) {
        return decide_again(c, "the model is served; one small question comes next");
    }
    c->out->failed = true;
    return decide_wait(
        c,
        backoff_ms(c->policy->check_base_ms, c->policy->check_backoff_max_ms, failures, c->random),
        startup_reason(c));
}

/* The same address may be written in several ways; what is none counts as none. */
static bool
startup_shows_another_address(const char *known, const char *shown)
{
    unsigned char a[sizeof(struct in6_addr)] = { 0 };
    unsigned char b[sizeof(struct in6_addr)] = { 0 };
    int family = strchr(shown, ':') == NULL ? AF_INET : AF_INET6;

    return inet_pton(family, shown, b) == 1 &&
           (inet_pton(family, known, a) != 1 || memcmp(a, b, sizeof a) != 0);
}

bool
startup_step(struct decide_context *c)
{
    const struct server_view *server = c->seen->server;
    bool shown = c->seen->server_class == ANSWER_OK;

    note_progress(c);
    if (startup_progress(c) || startup_deadline(c) || operation_settle(c)) {
        return true;
    }
    if (shown && startup_shows_another_address(c->instance->address, server->address)) {
        c->out->address = server->address;
        c->out->notes |= NOTE_ADDRESS;
        c->out->progress = c->out->progress > 40 ? c->out->progress : 40;
        return decide_again(c, "the machine's address is known");
    }
    if (shown && (rented_record(c) || startup_reinstall(c))) {
        return true;
    }
    return startup_wait(c);
}
