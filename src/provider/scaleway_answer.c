/* scaleway_answer.c: from a reply to the answer: its class, and words for people in which no
 * secret stands, whatever the other side echoed. */
#include "provider/scaleway_answer.h"

#include <string.h>

#include "base/mem.h"
#include "provider/classify.h"

/* Longest text of the provider's own that a message carries. */
enum { SCALEWAY_QUOTED_MAX = 300 };

/* Replaces every occurrence of the secret; the text is in the arena. */
static const char *
scaleway_without_secret(const struct scaleway_step *step, const char *text)
{
    const char *secret = step->driver->secret_key;
    const char *at;
    while ((at = strstr(text, secret)) != NULL) {
        text = arena_printf(step->arena, "%.*s***%s", (int)(at - text), text, at + strlen(secret));
    }
    return text;
}

/* Cuts at the end of a character. */
static const char *
scaleway_quoted(const struct scaleway_step *step, const char *text)
{
    size_t length = strlen(text);
    if (length <= SCALEWAY_QUOTED_MAX) {
        return text;
    }
    length = SCALEWAY_QUOTED_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80) {
        length--;
    }
    return arena_printf(step->arena, "%.*s...", (int)length, text);
}

static const char *
scaleway_answer_words(const struct scaleway_step *step, const struct answer_facts *facts)
{
    const char *kind = call_kind_name(step->call->kind);
    const char *text;
    if (facts->outcome != HTTP_ANSWERED) {
        text = arena_printf(step->arena, "%s: %s", kind, step->http.failure);
    } else {
        text = arena_printf(step->arena, "%s: HTTP %d%s%s%s%s", kind, facts->status,
                            facts->type[0] == '\0' ? "" : " ", facts->type,
                            facts->message[0] == '\0' ? "" : ": ",
                            scaleway_quoted(step, scaleway_without_secret(step, facts->message)));
    }
    return scaleway_without_secret(step, text);
}

/* Some errors tell what is wrong only in a list of details. */
static const char *
scaleway_error_message(struct arena *arena, const json_t *body)
{
    const char *message = json_get_string(body, "message", "");
    const char *more = json_get_string(body, "help_message", "");
    const json_t *detail = json_array_get(json_object_get(body, "details"), 0);
    if (detail != NULL) {
        message =
            arena_printf(arena, "%s %s %s", message, json_get_string(detail, "argument_name", ""),
                         json_get_string(detail, "resource", ""));
        more = json_get_string(detail, "help_message", "");
    }
    return more[0] == '\0' ? arena_strdup(arena, message)
                           : arena_printf(arena, "%s: %s", message, more);
}

static struct answer_facts
scaleway_answer_facts(const struct scaleway_step *step, const json_t *body)
{
    bool failed = step->http.status >= 400 && json_is_object(body);
    const json_t *error = failed ? body : NULL;
    return (struct answer_facts){
        .kind = step->call->kind,
        .ref = step->call->ref == NULL ? "" : step->call->ref,
        .outcome = step->http.outcome,
        .status = step->http.status,
        .has_body = failed,
        .type = arena_strdup(step->arena, json_get_string(error, "type", "")),
        .message = scaleway_error_message(step->arena, error),
        .resource = arena_strdup(step->arena, json_get_string(error, "resource", "")),
        .resource_id = arena_strdup(step->arena, json_get_string(error, "resource_id", "")),
        .precondition = arena_strdup(step->arena, json_get_string(error, "precondition", "")),
    };
}

static bool
scaleway_answer_is_success(const struct scaleway_step *step)
{
    return step->http.outcome == HTTP_ANSWERED && step->http.status >= 200 &&
           step->http.status < 300;
}

static enum scaleway_verdict
scaleway_answer_take(struct scaleway_step *step, const json_t *body)
{
    const struct scaleway_kind *kind = &scaleway_kinds[step->call->kind];
    step->note = "the reply cannot be understood";
    if (kind->take != NULL) {
        return json_is_object(body) ? kind->take(step, body) : SCALEWAY_GARBAGE;
    }
    return step->http.reply_length == 0 || json_is_object(body) ? SCALEWAY_DONE : SCALEWAY_GARBAGE;
}

/* What a failed call had gathered is not shown: half a list is no list. */
static void
scaleway_answer_drop(struct provider_call *call)
{
    call->new_ref = "";
    call->server_count = 0;
    call->volume_count = 0;
    call->address_count = 0;
    call->security_group_count = 0;
    call->type_count = 0;
}

void
scaleway_answer_end(struct scaleway_step *step, enum answer_class class, const char *message)
{
    step->ended = true;
    step->call->class = class;
    step->call->message = class == ANSWER_OK ? "" : message;
    if (class != ANSWER_OK) {
        scaleway_answer_drop(step->call);
    }
}

static void
scaleway_answer_success(struct scaleway_step *step, const json_t *body)
{
    switch (scaleway_answer_take(step, body)) {
    case SCALEWAY_DONE:
        scaleway_answer_end(step, ANSWER_OK, "");
        break;
    case SCALEWAY_MORE:
        break;
    case SCALEWAY_GARBAGE:
        scaleway_answer_end(step, classify_garbage(step->call->kind),
                            arena_printf(step->arena, "%s: HTTP %d: %s",
                                         call_kind_name(step->call->kind), step->http.status,
                                         step->note));
        break;
    }
}

void
scaleway_answer(struct scaleway_step *step)
{
    CLEANUP_JSON json_t *body = NULL;
    step->call->duration_ms += step->http.duration_ms;
    if (step->http.outcome == HTTP_ANSWERED && step->http.reply_length > 0) {
        struct error unread =
            json_parse(step->arena, step->http.reply, step->http.reply_length, &body);
        (void)unread; /* body stays NULL, which says as much */
    }
    if (scaleway_answer_is_success(step)) {
        scaleway_answer_success(step, body);
        return;
    }
    struct answer_facts facts = scaleway_answer_facts(step, body);
    enum answer_class class = classify_answer(&facts);
    if (class == ANSWER_NOT_FOUND && scaleway_volume_try_block(step)) {
        return;
    }
    if (facts.outcome == HTTP_ANSWERED) {
        step->call->retry_after_ms = step->http.retry_after_ms;
    }
    scaleway_answer_end(step, class, scaleway_answer_words(step, &facts));
}
