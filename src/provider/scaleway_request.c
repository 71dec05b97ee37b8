/* scaleway_request.c: URLs, headers and bodies of requests to Scaleway. */
#include <ctype.h>
#include <string.h>

#include "base/buffer.h"
#include "provider/scaleway_step.h"

const char *
scaleway_encode(struct arena *arena, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(arena, strlen(text) * 3 + 1);
    size_t at = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (isalnum(*c) || strchr("-._~", *c) != NULL) {
            out[at++] = (char)*c;
        } else {
            out[at++] = '%';
            out[at++] = digits[*c >> 4];
            out[at++] = digits[*c & 15];
        }
    }
    return out;
}

const char *
scaleway_url(struct scaleway_step *step, const char *api, const char *rest)
{
    return arena_printf(step->arena, "%s/%s/v1/zones/%s%s", step->driver->api_url, api,
                        scaleway_encode(step->arena, step->call->zone), rest);
}

const char *
scaleway_by_ref(struct scaleway_step *step, const char *folder, const char *tail)
{
    return arena_printf(step->arena, "%s%s%s", folder,
                        scaleway_encode(step->arena, step->call->ref), tail);
}

/* The id helps the provider's people find a request; any text that could end a header is not
 * sent. */
static const char *
scaleway_request_id_header(struct scaleway_step *step)
{
    const char *id = step->call->correlation_id;
    if (id == NULL || id[0] == '\0') {
        return NULL;
    }
    for (const char *c = id; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_') {
            return NULL;
        }
    }
    return arena_printf(step->arena, "X-Request-Id: %s", id);
}

static void
scaleway_request_fill(struct scaleway_step *step, const char *method, const char *url,
                      const char *body, const char *content_type)
{
    const char **headers = arena_array(step->arena, const char *, 6);
    size_t count = 0;
    headers[count++] = step->driver->token_header;
    headers[count++] = step->driver->agent_header;
    headers[count++] = "Accept: application/json";
    if (body != NULL) {
        headers[count++] = content_type;
    }
    headers[count] = scaleway_request_id_header(step);
    bool mutating = call_is_mutating(step->call->kind);
    step->http = (struct http_call){
        .method = method,
        .url = url,
        .headers = headers,
        .body = body,
        .body_length = body == NULL ? 0 : strlen(body),
        .timeout_ms = step->driver->call_timeout_ms,
        .connect_timeout_ms = step->driver->connect_timeout_ms,
        .reply_max = step->driver->reply_max,
        .fresh = mutating,
        .on_sent = mutating && !step->asked ? step->call->on_sent : NULL,
        .on_sent_argument = step->call->on_sent_argument,
    };
}

bool
scaleway_ask(struct scaleway_step *step, const char *method, const char *url)
{
    scaleway_request_fill(step, method, url, NULL, NULL);
    return true;
}

bool
scaleway_send(struct scaleway_step *step, const char *method, const char *url, json_t *body)
{
    CLEANUP_JSON json_t *owned = body;
    if (owned == NULL) {
        return false;
    }
    scaleway_request_fill(step, method, url, json_text(step->arena, owned),
                          "Content-Type: application/json");
    return true;
}

bool
scaleway_send_text(struct scaleway_step *step, const char *method, const char *url,
                   const char *text)
{
    if (text == NULL) {
        return false;
    }
    scaleway_request_fill(step, method, url, text, "Content-Type: text/plain");
    return true;
}

json_t *
scaleway_tags_json(const struct provider_call *call)
{
    json_t *tags = json_array();
    for (size_t i = 0; i < call->tag_count; i++) {
        if (json_array_append_new(tags, json_string(call->tags[i])) != 0) {
            json_decref(tags);
            return NULL;
        }
    }
    return tags;
}
