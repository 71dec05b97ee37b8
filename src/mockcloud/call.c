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

/* In the middle: of the body or, where there is none, of the head. */
static void
call_break_off(struct call *call)
{
    const char *head = arena_printf(
        call->arena, "HTTP/1.1 %d Cut\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
        call->status, call->content_type == NULL ? "text/plain" : call->content_type,
        call->reply_length);
    const char *whole = arena_printf(call->arena, "%s%s", head, call->reply);
    size_t middle =
        call->reply_length == 0 ? strlen(head) / 2 : strlen(head) + call->reply_length / 2;

    http_request_abort(call->request, whole, call->end == CALL_LOST ? 0 : middle);
}

static void
call_send(struct call *call, bool saved)
{
    if (!saved) {
        http_request_reply_error(call->request, 500, "internal_error", "state not saved");
        return;
    }
    if (call->end == CALL_WHOLE) {
        http_request_reply(call->request, call->status, call->content_type, call->reply,
                           call->reply_length);
    } else {
        call_break_off(call);
    }
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
        request_counts_add(cloud, call);
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
call_set(struct call *call, int status, const char *content_type, const char *text)
{
    call->status = status;
    call->content_type = content_type;
    call->reply = text;
    call->reply_length = strlen(text);
}

static void
call_finish(struct call *call, int status, const char *content_type, const char *text)
{
    struct cloud *cloud = call->cloud;

    call_set(call, status, content_type, text);
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
call_replace(struct call *call, int status, json_t *body)
{
    call_set(call, status, "application/json", json_text(call->arena, body));
    json_decref(body);
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

void
call_denied(struct call *call, const char *reason)
{
    call_reply(call, 401,
               json_pack("{s:s, s:s, s:s, s:s}", "type", "denied_authentication", "message",
                         "authentication is denied", "method", "api_key", "reason", reason));
}

void
call_throttled(struct call *call, int64_t calls_a_second, int64_t retry_seconds)
{
    http_request_add_header(call->request, "Retry-After",
                            arena_printf(call->arena, "%lld", (long long)retry_seconds));
    call_reply(call, 429,
               json_pack("{s:s, s:s, s:s, s:{s:I, s:i}, s:I}", "type", "too_many_requests",
                         "message", "too many requests", "help_message", "slow down", "limit",
                         "quota", (json_int_t)calls_a_second, "window_seconds", 1, "reset_seconds",
                         (json_int_t)retry_seconds));
}

void
call_quota_exceeded(struct call *call, const char *message, const char *resource, int quota)
{
    call_reply(call, 403,
               json_pack("{s:s, s:s, s:[{s:s, s:i, s:i}]}", "type", "quotas_exceeded", "message",
                         message, "details", "resource", resource, "quota", quota, "current",
                         quota));
}
