/* act.c: paid calls, in the order that the protocol demands (design.md): the intent is committed,
 * then the lease is checked, then the call is sent, then its outcome is written, without the
 * fence, by whoever made it. */
#include <string.h>

#include "base/digest.h"
#include "base/kill_point.h"
#include "orchestrator/case.h"
#include "orchestrator/outcome.h"
#include "store/tx.h"

struct act_batch {
    struct job_cycle *cycle;
    struct instance_case **cases; /* those with an act */
    size_t count;
};

static int64_t
act_call_timeout_ms(const struct job_cycle *cycle)
{
    return config_ms(cycle->config, SETTING_PROVIDER_CALL_TIMEOUT_SECONDS);
}

/* What cannot even be asked for is this instance's trouble alone: it is told, and tried again. */
static void
act_refuse(struct job_cycle *cycle, struct instance_case *one, struct error error)
{
    one->decision.act.wanted = false;
    one->decision.failed = true;
    one->decision.error_code = "PROVIDER_INVALID";
    one->decision.message = error.message;
    one->decision.next_run_ms = cycle_now_ms(cycle) + cycle->policy->check_base_ms;
}

static void
act_intent_row(struct job_cycle *cycle, struct instance_case *one, json_t *rows)
{
    const char *enrolment_hash = NULL;
    json_t *request = NULL;
    const struct instance *instance = &one->instance;

    struct error error = act_call_make(cycle, one, &enrolment_hash, &request);
    if (error_is(error)) {
        act_refuse(cycle, one, error);
        return;
    }
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:I, s:s, s:o, s:I, s:o, s:I}", "op_id",
                  one->op_id, "instance_id", one->id, "token", (json_int_t)one->token, "status",
                  state_name(instance->state), "wish_version", (json_int_t)instance->wish_version,
                  "kind", call_kind_name(one->decision.act.kind), "generation",
                  (json_int_t)instance->generation, "ref", one->decision.act.ref, "request",
                  request, "call_timeout_ms", (json_int_t)act_call_timeout_ms(cycle),
                  "enrolment_hash", json_string_or_null(enrolment_hash), "enrolment_ttl_ms",
                  (json_int_t)config_ms(cycle->config, SETTING_WORKER_ENROLMENT_TTL_SECONDS));
    json_array_append_new(rows, row);
}

static void
act_mark_intended(struct act_batch *batch, const struct db_rows *rows)
{
    for (size_t i = 0; i < batch->count; i++) {
        for (size_t row = 0; row < rows->count && !batch->cases[i]->intended; row++) {
            batch->cases[i]->intended =
                digest_equal(row_text(rows, row, "op_id"), batch->cases[i]->op_id);
        }
    }
}

/* With the roots locked, so that no outcome is being written that the intent would not see. */
static struct error
act_write_intents(const struct act_batch *batch, const json_t *rows, struct db_rows *intended)
{
    struct job_cycle *cycle = batch->cycle;
    const char **ids = arena_array(cycle->arena, const char *, batch->count);

    for (size_t i = 0; i < batch->count; i++) {
        ids[i] = batch->cases[i]->id;
    }
    TRY(roots_lock(cycle, ids, batch->count));
    return db_run(cycle->db, cycle->arena, Q_OPERATION_INTEND, intended,
                  DB_PARAMS(db_json(cycle->arena, rows)));
}

static struct error
act_intend(struct act_batch *batch)
{
    CLEANUP_JSON json_t *rows = json_array();
    struct db *db = batch->cycle->db;
    struct arena *arena = batch->cycle->arena;
    struct db_rows intended = { 0 };

    for (size_t i = 0; i < batch->count; i++) {
        act_intent_row(batch->cycle, batch->cases[i], rows);
    }
    TRY(tx_begin(db, arena));
    TRY(tx_end(db, arena, act_write_intents(batch, rows, &intended)));
    act_mark_intended(batch, &intended);
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->cases[i]->intended) {
            kill_point_pass(KILL_POINT_INTENDED,
                            call_kind_name(batch->cases[i]->decision.act.kind));
        }
    }
    return NO_ERROR;
}

static void
act_on_sent(void *argument)
{
    const struct instance_case *one = argument;

    kill_point_pass(KILL_POINT_SENT, call_kind_name(one->decision.act.kind));
}

/* The calls of one provider, from the place-th case on.  The lease is looked at after the intent is
 * on record and right before they are sent: what another provider took is counted. */
static void
act_send_to(struct act_batch *batch, size_t place, bool *done)
{
    struct job_cycle *cycle = batch->cycle;
    struct provider *provider = batch->cases[place]->provider;
    struct provider_call **calls = arena_array(cycle->arena, struct provider_call *, batch->count);
    bool covered = cycle_lease_covers(cycle, act_call_timeout_ms(cycle));
    size_t length = 0;

    for (size_t i = place; i < batch->count; i++) {
        struct instance_case *one = batch->cases[i];
        if (one->provider != provider) {
            continue;
        }
        done[i] = true;
        one->sent = one->intended && covered;
        if (one->sent) {
            one->call->on_sent = act_on_sent;
            one->call->on_sent_argument = one;
            calls[length++] = one->call;
        }
    }
    if (length > 0) {
        provider_run(provider, cycle->arena, calls, length);
        cycle->calls += length;
    }
}

