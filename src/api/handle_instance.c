/* handle_instance.c: instances as people see them. */
#include <stdlib.h>
#include <string.h>

#include "api/fields.h"
#include "api/handlers.h"
#include "api/page.h"
#include "base/mem.h"

/* Wire contract 2.3 first, then our own. */
static const struct field instance_fields[] = {
    { "id", FIELD_TEXT },
    { "provider_id", FIELD_TEXT },
    { "zone_id", FIELD_TEXT },
    { "instance_type_id", FIELD_TEXT },
    { "model_id", FIELD_TEXT },
    { "model_name", FIELD_TEXT },
    { "model_code", FIELD_TEXT },
    { "provider_instance_id", FIELD_TEXT },
    { "status", FIELD_TEXT },
    { "ip_address", FIELD_TEXT },
    { "worker_status", FIELD_TEXT },
    { "worker_last_heartbeat", FIELD_TIME },
    { "worker_model_id", FIELD_TEXT },
    { "worker_queue_depth", FIELD_INTEGER },
    { "worker_gpu_utilization", FIELD_NUMBER },
    { "worker_health_port", FIELD_INTEGER },
    { "worker_vllm_port", FIELD_INTEGER },
    { "worker_metadata", FIELD_JSON },
    { "worker_metadata_at", FIELD_TIME },
    { "created_at", FIELD_TIME },
    { "terminated_at", FIELD_TIME },
    { "last_health_check", FIELD_TIME },
    { "last_reconciliation", FIELD_TIME },
    { "health_check_failures", FIELD_INTEGER },
    { "deletion_reason", FIELD_TEXT },
    { "error_code", FIELD_TEXT },
    { "error_message", FIELD_TEXT },
    { "storage_count", FIELD_INTEGER },
    { "storage_sizes_gb", FIELD_JSON },
    { "provider_name", FIELD_TEXT },
    { "region", FIELD_TEXT },
    { "zone", FIELD_TEXT },
    { "instance_type", FIELD_TEXT },
    { "cpu_count", FIELD_INTEGER },
    { "ram_gb", FIELD_INTEGER },
    { "gpu_vram", FIELD_INTEGER },
    { "gpu_count", FIELD_INTEGER },
    { "cost_per_hour", FIELD_NUMBER },
    { "total_cost", FIELD_NUMBER },
    { "is_archived", FIELD_BOOL },
    { "deleted_by_provider", FIELD_BOOL },
    { "progress_percent", FIELD_INTEGER },
    { "provider_code", FIELD_TEXT },
    { "region_code", FIELD_TEXT },
    { "zone_code", FIELD_TEXT },
    { "instance_type_code", FIELD_TEXT },
    { "desired", FIELD_TEXT },
    { "wish_version", FIELD_INTEGER },
    { "wanted_generation", FIELD_INTEGER },
    { "generation", FIELD_INTEGER },
    { "archive_wanted", FIELD_BOOL },
    { "rule", FIELD_TEXT },
    { "root_id", FIELD_TEXT },
    { "replaces", FIELD_TEXT },
    { "correlation_id", FIELD_TEXT },
    { "created_by", FIELD_TEXT },
    { "attempts", FIELD_INTEGER },
    { "server_state", FIELD_TEXT },
    { "status_changed_at", FIELD_TIME },
    { "ready_at", FIELD_TIME },
    { "failed_at", FIELD_TIME },
    { "next_run_at", FIELD_TIME },
    { "deadline_at", FIELD_TIME },
    { "next", FIELD_TEXT },
    { "billed", FIELD_BOOL },
    { "worker_requests_running", FIELD_INTEGER },
    { "worker_gpu_mem_used_mb", FIELD_NUMBER },
    { "worker_agent_info", FIELD_JSON },
};

static const struct field volume_fields[] = {
    { "id", FIELD_TEXT },
    { "provider_volume_id", FIELD_TEXT },
    { "name", FIELD_TEXT },
    { "volume_type", FIELD_TEXT },
    { "size_gb", FIELD_INTEGER },
    { "is_boot", FIELD_BOOL },
    { "status", FIELD_TEXT },
    { "delete_on_terminate", FIELD_BOOL },
    { "created_at", FIELD_TIME },
    { "attached_at", FIELD_TIME },
    { "deleted_at", FIELD_TIME },
    { "reconciled_at", FIELD_TIME },
    { "last_reconciliation", FIELD_TIME },
    { "error_message", FIELD_TEXT },
};

static const struct field address_fields[] = {
    { "id", FIELD_TEXT },         { "provider_address_id", FIELD_TEXT },
    { "address", FIELD_TEXT },    { "created_at", FIELD_TIME },
    { "deleted_at", FIELD_TIME }, { "error_message", FIELD_TEXT },
};

struct error
handle_instances(struct exchange *exchange, struct db *db)
{
    struct arena *arena = exchange->arena;
    const char *archived = exchange_query(exchange, "archived");
    bool wants_archived = archived != NULL && strcmp(archived, "true") == 0;
    struct page page;
    struct db_rows rows;

    if (!page_read(exchange, &page)) {
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_API_INSTANCES, &rows,
               DB_PARAMS(db_bool(wants_archived), NULL, db_i64(arena, page.most), page.after_us,
                         page.after_id)));
    page_add_next(exchange, &rows, &page, "created_at_us");
    exchange_reply(exchange, 200,
                   fields_array(arena, &rows, instance_fields, ARRAY_LENGTH(instance_fields)));
    return NO_ERROR;
}

struct error
handle_instance(struct exchange *exchange, struct db *db)
{
    struct arena *arena = exchange->arena;
    const char *id = exchange_path_id(exchange);
    struct db_rows rows;
    struct db_rows volumes;
    struct db_rows addresses;

    if (id == NULL) {
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_API_INSTANCES, &rows, DB_PARAMS("false", id, "1", NULL, NULL)));
    if (rows.count == 0) {
        exchange_refuse(exchange, 404, "not_found", "no such instance");
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_API_INSTANCE_VOLUMES, &volumes, DB_PARAMS(id)));
    TRY(db_run(db, arena, Q_API_INSTANCE_ADDRESSES, &addresses, DB_PARAMS(id)));
    json_t *instance =
        fields_object(arena, &rows, 0, instance_fields, ARRAY_LENGTH(instance_fields));
    json_object_set_new(instance, "storages",
                        fields_array(arena, &volumes, volume_fields, ARRAY_LENGTH(volume_fields)));
    json_object_set_new(
        instance, "addresses",
        fields_array(arena, &addresses, address_fields, ARRAY_LENGTH(address_fields)));
    exchange_reply(exchange, 200, instance);
    return NO_ERROR;
}
