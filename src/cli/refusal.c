#include "cli/refusal.h"

#include <jansson.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "cli/clean_text.h"

enum { REFUSAL_TEXT_COLUMNS = 200 };

struct error
refusal_no_answer(struct arena *arena, const char *url, const struct http_call *call, bool mutates)
{
    if (call->outcome == HTTP_NO_ANSWER && mutates) {
        return error_make(
            arena, ERR_UNAVAILABLE,
            "no answer from the API at %s (%s); it may have done what was asked: look "
            "with `inventiv ls`",
            url, call->failure);
    }
    return error_make(arena, ERR_UNAVAILABLE,
                      "the API at %s does not answer (%s); is it running, and is that its address? "
                      "(INVENTIV_API_URL, or `inventiv login --url URL`)",
                      url, call->failure);
}

/* "; possible now: drain, terminate", where the API says what is. */
static const char *
refusal_allowed(struct arena *arena, const json_t *body)
{
    CLEANUP_BUFFER struct buffer wishes = { 0 };
    size_t i;
    json_t *wish;

    json_array_foreach(json_object_get(body, "allowed"), i, wish)
    {
        const char *name = json_string_value(wish);
        buffer_printf(&wishes, "%s%s", i == 0 ? "; possible now: " : ", ",
                      name == NULL ? "?" : name);
    }
    return wishes.length == 0 ? "" : arena_strndup(arena, wishes.bytes, wishes.length);
}

/* "message", with the field where one is named; the begin of the text where it is no JSON. */
static const char *
refusal_words(struct arena *arena, const struct http_call *call)
{
    CLEANUP_JSON json_t *body = NULL;
    struct error error = json_parse(arena, call->reply, call->reply_length, &body);
    const char *code = json_get_string(body, "error", "");
    const char *message = json_get_string(body, "message", code);
    const char *field = json_get_string(body, "field", NULL);

    if (error_is(error) || message[0] == '\0') {
        const char *text = clean_line(arena, call->reply);
        return text[0] == '\0' ? "it gives no reason"
                               : clean_cut(arena, text, REFUSAL_TEXT_COLUMNS, true);
    }
    return arena_printf(arena, "%s%s%s%s%s", message, field == NULL ? "" : " (",
                        field == NULL ? "" : field, field == NULL ? "" : ")",
                        refusal_allowed(arena, body));
}

static enum error_code
refusal_code(int status)
{
    switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
        return ERR_INPUT;
    case 401:
    case 403:
        return ERR_DENIED;
    case 404:
        return ERR_NOT_FOUND;
    case 409:
        return ERR_CONFLICT;
    case 429:
        return ERR_LIMIT;
    case 503:
        return ERR_UNAVAILABLE;
    default:
        return ERR_INTERNAL;
    }
}

struct error
refusal_of(struct arena *arena, const char *url, const struct http_call *call)
{
    const char *words = refusal_words(arena, call);
    enum error_code code = refusal_code(call->status);

    if (call->status == 401) {
        return error_make(arena, code,
                          "not logged in at %s, or the session has ended (%s): run "
                          "`inventiv login`",
                          url, words);
    }
    if (call->retry_after_ms > 0) {
        return error_make(arena, code, "%s; try again in %lld s", words,
                          (long long)(call->retry_after_ms / 1000));
    }
    if (code == ERR_INTERNAL) {
        return error_make(arena, code, "the API at %s answers with status %d: %s", url,
                          call->status, words);
    }
    return error_make(arena, code, "%s", words);
}
