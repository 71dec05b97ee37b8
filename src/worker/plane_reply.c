#include "worker/plane_reply.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/json.h"

enum { PLANE_TOKEN_MAX = 512, PLANE_NEXT_MAX_S = 86400 };

static bool
plane_reply_is_name(const char *name)
{
    if (!isalpha((unsigned char)name[0]) && name[0] != '_') {
        return false;
    }
    for (const char *c = name; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_') {
            return false;
        }
    }
    return true;
}

/* Takes what can be a variable of the environment; leaves the rest. */
static void
plane_reply_read_env(struct arena *arena, json_t *env, struct plane_reply *out)
{
    const char *name;
    json_t *value;

    if (!json_is_object(env)) {
        return;
    }
    out->has_engine_env = true;
    json_object_foreach(env, name, value)
    {
        if (json_is_string(value) && plane_reply_is_name(name) &&
            out->engine_env_count < PLANE_ENV_MAX) {
            out->engine_env[out->engine_env_count++] =
                arena_printf(arena, "%s=%s", name, json_string_value(value));
        }
    }
}

/* A token goes into a header: visible characters only. */
static bool
plane_reply_is_token(const char *token)
{
    size_t length = token == NULL ? 0 : strlen(token);

    if (length == 0 || length > PLANE_TOKEN_MAX) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!isgraph((unsigned char)token[i])) {
            return false;
        }
    }
    return true;
}

static void
plane_reply_read_accepted(struct arena *arena, const json_t *body, struct plane_reply *out)
{
    double seconds = json_get_double(body, "next_heartbeat_seconds", 0);
    const char *token = json_get_string(body, "bootstrap_token", NULL);

    if (isfinite(seconds) && seconds > 0) {
        out->next_heartbeat_ms = (int64_t)(fmin(seconds, PLANE_NEXT_MAX_S) * 1000);
    }
    out->bootstrap_token = plane_reply_is_token(token) ? arena_strdup(arena, token) : NULL;
    plane_reply_read_env(arena, json_object_get(body, "engine_env"), out);
}

static enum plane_outcome
plane_reply_classify(int status, const json_t *body)
{
    if (status >= 200 && status < 300) {
        return PLANE_ACCEPTED;
    }
    if (status == 401) {
        return PLANE_REFUSED;
    }
    if (status == 429 || status == 503) {
        return PLANE_BUSY;
    }
    /* A living engine is stopped on the plane's word alone, never on a bare status. */
    if (status == 410 && strcmp(json_get_string(body, "directive", ""), "stop") == 0) {
        return PLANE_STOP;
    }
    return PLANE_REJECTED;
}

static const char *
plane_reply_failure(struct arena *arena, int status, const json_t *body)
{
    return arena_printf(arena, "answered %d %s", status, json_get_string(body, "error", ""));
}

void
plane_reply_read(struct arena *arena, const struct http_call *call, struct plane_reply *out)
{
    CLEANUP_JSON json_t *body = NULL;

    *out = (struct plane_reply){ .retry_after_ms = -1, .failure = "" };
    switch (call->outcome) {
    case HTTP_NOT_SENT:
    case HTTP_NO_ANSWER:
        out->outcome = call->outcome == HTTP_NOT_SENT ? PLANE_UNREACHABLE : PLANE_SILENT;
        out->failure = call->failure;
        return;
    case HTTP_ANSWERED:
        break;
    }
    struct error error = json_parse(arena, call->reply, call->reply_length, &body);
    out->outcome = plane_reply_classify(call->status, error_is(error) ? NULL : body);
    out->status = call->status;
    out->retry_after_ms = call->retry_after_ms;
    if (out->outcome == PLANE_ACCEPTED) {
        plane_reply_read_accepted(arena, body, out);
    } else {
        out->failure = plane_reply_failure(arena, call->status, body);
    }
}
