#include "worker/heartbeat.h"

#include <string.h>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/log.h"
#include "worker/plane_body.h"
#include "worker/plane_reply.h"

static bool
heartbeat_speaks(const struct heartbeat *heartbeat)
{
    return heartbeat->options->plane_url[0] != '\0' && heartbeat->options->instance_id[0] != '\0';
}

static double
heartbeat_jitter(void)
{
    enum { STEPS = 10000 };

    return digest_random_below(STEPS) / (double)(STEPS - 1);
}

static void
heartbeat_call(struct heartbeat *heartbeat, struct arena *arena, const char *path,
               const char *bearer, const char *body, struct plane_reply *out)
{
    const struct worker_options *options = heartbeat->options;
    const char *headers[] = { "Content-Type: application/json", NULL, NULL };
    struct http_call call = {
        .method = "POST",
        .url = arena_printf(arena, "%s%s", options->plane_url, path),
        .headers = headers,
        .body = body,
        .body_length = strlen(body),
        .timeout_ms = options->call_timeout_ms,
        .reply_max = options->reply_max,
    };

    if (bearer[0] != '\0') {
        headers[1] = arena_printf(arena, "Authorization: Bearer %s", bearer);
    }
    http_client_run(heartbeat->client, arena, (struct http_call *[]){ &call }, 1);
    plane_reply_read(arena, &call, out);
}

/* What a call to the plane came to, for the journal. */
static void
heartbeat_note(struct heartbeat *heartbeat, const struct plane_reply *reply,
               enum event_type success, enum event_type failed, enum event_type exception)
{
    if (reply->outcome == PLANE_ACCEPTED) {
        event_log_add(heartbeat->events, success, "accepted",
                      json_pack("{s:i}", "status_code", reply->status));
    } else if (reply->status != 0) {
        event_log_add(heartbeat->events, failed, reply->failure,
                      json_pack("{s:i}", "status_code", reply->status));
    } else {
        event_log_add(heartbeat->events, exception, "no answer",
                      json_pack("{s:s}", "error", reply->failure));
    }
}

static void
heartbeat_obey_order(struct heartbeat *heartbeat, bool stop)
{
    struct worker_facts facts;

    worker_state_read(heartbeat->state, &facts);
    if (facts.ordered_to_stop == stop) {
        return;
    }
    log_warn(stop ? "the plane orders a stop" : "the plane no longer orders a stop",
             LOG_STR(INSTANCE_ID, heartbeat->options->instance_id));
    event_log_add(heartbeat->events, stop ? EVENT_STOP_ORDERED : EVENT_STOP_LIFTED,
                  stop ? "the plane wants another generation" : "the plane accepts us again", NULL);
    worker_state_order_stop(heartbeat->state, stop);
}

static void
heartbeat_obey(struct heartbeat *heartbeat, const struct plane_reply *reply)
{
    if (reply->outcome == PLANE_ACCEPTED) {
        if (reply->has_engine_env) {
            worker_state_set_engine_env(heartbeat->state, reply->engine_env,
                                        reply->engine_env_count);
        }
        heartbeat->asked_ms = reply->next_heartbeat_ms;
        heartbeat_obey_order(heartbeat, false);
    } else if (reply->outcome == PLANE_STOP) {
        heartbeat_obey_order(heartbeat, true);
    }
}

static void
heartbeat_accept_identity(struct heartbeat *heartbeat, struct arena *arena,
                          const struct plane_reply *reply)
{
    struct error error = identity_set_enrolled(arena, &heartbeat->identity);

    if (!error_is(error) && reply->bootstrap_token != NULL) {
        error = identity_adopt(arena, &heartbeat->identity, reply->bootstrap_token);
    }
    if (error_is(error)) {
        log_fail("what the plane told is not kept", LOG_STR(ERROR, error.message));
    }
}