static void
act_send(struct act_batch *batch)
{
    bool *done = arena_array(batch->cycle->arena, bool, batch->count);

    for (size_t i = 0; i < batch->count; i++) {
        if (!done[i]) {
            act_send_to(batch, i, done);
        }
    }
}

static json_t *
act_reply(const struct instance_case *one)
{
    const struct provider_call *call = one->call;
    json_t *volumes = json_array();
    json_t *addresses = json_array();
    int64_t created_ms = 0;

    if (one->sent && call->class == ANSWER_OK && call->server_count > 0) {
        const struct server_view *server = &call->servers[0];
        created_ms = server->created_ms;
        for (size_t i = 0; i < server->volume_count; i++) {
            const struct volume_view *volume = &server->volumes[i];
            json_array_append_new(
                volumes, json_pack("{s:s, s:s, s:s, s:I, s:b}", "ref", volume->ref, "name",
                                   volume->name, "volume_type", volume->volume_type, "size_bytes",
                                   (json_int_t)volume->size_bytes, "is_boot", volume->is_boot));
        }
        for (size_t i = 0; i < server->address_count; i++) {
            json_array_append_new(addresses,
                                  json_pack("{s:s, s:s}", "ref", server->addresses[i].ref,
                                            "address", server->addresses[i].address));
        }
    }
    return json_pack("{s:o, s:o, s:I}", "volumes", volumes, "addresses", addresses, "created_ms",
                     (json_int_t)created_ms);
}

static json_t *
act_outcome_row(struct arena *arena, const struct instance_case *one)
{
    const struct provider_call *call = one->call;
    bool made =
        one->sent && one->decision.act.kind == CALL_SERVER_CREATE && call->class == ANSWER_OK;

    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:I, s:s, s:s}", "op_id", one->op_id, "outcome",
                     one->sent ? answer_class_name(call->class) : "not_sent", "ref",
                     made ? call->new_ref : "", "reply", act_reply(one), "message",
                     one->sent ? json_clean_text(arena, call->message)
                               : "the lease had run too far for the call",
                     "duration_ms", (json_int_t)(one->sent ? call->duration_ms : 0), "action",
                     act_action_type(one->decision.act.kind), "error_code",
                     one->sent ? answer_class_error_code(call->class) : "LEASE_LOST");
}

static struct error
act_record(struct act_batch *batch)
{
    CLEANUP_JSON json_t *rows = json_array();
    struct job_cycle *cycle = batch->cycle;

    for (size_t i = 0; i < batch->count; i++) {
        if (batch->cases[i]->intended) {
            kill_point_pass(KILL_POINT_REPLIED, call_kind_name(batch->cases[i]->decision.act.kind));
            json_array_append_new(rows, act_outcome_row(cycle->arena, batch->cases[i]));
        }
    }
    if (json_array_size(rows) == 0) {
        return NO_ERROR;
    }
    TRY(outcome_record(cycle, rows));
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->cases[i]->intended) {
            kill_point_pass(KILL_POINT_RECORDED,
                            call_kind_name(batch->cases[i]->decision.act.kind));
        }
    }
    return NO_ERROR;
}

/* What the answers mean for the next run. */
static void
act_follow(struct act_batch *batch)
{
    struct job_cycle *cycle = batch->cycle;
    int64_t now_ms = cycle_now_ms(cycle);

    for (size_t i = 0; i < batch->count; i++) {
        struct instance_case *one = batch->cases[i];
        const struct act act = one->decision.act;
        if (!one->sent) { /* The row moved on, or the lease ran short: look again. */
            one->decision.next_run_ms = now_ms + cycle->policy->settle_ms;
            continue;
        }
        const struct decision before = one->decision;
        one->decision =
            decide_after_act(&one->instance, &act, one->call->class, one->call->retry_after_ms,
                             cycle->policy, now_ms, digest_random_below(UINT32_MAX));
        one->decision.act = act;
        one->decision.progress = before.progress;
        one->decision.notes = before.notes;
        one->decision.mark_count = before.mark_count;
        memcpy(one->decision.marks, before.marks, sizeof before.marks);
    }
}

struct error
act_run(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    struct act_batch batch = { .cycle = cycle,
                               .cases = arena_array(cycle->arena, struct instance_case *, count) };

    for (size_t i = 0; i < count; i++) {
        if (cases[i].decision.act.wanted && cases[i].provider != NULL) {
            batch.cases[batch.count++] = &cases[i];
        }
    }
    if (batch.count == 0) {
        return NO_ERROR;
    }
    TRY(act_intend(&batch));
    act_send(&batch);
    TRY(act_record(&batch));
    act_follow(&batch);
    return NO_ERROR;
}
