#include "orchestrator/apply_rows.h"

#include <string.h>

static const char *
apply_mark_name(enum mark_kind kind)
{
    switch (kind) {
    case MARK_OPERATION_ADOPTED:
        return "operation_adopted";
    case MARK_OPERATION_NOT_DONE:
        return "operation_not_done";
    case MARK_OPERATION_CLOSED:
        return "operation_closed";
    case MARK_OPERATION_RESOLVED:
        return "operation_resolved";
    case MARK_OPERATION_EMPTY_LOOK:
        return "operation_empty_look";
    case MARK_CREATE_GONE:
        return "create_gone";
    case MARK_MACHINE_ABSENT:
        return "absent";
    case MARK_MACHINE_GONE:
        return "gone";
    case MARK_MACHINE_SEEN:
        return "seen";
    case MARK_VOLUME_ABSENT:
        return "volume_absent";
    case MARK_VOLUME_GONE:
        return "volume_gone";
    case MARK_VOLUME_SEEN:
        return "volume_seen";
    case MARK_ADDRESS_ABSENT:
        return "address_absent";
    case MARK_ADDRESS_GONE:
        return "address_gone";
    case MARK_ADDRESS_SEEN:
        return "address_seen";
    }
    return "";
}

static bool
apply_mark_is_machine(enum mark_kind kind)
{
    return kind == MARK_MACHINE_ABSENT || kind == MARK_MACHINE_GONE || kind == MARK_MACHINE_SEEN;
}

/* How the journal calls a change of state. */
static const char *
apply_action(const struct decision *decision)
{
    switch (decision->to) {
    case INSTANCE_READY:
        return "INSTANCE_READY";
    case INSTANCE_STARTUP_FAILED:
        return "INSTANCE_STARTUP_FAILED";
    case INSTANCE_TERMINATED:
        return "INSTANCE_TERMINATED";
    case INSTANCE_ARCHIVED:
        return "ARCHIVE_INSTANCE";
    case INSTANCE_PROVISIONING:
    case INSTANCE_BOOTING:
    case INSTANCE_INSTALLING:
    case INSTANCE_STARTING:
    case INSTANCE_UNAVAILABLE:
    case INSTANCE_WORKER_DEAD:
    case INSTANCE_DRAINING:
    case INSTANCE_TERMINATING:
    case INSTANCE_PROVISIONING_FAILED:
    case INSTANCE_FAILED:
    case INSTANCE_STATE_COUNT_:
        break;
    }
    return decision->rule == RULE_SERVER_STARTED ? "INSTANCE_CREATED" : "STATE_CHANGED";
}

static json_t *
apply_ms_or_null(int64_t ms)
{
    return ms == 0 ? json_null() : json_integer(ms);
}

static json_t *
apply_machine_mark(const struct decision *decision)
{
    for (size_t i = 0; i < decision->mark_count; i++) {
        if (apply_mark_is_machine(decision->marks[i].kind)) {
            return json_string(apply_mark_name(decision->marks[i].kind));
        }
    }
    return json_null();
}

static const char *
apply_reason(const struct instance_case *one)
{
    if (one->decision.rule == RULE_SERVER_VANISHED) {
        return "provider_deleted";
    }
    if (one->decision.rule != RULE_SERVER_GONE) {
        return NULL;
    }
    return one->instance.machine_ref[0] == '\0' ? "no_provider_resource" : "termination_confirmed";
}

static void
apply_add_thing_tried(json_t *row, const struct decision *decision)
{
    const struct act *act = &decision->act;
    bool volume = act->kind == CALL_VOLUME_DELETE;
    bool tried = act->wanted && decision->thing_next_ms != 0;

    json_object_set_new(row, "thing_kind",
                        json_string_or_null(!tried   ? NULL
                                            : volume ? "volume"
                                                     : "address"));
    json_object_set_new(row, "thing_ref", json_string_or_null(tried ? act->ref : NULL));
    json_object_set_new(row, "thing_next_ms",
                        apply_ms_or_null(tried ? decision->thing_next_ms : 0));
}

static json_t *
apply_decision_row(const struct instance_case *one, bool health)
{
    const struct decision *d = &one->decision;
    const struct server_view *server = one->seen.server;
    json_t *row = json_pack(
        "{s:s, s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:s}",
        "instance_id", one->id, "token", (json_int_t)one->token, "from",
        state_name(one->instance.state), "to", state_name(d->to), "rule",
        json_string_or_null(d->rule == RULE_NONE ? NULL : rule_name(d->rule)), "wish_version",
        (json_int_t)one->instance.wish_version, "deadline_ms", apply_ms_or_null(d->deadline_ms),
        "next_run_ms", apply_ms_or_null(d->next_run_ms), "next_generation", d->next_generation,
        "record_ref", json_string_or_null(d->record_ref), "machine_mark", apply_machine_mark(d),
        "address", json_string_or_null(d->address), "server_state",
        json_string_or_null(server == NULL ? NULL : server_state_name(server->state)), "failed",
        d->failed, "error_code", json_string_or_null(d->error_code), "message", d->message);

    json_object_set_new(row, "sightings", json_integer(one->instance.sightings));
    json_object_set_new(row, "progress", json_integer(d->progress));
    json_object_set_new(row, "notes", json_integer(d->notes));
    json_object_set_new(row, "action", json_string(apply_action(d)));
    json_object_set_new(row, "beat_status", json_string(one->around.beat_status));
    json_object_set_new(row, "reason", json_string_or_null(apply_reason(one)));
    json_object_set_new(row, "health", json_boolean(health));
    json_object_set_new(row, "created_ms",
                        apply_ms_or_null(server == NULL ? 0 : server->created_ms));
    apply_add_thing_tried(row, d);
    return row;
}

