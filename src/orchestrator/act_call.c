/* act_call.c: from a decided act to a provider's call, and to what the intent has on record of it:
 * enough to see what was asked, and no secret. */
#include <string.h>

#include "base/digest.h"
#include "orchestrator/case.h"
#include "orchestrator/tags.h"
#include "orchestrator/user_data.h"

const char *
act_action_type(enum call_kind kind)
{
    switch (kind) {
    case CALL_SERVER_CREATE:
        return "PROVIDER_CREATE";
    case CALL_SERVER_DELETE:
        return "PROVIDER_TERMINATE";
    case CALL_SERVER_POWERON:
        return "PROVIDER_START";
    case CALL_SERVER_POWEROFF:
        return "PROVIDER_STOP";
    case CALL_SERVER_REBOOT:
        return "PROVIDER_REBOOT";
    case CALL_SERVER_TAGS:
        return "PROVIDER_TAGS";
    case CALL_USER_DATA_PUT:
        return "PROVIDER_USER_DATA";
    case CALL_VOLUME_RESIZE:
        return "PROVIDER_VOLUME_RESIZE";
    case CALL_VOLUME_DELETE:
        return "PROVIDER_DELETE_VOLUME";
    case CALL_ADDRESS_DELETE:
        return "PROVIDER_DELETE_ADDRESS";
    case CALL_SECURITY_GROUP_CREATE:
    case CALL_SECURITY_GROUP_RULES:
    case CALL_SECURITY_GROUP_ATTACH:
    case CALL_SECURITY_GROUP_DELETE:
        return "PROVIDER_SECURITY_GROUP";
    case CALL_SERVER_GET:
    case CALL_SERVER_LIST:
    case CALL_VOLUME_GET:
    case CALL_VOLUME_LIST:
    case CALL_ADDRESS_GET:
    case CALL_ADDRESS_LIST:
    case CALL_SECURITY_GROUP_LIST:
    case CALL_TYPE_LIST:
    case CALL_KIND_COUNT_:
        break;
    }
    return "HEALTH_CHECK";
}

static void
act_create_make(struct arena *arena, struct instance_case *one, json_t *request)
{
    struct provider_call *call = one->call;

    call->name = arena_printf(arena, "inventiv-%.8s", one->id);
    call->instance_type = one->around.instance_type;
    call->image = one->around.image;
    call->diskless = one->around.diskless;
    call->tags = tags_of_create(arena, one->around.fleet_id, one->id, one->op_id);
    call->tag_count = TAGS_OF_CREATE;
    json_object_set_new(request, "name", json_string(call->name));
    json_object_set_new(request, "instance_type", json_string(call->instance_type));
}

static void
act_resize_make(struct arena *arena, struct instance_case *one, json_t *request)
{
    struct provider_call *call = one->call;

    call->size_bytes = one->decision.act.size_bytes;
    call->volume_type = one->decision.act.volume_type;
    call->tags = tags_of_instance(arena, one->around.fleet_id, one->id);
    call->tag_count = TAGS_OF_INSTANCE;
    json_object_set_new(request, "size_bytes", json_integer(call->size_bytes));
}

static struct error
act_user_data_make(struct job_cycle *cycle, struct instance_case *one, const char **enrolment_hash,
                   json_t *request)
{
    char token[DIGEST_HEX_SIZE];
    char hash[DIGEST_HEX_SIZE];
    const char *text = NULL;

    /* Each attempt draws a new one; its hash is committed with the intent, before the PUT. */
    digest_random_hex(token, 32);
    digest_sha256_hex(token, strlen(token), hash);
    TRY(user_data_render(cycle->arena, cycle->config, one, token, &text));
    one->call->user_data = text;
    *enrolment_hash = arena_strdup(cycle->arena, hash);
    json_object_set_new(request, "profile", json_string(one->around.install_profile));
    json_object_set_new(request, "bytes", json_integer((json_int_t)strlen(text)));
    return NO_ERROR;
}

struct error
act_call_make(struct job_cycle *cycle, struct instance_case *one, const char **enrolment_hash,
              json_t **request)
{
    const struct act *act = &one->decision.act;
    char op_id[UUID_TEXT_SIZE];

    digest_uuid(op_id);
    one->op_id = arena_strdup(cycle->arena, op_id);
    one->call = arena_alloc(cycle->arena, sizeof *one->call);
    *one->call = (struct provider_call){ .kind = act->kind,
                                         .zone = one->around.zone,
                                         .ref = act->ref,
                                         .volume_type = act->volume_type,
                                         .correlation_id = one->around.correlation_id };
    *request = json_pack("{s:s, s:s}", "zone", one->around.zone, "ref", act->ref);
    if (act->kind == CALL_SERVER_CREATE) {
        act_create_make(cycle->arena, one, *request);
    } else if (act->kind == CALL_VOLUME_RESIZE) {
        act_resize_make(cycle->arena, one, *request);
    } else if (act->kind == CALL_SECURITY_GROUP_ATTACH) {
        one->call->security_group_ref = one->instance.zone_group_ref;
    } else if (act->kind == CALL_USER_DATA_PUT) {
        struct error error = act_user_data_make(cycle, one, enrolment_hash, *request);
        if (error_is(error)) {
            json_decref(*request);
            return error;
        }
    }
    return NO_ERROR;
}
