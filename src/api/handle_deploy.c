/* handle_deploy.c: somebody asks for an instance.  What cannot be accepted makes no row but one in
 * the journal. */
#include "api/handlers.h"
#include "base/json.h"
#include "domain/placement.h"

struct deploy_request {
    const char *provider_id;
    const char *provider_code;
    const char *zone;
    const char *instance_type;
    const char *model;
};

static struct deploy_request
handle_deploy_read(const json_t *body)
{
    return (struct deploy_request){
        .provider_id = json_get_string(body, "provider_id", ""),
        .provider_code = json_get_string(body, "provider_code", ""),
        .zone = json_get_string(body, "zone", ""),
        .instance_type = json_get_string(body, "instance_type", ""),
        .model = json_get_string(body, "model_id", ""),
    };
}

static bool
handle_deploy_has(const struct db_rows *found, const char *id, const char *usable)
{
    return !row_is_null(found, 0, id) && row_bool(found, 0, usable);
}

static enum placement_verdict
handle_deploy_judge(const struct deploy_request *request, const struct db_rows *found)
{
    struct placement placement = {
        .names_zone = request->zone[0] != '\0',
        .names_type = request->instance_type[0] != '\0',
        .names_model = request->model[0] != '\0',
        .has_provider = handle_deploy_has(found, "provider_id", "provider_active"),
        .has_zone = handle_deploy_has(found, "zone_id", "zone_active"),
        .has_type = handle_deploy_has(found, "type_id", "type_available"),
        .has_model = handle_deploy_has(found, "model_id", "model_active"),
        .gpu_count = row_i64(found, 0, "gpu_count", 0),
        .vram_per_gpu_gb = row_i64(found, 0, "vram_per_gpu_gb", 0),
        .required_vram_gb = row_i64(found, 0, "required_vram_gb", 0),
    };

    return placement_judge(&placement);
}

static struct error
handle_deploy_refuse(struct exchange *exchange, struct db *db, enum placement_verdict verdict,
                     const char *request)
{
    const char *code = placement_code(verdict);
    const char *message = placement_message(verdict);

    exchange_reply(exchange, 400,
                   json_pack("{s:s, s:s, s:s, s:s}", "status", "failed", "error", code, "message",
                             message, "field", placement_field(verdict)));
    return db_run(db, exchange->arena, Q_API_DEPLOY_REFUSED, NULL,
                  DB_PARAMS(exchange->person.user_id, exchange->id, code, message, request));
}

static struct error
handle_deploy_accept(struct exchange *exchange, struct db *db, const struct db_rows *found,
                     const char *request_text)
{
    struct arena *arena = exchange->arena;
    int64_t longest =
        config_ms(exchange->api->config, SETTING_RECOVERY_PROVISIONING_TIMEOUT_SECONDS);
    char id[UUID_TEXT_SIZE];

    digest_uuid(id);
    TRY(db_run(db, arena, Q_API_DEPLOY_INSERT, NULL,
               DB_PARAMS(id, row_text(found, 0, "provider_id"), row_text(found, 0, "zone_id"),
                         row_text(found, 0, "type_id"), row_text(found, 0, "model_id"),
                         exchange->person.user_id, exchange->id, db_i64(arena, longest),
                         request_text)));
    wake_publish(exchange->api->wake, WAKE_JOBS, "job-provisioning");
    wake_publish(exchange->api->wake, WAKE_JOBS, "job-outbox");
    exchange_reply(exchange, 202,
                   json_pack("{s:s, s:s, s:s}", "status", "accepted", "instance_id", id, "message",
                             "the machine is being rented"));
    return NO_ERROR;
}

struct error
handle_deploy(struct exchange *exchange, struct db *db)
{
    struct deploy_request request = handle_deploy_read(exchange->body);
    const char *request_text = json_text(exchange->arena, exchange->body);
    struct db_rows found;

    TRY(db_run(db, exchange->arena, Q_API_DEPLOY_RESOLVE, &found,
               DB_PARAMS(request.provider_id, request.provider_code, request.zone,
                         request.instance_type, request.model)));
    enum placement_verdict verdict = handle_deploy_judge(&request, &found);
    if (verdict != PLACEMENT_FITS) {
        return handle_deploy_refuse(exchange, db, verdict, request_text);
    }
    return handle_deploy_accept(exchange, db, &found, request_text);
}