static void
heartbeat_register(struct heartbeat *heartbeat, struct arena *arena,
                   const struct worker_facts *facts, struct plane_reply *reply)
{
    struct identity *identity = &heartbeat->identity;
    const char *body = plane_body_register(arena, heartbeat->options, identity->secret, facts);

    event_log_add(heartbeat->events, EVENT_REGISTER_START, "registering", NULL);
    heartbeat_call(heartbeat, arena, "/internal/worker/register",
                   identity_register_bearer(identity), body, reply);
    heartbeat_note(heartbeat, reply, EVENT_REGISTER_SUCCESS, EVENT_REGISTER_FAILED,
                   EVENT_REGISTER_EXCEPTION);
    heartbeat_obey(heartbeat, reply);
    if (reply->outcome == PLANE_ACCEPTED) {
        heartbeat->registered = true;
        heartbeat_accept_identity(heartbeat, arena, reply);
        log_info("registered", LOG_STR(INSTANCE_ID, heartbeat->options->instance_id));
    } else if (reply->outcome == PLANE_REFUSED && identity->enrolled) {
        /* The one-time token has run out, but our secret was accepted once. */
        heartbeat->registered = true;
    }
}

static void
heartbeat_beat(struct heartbeat *heartbeat, struct arena *arena, const struct worker_facts *facts,
               struct plane_reply *reply)
{
    int64_t period_ms = beat_period_ms(&heartbeat->rules, heartbeat->asked_ms);
    const char *body = plane_body_heartbeat(arena, heartbeat->options, period_ms, facts);

    heartbeat_call(heartbeat, arena, "/internal/worker/heartbeat",
                   identity_beat_bearer(&heartbeat->identity), body, reply);
    heartbeat_note(heartbeat, reply, EVENT_HEARTBEAT_SUCCESS, EVENT_HEARTBEAT_FAILED,
                   EVENT_HEARTBEAT_EXCEPTION);
    heartbeat_obey(heartbeat, reply);
    heartbeat->sent = facts->status;
    if (reply->outcome == PLANE_ACCEPTED) {
        heartbeat->registered = true;
    } else if (reply->outcome == PLANE_REFUSED && identity_enrols(&heartbeat->identity)) {
        heartbeat->registered = false;
    }
}

/* As the existing agent: who holds a token beats even where its registration was refused. */
static bool
heartbeat_may_beat(const struct heartbeat *heartbeat, const struct plane_reply *registration)
{
    return heartbeat->registered ||
           (!identity_enrols(&heartbeat->identity) && heartbeat->identity.token[0] != '\0' &&
            (registration->outcome == PLANE_REJECTED || registration->outcome == PLANE_REFUSED));
}

static void
heartbeat_speak(struct heartbeat *heartbeat, struct arena *arena, const struct worker_facts *facts,
                struct plane_reply *reply)
{
    heartbeat->called_ms = clock_monotonic_ms();
    if (!heartbeat->registered) {
        heartbeat_register(heartbeat, arena, facts, reply);
        if (!heartbeat_may_beat(heartbeat, reply)) {
            return;
        }
    }
    heartbeat_beat(heartbeat, arena, facts, reply);
}

static void
heartbeat_plan(struct heartbeat *heartbeat, const struct plane_reply *reply)
{
    bool well = reply->outcome == PLANE_ACCEPTED || reply->outcome == PLANE_STOP;
    int64_t failures = well ? 0 : heartbeat->failures + 1;
    int64_t now_ms = clock_monotonic_ms();
    int64_t delay_ms = beat_delay_ms(&heartbeat->rules, reply->outcome,
                                     beat_period_ms(&heartbeat->rules, heartbeat->asked_ms),
                                     failures, reply->retry_after_ms, heartbeat_jitter());

    if (!well) {
        log_warn("the plane did not accept us",
                 LOG_STR(OUTCOME, plane_outcome_name(reply->outcome)),
                 LOG_STR(ERROR, reply->failure), LOG_I64(RETRY_COUNT, failures),
                 LOG_I64(DURATION_MS, delay_ms));
    } else if (heartbeat->failures > 0) {
        log_info("the plane accepts us again", LOG_I64(RETRY_COUNT, heartbeat->failures));
    }
    heartbeat->failures = failures;
    heartbeat->due_ms = now_ms + delay_ms;
    heartbeat->not_before_ms =
        reply->outcome == PLANE_BUSY || reply->outcome == PLANE_STOP ? heartbeat->due_ms : now_ms;
}

