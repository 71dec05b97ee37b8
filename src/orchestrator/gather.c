/* gather.c: what the rows tell of the claimed instances, in a fixed number of statements. */
#include <string.h>

#include "domain/volume_size.h"
#include "orchestrator/case.h"

enum { OPERATIONS_MAX = 100 }; /* of one instance: far above what one generation leaves */

static enum wish
gather_wish(const char *desired)
{
    if (strcmp(desired, "terminated") == 0) {
        return WISH_TERMINATED;
    }
    return strcmp(desired, "drained") == 0 ? WISH_DRAINED : WISH_RUNNING;
}

static void
gather_heartbeat(const struct db_rows *rows, size_t row, struct heartbeat *out)
{
    int64_t running = row_i64(rows, row, "requests_running", -1);
    int64_t waiting = row_i64(rows, row, "queue_depth", -1);

    *out = (struct heartbeat){
        .at_ms = row_i64(rows, row, "beat_ms", 0),
        .generation = row_i64(rows, row, "beat_generation", 0),
        .status = row_text(rows, row, "beat_status"),
        .model = row_text(rows, row, "beat_model"),
        .running = running,
        .waiting = waiting,
        .period_ms = row_i64(rows, row, "period_ms", 0),
    };
}

static void
gather_instance(const struct db_rows *rows, size_t row, struct instance *out)
{
    enum instance_state state = INSTANCE_ARCHIVED;

    state_parse(row_text(rows, row, "status"), &state);
    *out = (struct instance){
        .id = row_text(rows, row, "id"),
        .root_id = row_text(rows, row, "root_id"),
        .state = state,
        .status_changed_ms = row_i64(rows, row, "status_changed_ms", 0),
        .deadline_ms = row_i64(rows, row, "deadline_ms", 0),
        .generation = row_i64(rows, row, "generation", 1),
        .generation_since_ms = row_i64(rows, row, "generation_since_ms", 0),
        .wish = gather_wish(row_text(rows, row, "desired")),
        .wish_version = row_i64(rows, row, "wish_version", 0),
        .wanted_generation = row_i64(rows, row, "wanted_generation", 1),
        .archive_wanted = row_bool(rows, row, "archive_wanted"),
        .preserve_until_ms = row_i64(rows, row, "preserve_until_ms", 0),
        .was_ready = row_bool(rows, row, "was_ready"),
        .failed_ms = row_i64(rows, row, "failed_ms", 0),
        .machine_ref = row_text(rows, row, "provider_instance_id"),
        .address = row_text(rows, row, "address"),
        .gone_first_seen_ms = row_i64(rows, row, "gone_first_seen_ms", 0),
        .gone_looks = row_i64(rows, row, "gone_looks", 0),
        .machine_halted =
            !row_is_null(rows, row, "server_state") &&
            strcmp(row_text(rows, row, "server_state"), server_state_name(SERVER_RUNNING)) != 0,
        .vanish_confirmed = row_bool(rows, row, "vanish_confirmed"),
        .sightings = row_i64(rows, row, "sightings", 0),
        .zone_machines = row_i64(rows, row, "zone_machines", 0),
        .zone_vanishing = row_i64(rows, row, "zone_vanishing", 0),
        .zone_watched_ms = row_i64(rows, row, "zone_watched_ms", 0),
        .machine_gone = row_bool(rows, row, "machine_gone"),
        .notes = (unsigned)row_i64(rows, row, "notes", 0),
        .attempts = row_i64(rows, row, "attempts", 0),
        .check_failures = row_i64(rows, row, "health_check_failures", 0),
        .ready_elsewhere = row_bool(rows, row, "ready_elsewhere"),
        .live_elsewhere = row_bool(rows, row, "live_elsewhere"),
        .pending_elsewhere = row_bool(rows, row, "pending_elsewhere"),
        .zone_paused_until_ms = row_i64(rows, row, "zone_paused_until_ms", 0),
        .zone_paused_for_quota = row_bool(rows, row, "zone_paused_for_quota"),
        .zone_group_ref = row_text(rows, row, "zone_group_ref"),
        .wanted_boot_bytes =
            volume_size_gb(row_text(rows, row, "model"), row_i64(rows, row, "data_volume_gb", 0)) *
            1000000000,
    };
    gather_heartbeat(rows, row, &out->heartbeat);
}

