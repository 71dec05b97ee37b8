#include "mockcloud/call.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "mockcloud/request_counts.h"
#include "mockcloud/world_file.h"

static bool
call_save(struct cloud *cloud)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    if (!cloud->world->changed) {
        return true;
    }
    struct error error = world_file_save(
        arena, config_text(cloud->config, SETTING_MOCKCLOUD_STATE_FILE), cloud->world);
    if (error_is(error)) {
        log_fail("state not saved", LOG_STR(ERROR, error.message));
    }
    return !error_is(error);
}

static void
call_send(struct call *call, bool saved)
{
    if (!saved) {
        http_request_reply_error(call->request, 500, "internal_error", "state not saved");
        return;
    }
    http_request_reply(call->request, call->status, call->content_type, call->reply,
                       call->reply_length);
}

/* At the end of a turn. */
static void
call_flush(void *argument)
{
    struct cloud *cloud = argument;
    bool saved = call_save(cloud);

    while (cloud->first_waiting != NULL) {
        struct call *call = cloud->first_waiting;
        cloud->first_waiting = call->next; /* the reply frees the call */
        call_send(call, saved);
    }
    cloud->last_waiting = NULL;
}

void
call_start(struct cloud *cloud)
{
    cloud->turn_end = loop_turn_end_new(cloud->loop, call_flush, cloud);
}

void
call_stop(struct cloud *cloud)
{
    call_flush(cloud);
    loop_turn_end_free(cloud->turn_end);
    cloud->turn_end = NULL;
}

void
call_ask_save(struct cloud *cloud)
{
    if (cloud->turn_end != NULL) {
        loop_turn_end_ask(cloud->turn_end);
    }
}

static void
call_finish(struct call *call, int status, const char *content_type, const char *text)
{
    struct cloud *cloud = call->cloud;

    call->status = status;
    call->content_type = content_type;
    call->reply = text;
    call->reply_length = strlen(text);
    request_counts_add(cloud, call);
    if (cloud->last_waiting == NULL) {
        cloud->first_waiting = call;
    } else {
        cloud->last_waiting->next = call;
    }
    cloud->last_waiting = call;
    call_ask_save(cloud);
}

void
call_reply(struct call *call, int status, json_t *body)
{
    const char *text = body == NULL ? "" : json_text(call->arena, body);

    json_decref(body);
    call_finish(call, status, text[0] == '\0' ? NULL : "application/json", text);
}

void
call_reply_text(struct call *call, int status, const char *text)
{
    call_finish(call, status, "text/plain", arena_strdup(call->arena, text));
}

void
call_reply_named(struct call *call, int status, const char *name, json_t *thing)
{
    call_reply(call, status, json_pack("{s:o}", name, thing));
}

void
call_unknown_route(struct call *call, const char *message)
{
    call_reply(call, 404, json_pack("{s:s, s:s}", "type", "unknown_resource", "message", message));
}

void
call_not_found(struct call *call, const char *resource, const char *id)
{
    call_reply(call, 404,
               json_pack("{s:s, s:s, s:s, s:s}", "type", "not_found", "message",
                         "resource is not found", "resource", resource, "resource_id",
                         id == NULL ? "" : id));
}

void
call_invalid(struct call *call, const char *argument, const char *reason, const char *hint)
{
    call_reply(call, 400,
               json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}]}", "type", "invalid_arguments", "message",
                         "invalid argument(s)", "details", "argument_name", argument, "reason",
                         reason, "help_message", hint));
}

void
call_precondition(struct call *call, int status, const char *precondition, const char *hint)
{
    call_reply(call, status,
               json_pack("{s:s, s:s, s:s, s:s}", "type", "precondition_failed", "message",
                         "precondition is not respected", "precondition", precondition,
                         "help_message", hint));
}

void
call_transient(struct call *call, const char *resource, const char *id, const char *state)
{
    call_reply(call, 409,
               json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", "transient_state", "message",
                         "resource is in a transient state", "resource", resource, "resource_id",
                         id, "current_state", state));
}

void
call_locked(struct call *call, const char *resource, const char *id)
{
    call_reply(call, 403,
               json_pack("{s:s, s:s, s:s, s:s}", "type", "locked", "message", "resource is locked",
                         "resource", resource, "resource_id", id));
}