static void
apply_add_marks(const struct instance_case *one, json_t *marks)
{
    for (size_t i = 0; i < one->decision.mark_count; i++) {
        const struct mark *mark = &one->decision.marks[i];
        if (!apply_mark_is_machine(mark->kind)) {
            json_array_append_new(marks,
                                  json_pack("{s:s, s:s, s:s, s:o}", "instance_id", one->id, "kind",
                                            apply_mark_name(mark->kind), "id", mark->id, "ref",
                                            json_string_or_null(mark->ref)));
        }
    }
}

static void
apply_add_things(const struct instance_case *one, json_t *things)
{
    const struct server_view *server = one->seen.server;

    if (!one->decision.record_things || server == NULL) {
        return;
    }
    for (size_t i = 0; i < server->volume_count; i++) {
        const struct volume_view *volume = &server->volumes[i];
        json_array_append_new(
            things, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:b}", "instance_id", one->id,
                              "kind", "volume", "ref", volume->ref, "name", volume->name,
                              "volume_type", volume->volume_type, "size_bytes",
                              (json_int_t)volume->size_bytes, "is_boot", volume->is_boot,
                              "delete_on_terminate", look_volume_is_ours(&one->instance, volume)));
    }
    for (size_t i = 0; i < server->address_count; i++) {
        json_array_append_new(things, json_pack("{s:s, s:s, s:s, s:s}", "instance_id", one->id,
                                                "kind", "address", "ref", server->addresses[i].ref,
                                                "address", server->addresses[i].address));
    }
}

static void
apply_add_probes(const struct instance_case *one, json_t *probes)
{
    for (int kind = 0; kind < PROBE_KIND_COUNT_; kind++) {
        const struct probe_seen *probe = &one->seen.probes[kind];
        if (probe->asked) {
            json_array_append_new(
                probes,
                json_pack("{s:s, s:s, s:I, s:b, s:I, s:s}", "instance_id", one->id, "probe",
                          probe_kind_name((enum probe_kind)kind), "generation",
                          (json_int_t)one->instance.generation, "ok", probe->ok, "latency_ms",
                          (json_int_t)probe->latency_ms, "detail", probe->detail));
        }
    }
}

/* Steps seen for the first time in this generation. */
static void
apply_add_journal(const struct instance_case *one, json_t *journal)
{
    static const struct {
        enum note note;
        const char *action;
    } actions[] = {
        { NOTE_MACHINE_RECORDED, "PERSIST_PROVIDER_ID" },
        { NOTE_ADDRESS, "PROVIDER_GET_IP" },
        { NOTE_SSH, "WORKER_SSH_ACCESSIBLE" },
        { NOTE_ENGINE, "WORKER_VLLM_HTTP_OK" },
        { NOTE_MODEL, "WORKER_MODEL_LOADED" },
        { NOTE_WARMUP, "WORKER_VLLM_WARMUP" },
    };
    unsigned fresh = one->decision.notes & ~one->instance.notes;

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if ((fresh & (unsigned)actions[i].note) != 0) {
            const char *detail = actions[i].note == NOTE_ADDRESS ? one->decision.address
                                 : actions[i].note == NOTE_MACHINE_RECORDED
                                     ? one->decision.record_ref
                                     : NULL;
            json_array_append_new(journal, json_pack("{s:s, s:s, s:s, s:n, s:{s:o}}", "instance_id",
                                                     one->id, "action", actions[i].action, "status",
                                                     "success", "message", "metadata", "detail",
                                                     json_string_or_null(detail)));
        }
    }
}

struct apply_rows
apply_rows_make(struct arena *arena, const struct instance_case *cases, size_t count, bool health)
{
    json_t *decisions = json_array();
    json_t *marks = json_array();
    json_t *things = json_array();
    json_t *probes = json_array();
    json_t *journal = json_array();

    for (size_t i = 0; i < count; i++) {
        json_array_append_new(decisions, apply_decision_row(&cases[i], health));
        apply_add_marks(&cases[i], marks);
        apply_add_things(&cases[i], things);
        apply_add_probes(&cases[i], probes);
        apply_add_journal(&cases[i], journal);
    }
    struct apply_rows rows = { json_text(arena, decisions), json_text(arena, marks),
                               json_text(arena, things), json_text(arena, probes),
                               json_text(arena, journal) };
    json_decref(decisions);
    json_decref(marks);
    json_decref(things);
    json_decref(probes);
    json_decref(journal);
    return rows;
}
