#include "provider/classify.h"

#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/mem.h"

static bool
classify_says(const char *text, const char *phrase)
{
    return strcasestr(text, phrase) != NULL;
}

static bool
classify_says_any(const char *text, const char *const *phrases)
{
    for (; *phrases != NULL; phrases++) {
        if (classify_says(text, *phrases)) {
            return true;
        }
    }
    return false;
}

enum answer_class
classify_garbage(enum call_kind kind)
{
    return call_is_mutating(kind) ? ANSWER_UNKNOWN : ANSWER_TRANSIENT;
}

/* What the API calls the thing that a call of this kind is about; "" when it is about no single
 * thing. */
static const char *
classify_noun(enum call_kind kind)
{
    switch (kind) {
    case CALL_SERVER_DELETE:
    case CALL_SERVER_POWERON:
    case CALL_SERVER_POWEROFF:
    case CALL_SERVER_REBOOT:
    case CALL_SERVER_TAGS:
    case CALL_USER_DATA_PUT:
    case CALL_SECURITY_GROUP_ATTACH:
    case CALL_SERVER_GET:
        return "server";
    case CALL_VOLUME_RESIZE:
    case CALL_VOLUME_DELETE:
    case CALL_VOLUME_GET:
        return "volume";
    case CALL_ADDRESS_DELETE:
    case CALL_ADDRESS_GET:
        return "ip";
    case CALL_SECURITY_GROUP_RULES:
    case CALL_SECURITY_GROUP_DELETE:
        return "security_group";
    case CALL_SERVER_CREATE:
    case CALL_SECURITY_GROUP_CREATE:
    case CALL_SERVER_LIST:
    case CALL_VOLUME_LIST:
    case CALL_ADDRESS_LIST:
    case CALL_SECURITY_GROUP_LIST:
    case CALL_TYPE_LIST:
    case CALL_KIND_COUNT_:
        break;
    }
    return "";
}

/* A GET or DELETE by id names nothing besides that thing, so a body that names nothing can only
 * mean it. */
static bool
classify_is_plain_by_id(enum call_kind kind)
{
    return kind == CALL_SERVER_GET || kind == CALL_VOLUME_GET || kind == CALL_ADDRESS_GET ||
           kind == CALL_SERVER_DELETE || kind == CALL_VOLUME_DELETE ||
           kind == CALL_ADDRESS_DELETE || kind == CALL_SECURITY_GROUP_DELETE;
}

static bool
classify_has_uuid(const char *text)
{
    char piece[UUID_TEXT_SIZE];
    for (size_t length = strlen(text); length >= UUID_TEXT_SIZE - 1; length--, text++) {
        memcpy(piece, text, UUID_TEXT_SIZE - 1);
        piece[UUID_TEXT_SIZE - 1] = '\0';
        if (digest_is_uuid(piece)) {
            return true;
        }
    }
    return false;
}

/* True when the 404 is about the very thing that was asked for. */
static bool
classify_names_it(const struct answer_facts *facts)
{
    if (!facts->has_body || facts->ref[0] == '\0' ||
        (strcmp(facts->type, "not_found") != 0 && strcmp(facts->type, "unknown_resource") != 0)) {
        return false;
    }
    if (facts->resource_id[0] != '\0') {
        return strcasecmp(facts->resource_id, facts->ref) == 0;
    }
    if (classify_says(facts->message, facts->ref)) {
        return true;
    }
    return classify_is_plain_by_id(facts->kind) && !classify_has_uuid(facts->message) &&
           (facts->resource[0] == '\0' ||
            classify_says(facts->resource, classify_noun(facts->kind)));
}

/* Anything but that very thing may be a proxy, another zone or another project: never "gone". */
static enum answer_class
classify_missing(const struct answer_facts *facts)
{
    if (classify_names_it(facts)) {
        return ANSWER_NOT_FOUND;
    }
    /* An image or a type that does not exist will not exist at the next attempt either. */
    return facts->kind == CALL_SERVER_CREATE && facts->has_body && facts->type[0] != '\0'
               ? ANSWER_INVALID
               : ANSWER_TRANSIENT;
}