static void
gather_surroundings(struct job_cycle *cycle, const struct db_rows *rows, size_t row,
                    struct surroundings *out)
{
    json_t *params = row_json(rows, row, "allocation_params");
    const char *image = json_get_string(params, "image_id", NULL);

    *out = (struct surroundings){
        .correlation_id = row_text(rows, row, "correlation_id"),
        .provider_code = row_text(rows, row, "provider"),
        .driver = row_text(rows, row, "driver"),
        .api_url = row_text(rows, row, "api_url"),
        .credentials_prefix = row_text(rows, row, "credentials_prefix"),
        .zone_id = row_text(rows, row, "zone_id"),
        .zone = row_text(rows, row, "zone"),
        .instance_type = row_text(rows, row, "instance_type"),
        .image = arena_strdup(cycle->arena, image),
        .diskless = json_get_bool(params, "diskless", true),
        .model = row_text(rows, row, "model"),
        .fleet_id = row_text(rows, row, "fleet_id"),
        .install_profile = row_text(rows, row, "install_profile"),
        .engine_command = row_text(rows, row, "engine_command"),
        .heartbeat_seconds = row_i64(rows, row, "heartbeat_seconds", 10),
        .ssh_port = (int)row_i64(rows, row, "ssh_port", 0),
        .worker_port = (int)row_i64(rows, row, "worker_port", 0),
        .engine_port = (int)row_i64(rows, row, "engine_port", 0),
        .beat_status = row_text(rows, row, "beat_status"),
    };
    json_decref(params);
}

static void
gather_operation(const struct db_rows *rows, size_t row, struct operation *out)
{
    static const struct {
        const char *name;
        enum operation_outcome outcome;
    } outcomes[] = { { "not_sent", OUTCOME_NOT_SENT },
                     { "adopted", OUTCOME_ADOPTED },
                     { "not_done", OUTCOME_NOT_DONE },
                     { "closed", OUTCOME_CLOSED } };
    const char *outcome = row_text(rows, row, "outcome");

    *out = (struct operation){
        .op_id = row_text(rows, row, "op_id"),
        .outcome = outcome[0] == '\0' ? OUTCOME_OPEN : OUTCOME_ANSWERED,
        .attempt = row_i64(rows, row, "attempt", 0),
        .generation = row_i64(rows, row, "generation", 1),
        .ref = row_text(rows, row, "provider_ref"),
        .send_by_ms = row_i64(rows, row, "send_by_ms", 0),
        .started_ms = row_i64(rows, row, "started_ms", 0),
        .ended_ms = row_i64(rows, row, "ended_ms", 0),
        .first_empty_look_ms = row_i64(rows, row, "first_empty_look_ms", 0),
        .resolved = row_bool(rows, row, "resolved"),
        .gone = row_bool(rows, row, "gone"),
    };
    call_kind_parse(row_text(rows, row, "kind"), &out->kind);
    answer_class_parse(outcome, &out->class);
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
        if (strcmp(outcome, outcomes[i].name) == 0) {
            out->outcome = outcomes[i].outcome;
        }
    }
}

/* Rows come in the order of their places: those of one case stand together. */
static size_t
gather_run_length(const struct db_rows *rows, size_t from, int64_t place, const char *kind)
{
    size_t row = from;

    while (row < rows->count && row_i64(rows, row, "place", -1) == place &&
           (kind == NULL || strcmp(row_text(rows, row, "kind"), kind) == 0)) {
        row++;
    }
    return row - from;
}

