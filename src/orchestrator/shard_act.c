#include "orchestrator/shard_act.h"

#include "base/digest.h"
#include "base/kill_point.h"
#include "orchestrator/case.h"
#include "orchestrator/outcome.h"
#include "orchestrator/zone_rest.h"

static const char *
shard_act_kind(const struct shard_act *act)
{
    return call_kind_name(act->call.kind);
}

static void
shard_act_pass(enum kill_point point, struct shard_act *const *acts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (acts[i]->intended) {
            kill_point_pass(point, shard_act_kind(acts[i]));
        }
    }
}

static void
shard_act_on_sent(void *argument)
{
    kill_point_pass(KILL_POINT_SENT, shard_act_kind(argument));
}

static json_t *
shard_act_intent(struct job_cycle *cycle, struct shard_act *act, int64_t timeout_ms)
{
    const struct provider_call *call = &act->call;
    const char *ref = call->ref == NULL ? "" : call->ref;
    char op_id[UUID_TEXT_SIZE];

    digest_uuid(op_id);
    act->op_id = arena_strdup(cycle->arena, op_id);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:{s:s, s:s, s:s*}, s:I, s:s, s:o, s:o, s:o, s:b}",
        "op_id", op_id, "job", cycle->job->name, "provider_id",
        row_text(act->zones, act->row, "provider_id"), "zone_id",
        row_text(act->zones, act->row, "zone_id"), "token",
        (json_int_t)row_i64(act->zones, act->row, "fencing_token", 0), "kind", shard_act_kind(act),
        "ref", ref, "request", "zone", call->zone, "ref", ref, "name", call->name,
        "call_timeout_ms", (json_int_t)timeout_ms, "correlation_id",
        act->correlation_id == NULL ? op_id : act->correlation_id, "instance_id",
        json_string_or_null(act->instance_id), "status", json_string_or_null(act->status),
        "recorded_ref", json_string_or_null(act->recorded_ref), "recorded_gone",
        act->recorded_gone);
}

static struct error
shard_act_intend(struct job_cycle *cycle, struct shard_act **acts, size_t count, int64_t timeout_ms)
{
    CLEANUP_JSON json_t *intents = json_array();
    struct db_rows rows;

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(intents, shard_act_intent(cycle, acts[i], timeout_ms));
    }
    TRY(db_run(cycle->db, cycle->arena, Q_SHARD_INTEND, &rows,
               DB_PARAMS(db_json(cycle->arena, intents))));
    for (size_t i = 0; i < count; i++) {
        for (size_t row = 0; row < rows.count && !acts[i]->intended; row++) {
            acts[i]->intended = digest_equal(row_text(&rows, row, "op_id"), acts[i]->op_id);
        }
    }
    shard_act_pass(KILL_POINT_INTENDED, acts, count);
    return NO_ERROR;
}

/* The calls of one provider, from the first act on.  The lease is looked at after the intents are on
 * record and right before the calls are sent: what another provider took is counted. */
static void
shard_act_send_to(struct job_cycle *cycle, struct shard_act **acts, size_t first, size_t count,
                  int64_t timeout_ms)
{
    struct provider_call **calls = arena_array(cycle->arena, struct provider_call *, count);
    bool covered = cycle_lease_covers(cycle, timeout_ms);
    size_t length = 0;

    for (size_t i = first; i < count; i++) {
        if (acts[i]->provider != acts[first]->provider) {
            continue;
        }
        acts[i]->sent = acts[i]->intended && covered;
        if (acts[i]->sent) {
            acts[i]->call.on_sent = shard_act_on_sent;
            acts[i]->call.on_sent_argument = acts[i];
            calls[length++] = &acts[i]->call;
        }
    }
    if (length > 0) {
        provider_run(acts[first]->provider, cycle->arena, calls, length);
        cycle->calls += length;
    }
}

static bool
shard_act_is_first(struct shard_act *const *acts, size_t place)
{
    for (size_t i = 0; i < place; i++) {
        if (acts[i]->provider == acts[place]->provider) {
            return false;
        }
    }
    return true;
}

static void
shard_act_send(struct job_cycle *cycle, struct shard_act **acts, size_t count, int64_t timeout_ms)
{
    for (size_t i = 0; i < count; i++) {
        if (shard_act_is_first(acts, i)) {
            shard_act_send_to(cycle, acts, i, count, timeout_ms);
        }
    }
}

static json_t *
shard_act_outcome(struct arena *arena, const struct shard_act *act)
{
    const struct provider_call *call = &act->call;
    bool made = act->sent && call->class == ANSWER_OK && call->new_ref != NULL;

    return json_pack("{s:s, s:s, s:s, s:n, s:s, s:I, s:s, s:s}", "op_id", act->op_id, "outcome",
                     act->sent ? answer_class_name(call->class) : "not_sent", "ref",
                     made ? call->new_ref : "", "reply", "message",
                     act->sent ? json_clean_text(arena, call->message)
                               : "the lease had run too far for the call",
                     "duration_ms", (json_int_t)(act->sent ? call->duration_ms : 0), "action",
                     act_action_type(call->kind), "error_code",
                     act->sent ? answer_class_error_code(call->class) : "LEASE_LOST");
}

static struct error
shard_act_record(struct job_cycle *cycle, struct shard_act *const *acts, size_t count)
{
    CLEANUP_JSON json_t *outcomes = json_array();
    struct zone_refusal *refusals = arena_array(cycle->arena, struct zone_refusal, count);
    size_t refused = 0;

    shard_act_pass(KILL_POINT_REPLIED, acts, count);
    for (size_t i = 0; i < count; i++) {
        if (acts[i]->intended) {
            json_array_append_new(outcomes, shard_act_outcome(cycle->arena, acts[i]));
        }
        if (acts[i]->sent) {
            refusals[refused++] =
                (struct zone_refusal){ .zone_id = row_text(acts[i]->zones, acts[i]->row, "zone_id"),
                                       .zone = acts[i]->call.zone,
                                       .provider =
                                           row_text(acts[i]->zones, acts[i]->row, "provider"),
                                       .answer = acts[i]->call.class };
        }
    }
    if (json_array_size(outcomes) == 0) {
        return NO_ERROR;
    }
    TRY(outcome_record(cycle, outcomes));
    shard_act_pass(KILL_POINT_RECORDED, acts, count);
    return zone_rest_apply(cycle, refusals, refused);
}

struct error
shard_act_run(struct job_cycle *cycle, struct shard_act **acts, size_t count)
{
    int64_t timeout_ms = config_ms(cycle->config, SETTING_PROVIDER_CALL_TIMEOUT_SECONDS);

    if (count == 0) {
        return NO_ERROR;
    }
    TRY(shard_act_intend(cycle, acts, count, timeout_ms));
    shard_act_send(cycle, acts, count, timeout_ms);
    return shard_act_record(cycle, acts, count);
}

void
shard_act_applied(struct shard_act *const *acts, size_t count)
{
    shard_act_pass(KILL_POINT_APPLIED, acts, count);
}