static bool
classify_is_quota(const struct answer_facts *facts)
{
    return strcmp(facts->type, "quotas_exceeded") == 0 ||
           classify_says(facts->message, "quota exceeded") ||
           classify_says(facts->message, "quota(s) exceeded");
}

static bool
classify_is_stock(const struct answer_facts *facts)
{
    return strcmp(facts->type, "out_of_stock") == 0 ||
           classify_says(facts->message, "out of stock") ||
           classify_says(facts->precondition, "out_of_stock");
}

/* The wish is fulfilled already, and the API says so in so many words.  "Should be stopped" is
 * not enough: the machine may as well be starting, stopping or locked. */
static bool
classify_is_already_so(const struct answer_facts *facts)
{
    static const char *const running[] = { "already running", "already started",
                                           "already powered on", NULL };
    static const char *const stopped[] = { "already stopped", "already powered off", NULL };
    return (facts->kind == CALL_SERVER_POWERON && classify_says_any(facts->message, running)) ||
           (facts->kind == CALL_SERVER_POWEROFF && classify_says_any(facts->message, stopped));
}

/* The request is right, its moment is not: the same request will work later. */
static bool
classify_is_untimely(const struct answer_facts *facts)
{
    static const char *const types[] = { "precondition_failed", "transient_state", "locked",
                                         "conflict" };
    static const char *const phrases[] = { "should be",   "must be stopped", "must be running",
                                           "powered off", "still in use",    "in use",
                                           "is locked",   "already",         "try again",
                                           NULL };
    if (strcmp(facts->precondition, "attribute_must_be_set") == 0) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (strcmp(facts->type, types[i]) == 0) {
            return true;
        }
    }
    /* invalid_arguments means the arguments, whatever words it uses. */
    return facts->status == 409 || facts->status == 412 || facts->status == 423 ||
           facts->status == 425 ||
           (strcmp(facts->type, "invalid_arguments") != 0 &&
            classify_says_any(facts->message, phrases));
}

/* A mutating call that was refused: surely not done. */
static enum answer_class
classify_refusal(const struct answer_facts *facts)
{
    if (classify_is_stock(facts)) {
        return ANSWER_OUT_OF_STOCK;
    }
    if (classify_is_quota(facts)) {
        return ANSWER_QUOTA;
    }
    if (facts->status == 401 || facts->status == 403) {
        return ANSWER_DENIED;
    }
    if (classify_is_already_so(facts)) {
        return ANSWER_OK;
    }
    /* Without a body of the API's own form, something in between spoke. */
    return classify_is_untimely(facts) || !facts->has_body ? ANSWER_TRANSIENT : ANSWER_INVALID;
}

static enum answer_class
classify_status(const struct answer_facts *facts)
{
    if (facts->status >= 200 && facts->status < 300) {
        return ANSWER_OK;
    }
    if (facts->status == 429 || facts->status < 400) {
        return ANSWER_TRANSIENT;
    }
    /* 408 comes from whatever stands in front: what the API did by then is not known. */
    if (facts->status >= 500 || facts->status == 408) {
        return classify_garbage(facts->kind);
    }
    if (facts->status == 404) {
        return classify_missing(facts);
    }
    if (call_is_mutating(facts->kind)) {
        return classify_refusal(facts);
    }
    return facts->status == 401 || facts->status == 403 ? ANSWER_DENIED : ANSWER_TRANSIENT;
}

enum answer_class
classify_answer(const struct answer_facts *facts)
{
    switch (facts->outcome) {
    case HTTP_NOT_SENT:
        return ANSWER_TRANSIENT;
    case HTTP_NO_ANSWER:
        return classify_garbage(facts->kind);
    case HTTP_ANSWERED:
        break;
    }
    return classify_status(facts);
}