static void
gather_operations(struct job_cycle *cycle, const struct db_rows *rows, struct instance_case *cases)
{
    for (size_t row = 0; row < rows->count;) {
        int64_t place = row_i64(rows, row, "place", 0);
        size_t length = gather_run_length(rows, row, place, NULL);
        struct operation *operations = arena_array(cycle->arena, struct operation, length);
        for (size_t i = 0; i < length; i++) {
            gather_operation(rows, row + i, &operations[i]);
        }
        cases[place].instance.operations = operations;
        cases[place].instance.operation_count = length;
        row += length;
    }
}

static void
gather_rented(struct job_cycle *cycle, const struct db_rows *rows, struct instance_case *cases)
{
    for (size_t row = 0; row < rows->count;) {
        int64_t place = row_i64(rows, row, "place", 0);
        const char *kind = row_text(rows, row, "kind");
        size_t length = gather_run_length(rows, row, place, kind);
        struct rented *things = arena_array(cycle->arena, struct rented, length);
        for (size_t i = 0; i < length; i++) {
            things[i] = (struct rented){
                .ref = row_text(rows, row + i, "ref"),
                .volume_type = row_text(rows, row + i, "volume_type"),
                .size_bytes = row_i64(rows, row + i, "size_bytes", 0),
                .is_boot = row_bool(rows, row + i, "is_boot"),
                .keep = row_bool(rows, row + i, "keep"),
                .gone_first_seen_ms = row_i64(rows, row + i, "gone_first_seen_ms", 0),
                .delete_attempts = row_i64(rows, row + i, "delete_attempts", 0),
                .delete_next_ms = row_i64(rows, row + i, "delete_next_ms", 0),
            };
        }
        struct instance *instance = &cases[place].instance;
        if (strcmp(kind, "volume") == 0) {
            instance->volumes = things;
            instance->volume_count = length;
        } else {
            instance->addresses = things;
            instance->address_count = length;
        }
        row += length;
    }
}

static void
gather_probes(const struct db_rows *rows, struct instance_case *cases)
{
    for (size_t row = 0; row < rows->count; row++) {
        struct instance *instance = &cases[row_i64(rows, row, "place", 0)].instance;
        for (int kind = 0; kind < PROBE_KIND_COUNT_; kind++) {
            if (strcmp(row_text(rows, row, "probe"), probe_kind_name((enum probe_kind)kind)) == 0) {
                instance->probes[kind] = (struct probe){
                    .at_ms = row_i64(rows, row, "at_ms", 0),
                    .generation = row_i64(rows, row, "generation", 0),
                    .ok = row_bool(rows, row, "ok"),
                };
            }
        }
    }
}

struct error
gather_facts(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    struct arena *arena = cycle->arena;
    const char **ids = arena_array(arena, const char *, count);
    struct db_rows rows;

    for (size_t i = 0; i < count; i++) {
        ids[i] = cases[i].id;
    }
    const char *array = db_uuid_array(arena, ids, count);
    TRY(db_run(cycle->db, arena, Q_INSTANCE_FACTS, &rows,
               DB_PARAMS(array, db_i64(arena, cycle->policy->vanish_window_ms))));
    if (rows.count != count) {
        return error_make(arena, ERR_INTERNAL, "%zu instances claimed, facts of %zu found", count,
                          rows.count);
    }
    for (size_t i = 0; i < count; i++) {
        gather_instance(&rows, i, &cases[i].instance);
        gather_surroundings(cycle, &rows, i, &cases[i].around);
    }
    TRY(db_run(cycle->db, arena, Q_INSTANCE_OPERATIONS, &rows,
               DB_PARAMS(array, db_i64(arena, OPERATIONS_MAX))));
    gather_operations(cycle, &rows, cases);
    TRY(db_run(cycle->db, arena, Q_INSTANCE_RENTED, &rows, DB_PARAMS(array)));
    gather_rented(cycle, &rows, cases);
    TRY(db_run(cycle->db, arena, Q_INSTANCE_PROBES, &rows, DB_PARAMS(array)));
    gather_probes(&rows, cases);
    return NO_ERROR;
}