static void
heartbeat_turn(struct heartbeat *heartbeat, const struct worker_facts *facts)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct plane_reply reply;

    heartbeat_speak(heartbeat, arena, facts, &reply);
    worker_state_set_contacted(heartbeat->state);
    heartbeat_plan(heartbeat, &reply);
}

/* A change of status is told at once, unless the plane wants quiet, and never more often than the
 * shortest pause. */
static int64_t
heartbeat_due_ms(const struct heartbeat *heartbeat, const struct worker_facts *facts)
{
    int64_t soon_ms = heartbeat->called_ms + heartbeat->rules.backoff_min_ms;

    if (facts->status == heartbeat->sent || !heartbeat->registered) {
        return heartbeat->due_ms;
    }
    soon_ms = soon_ms < heartbeat->not_before_ms ? heartbeat->not_before_ms : soon_ms;
    return soon_ms < heartbeat->due_ms ? soon_ms : heartbeat->due_ms;
}

/* False when the worker is to end. */
static bool
heartbeat_wait(struct heartbeat *heartbeat, struct worker_facts *facts, uint64_t *seen)
{
    for (;;) {
        worker_state_read(heartbeat->state, facts);
        int64_t due_ms = heartbeat_due_ms(heartbeat, facts);
        if (facts->ending || clock_monotonic_ms() >= due_ms) {
            return !facts->ending;
        }
        worker_state_wait(heartbeat->state, seen, due_ms);
    }
}

/* The first call should know the machine; a machine that cannot be looked at delays it little. */
static void
heartbeat_wait_sample(struct heartbeat *heartbeat, uint64_t *seen)
{
    int64_t until_ms = clock_monotonic_ms() + heartbeat->options->call_timeout_ms;
    struct worker_facts facts;

    worker_state_read(heartbeat->state, &facts);
    while (!facts.machine.sampled && !facts.ending && clock_monotonic_ms() < until_ms) {
        worker_state_wait(heartbeat->state, seen, until_ms);
        worker_state_read(heartbeat->state, &facts);
    }
}

static void
heartbeat_start(struct heartbeat *heartbeat)
{
    const struct worker_options *options = heartbeat->options;

    heartbeat->client = http_client_new(1);
    heartbeat->rules = (struct beat_rules){
        .interval_ms = options->heartbeat_ms,
        .interval_max_ms = options->heartbeat_max_ms,
        .backoff_min_ms = options->backoff_min_ms,
        .backoff_max_ms = options->backoff_max_ms,
        .stopped_ms = options->heartbeat_stopped_ms,
    };
    heartbeat->due_ms = clock_monotonic_ms();
    if (!heartbeat_speaks(heartbeat)) {
        event_log_add(heartbeat->events, EVENT_HEARTBEAT_SKIPPED,
                      "no CONTROL_PLANE_URL or no INSTANCE_ID: nothing is sent", NULL);
        heartbeat->due_ms = INT64_MAX;
    }
}

void *
heartbeat_run(void *argument)
{
    struct heartbeat *heartbeat = argument;
    struct worker_facts facts;
    uint64_t seen = 0;

    heartbeat_start(heartbeat);
    heartbeat_wait_sample(heartbeat, &seen);
    while (heartbeat_wait(heartbeat, &facts, &seen)) {
        heartbeat_turn(heartbeat, &facts);
    }
    if (heartbeat_speaks(heartbeat) && heartbeat->registered && !facts.ordered_to_stop) {
        heartbeat_turn(heartbeat, &facts);
    }
    http_client_free(heartbeat->client);
    return NULL;
}
