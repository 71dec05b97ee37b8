/* handle_catalogue.c: what can be rented, where, and what can be served on it. */
#include <string.h>

#include "api/fields.h"
#include "api/handlers.h"
#include "base/mem.h"

static const struct field model_fields[] = {
    { "id", FIELD_TEXT },
    { "name", FIELD_TEXT },
    { "model_id", FIELD_TEXT },
    { "required_vram_gb", FIELD_INTEGER },
    { "context_length", FIELD_INTEGER },
    { "is_active", FIELD_BOOL },
    { "data_volume_gb", FIELD_INTEGER },
    { "created_at", FIELD_TIME },
    { "updated_at", FIELD_TIME },
};

static const struct field provider_fields[] = {
    { "id", FIELD_TEXT },          { "name", FIELD_TEXT },      { "code", FIELD_TEXT },
    { "description", FIELD_TEXT }, { "is_active", FIELD_BOOL },
};

static const struct field region_fields[] = {
    { "id", FIELD_TEXT },
    { "provider_id", FIELD_TEXT },
    { "provider_name", FIELD_TEXT },
    { "provider_code", FIELD_TEXT },
    { "name", FIELD_TEXT },
    { "code", FIELD_TEXT },
    { "is_active", FIELD_BOOL },
};

static const struct field zone_fields[] = {
    { "id", FIELD_TEXT },
    { "region_id", FIELD_TEXT },
    { "region_name", FIELD_TEXT },
    { "region_code", FIELD_TEXT },
    { "provider_id", FIELD_TEXT },
    { "provider_name", FIELD_TEXT },
    { "provider_code", FIELD_TEXT },
    { "name", FIELD_TEXT },
    { "code", FIELD_TEXT },
    { "is_active", FIELD_BOOL },
    { "paused_until", FIELD_TIME },
    { "paused_reason", FIELD_TEXT },
};

static const struct field instance_type_fields[] = {
    { "id", FIELD_TEXT },
    { "provider_id", FIELD_TEXT },
    { "provider_name", FIELD_TEXT },
    { "provider_code", FIELD_TEXT },
    { "name", FIELD_TEXT },
    { "code", FIELD_TEXT },
    { "gpu_count", FIELD_INTEGER },
    { "vram_per_gpu_gb", FIELD_INTEGER },
    { "cpu_count", FIELD_INTEGER },
    { "ram_gb", FIELD_INTEGER },
    { "bandwidth_bps", FIELD_INTEGER },
    { "cost_per_hour", FIELD_NUMBER },
    { "allocation_params", FIELD_JSON },
    { "is_active", FIELD_BOOL },
    { "zones", FIELD_JSON },
};

static const char *
handle_catalogue_limit(struct exchange *exchange)
{
    return db_i64(exchange->arena, config_count(exchange->api->config, SETTING_API_LIST_ROWS_MAX));
}

static struct error
handle_catalogue_list(struct exchange *exchange, struct db *db, enum query_id query,
                      const struct field *fields, size_t count)
{
    struct db_rows rows;

    TRY(db_run(db, exchange->arena, query, &rows, DB_PARAMS(handle_catalogue_limit(exchange))));
    exchange_reply(exchange, 200, fields_array(exchange->arena, &rows, fields, count));
    return NO_ERROR;
}

struct error
handle_models(struct exchange *exchange, struct db *db)
{
    const char *active = exchange_query(exchange, "active");
    struct db_rows rows;

    if (active != NULL && strcmp(active, "true") != 0 && strcmp(active, "false") != 0) {
        exchange_refuse(exchange, 400, "invalid_request", "\"active\" is true or false");
        return NO_ERROR;
    }
    TRY(db_run(db, exchange->arena, Q_API_MODELS, &rows,
               DB_PARAMS(active, handle_catalogue_limit(exchange))));
    exchange_reply(exchange, 200,
                   fields_array(exchange->arena, &rows, model_fields, ARRAY_LENGTH(model_fields)));
    return NO_ERROR;
}

struct error
handle_providers(struct exchange *exchange, struct db *db)
{
    return handle_catalogue_list(exchange, db, Q_API_PROVIDERS, provider_fields,
                                 ARRAY_LENGTH(provider_fields));
}

struct error
handle_regions(struct exchange *exchange, struct db *db)
{
    return handle_catalogue_list(exchange, db, Q_API_REGIONS, region_fields,
                                 ARRAY_LENGTH(region_fields));
}

struct error
handle_zones(struct exchange *exchange, struct db *db)
{
    return handle_catalogue_list(exchange, db, Q_API_ZONES, zone_fields, ARRAY_LENGTH(zone_fields));
}

struct error
handle_instance_types(struct exchange *exchange, struct db *db)
{
    return handle_catalogue_list(exchange, db, Q_API_INSTANCE_TYPES, instance_type_fields,
                                 ARRAY_LENGTH(instance_type_fields));
}
