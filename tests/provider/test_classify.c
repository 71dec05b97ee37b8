/* Answers of every kind against the class they must get. */
#include "check.h"

#include "base/mem.h"
#include "provider/classify.h"

#define REF "11111111-1111-4111-8111-111111111111"
#define OTHER "22222222-2222-4222-8222-222222222222"

struct classify_row {
    const char *name;
    enum call_kind kind;
    enum http_outcome outcome;
    int status;
    const char *type; /* NULL: no body of the API's own form */
    const char *message;
    const char *resource;
    const char *resource_id;
    const char *precondition;
    enum answer_class wanted;
};

#define ANSWERED(name_, kind_, status_, ...)                                                       \
    {                                                                                              \
        .name = (name_), .kind = CALL_##kind_, .outcome = HTTP_ANSWERED, .status = (status_),      \
        __VA_ARGS__                                                                                \
    }

static const struct classify_row classify_rows[] = {
    { .name = "a create that was not sent",
      .kind = CALL_SERVER_CREATE,
      .outcome = HTTP_NOT_SENT,
      .wanted = ANSWER_TRANSIENT },
    { .name = "a create without answer",
      .kind = CALL_SERVER_CREATE,
      .outcome = HTTP_NO_ANSWER,
      .wanted = ANSWER_UNKNOWN },
    { .name = "a GET without answer",
      .kind = CALL_SERVER_GET,
      .outcome = HTTP_NO_ANSWER,
      .wanted = ANSWER_TRANSIENT },
    ANSWERED("201", SERVER_CREATE, 201, .wanted = ANSWER_OK),
    ANSWERED("204", SERVER_DELETE, 204, .wanted = ANSWER_OK),
    ANSWERED("429 of a create", SERVER_CREATE, 429, .wanted = ANSWER_TRANSIENT),
    ANSWERED("429 of a GET", SERVER_GET, 429, .wanted = ANSWER_TRANSIENT),
    ANSWERED("a redirected create", SERVER_CREATE, 302, .wanted = ANSWER_TRANSIENT),
    ANSWERED("a redirected GET", SERVER_GET, 307, .wanted = ANSWER_TRANSIENT),
    ANSWERED("500 of a create", SERVER_CREATE, 500, .wanted = ANSWER_UNKNOWN),
    ANSWERED("503 of a delete", SERVER_DELETE, 503, .wanted = ANSWER_UNKNOWN),
    ANSWERED("408 of a power-on", SERVER_POWERON, 408, .wanted = ANSWER_UNKNOWN),
    ANSWERED("504 of a list", SERVER_LIST, 504, .wanted = ANSWER_TRANSIENT),
    ANSWERED("500 that talks of stock", SERVER_CREATE, 500, .type = "out_of_stock",
             .wanted = ANSWER_UNKNOWN),
    ANSWERED("401 of a list", SERVER_LIST, 401, .type = "denied_authentication",
             .wanted = ANSWER_DENIED),
    ANSWERED("403 of a create", SERVER_CREATE, 403, .type = "permissions_denied",
             .wanted = ANSWER_DENIED),
    ANSWERED("403 without body", SERVER_GET, 403, .wanted = ANSWER_DENIED),
    ANSWERED("403 quotas_exceeded", SERVER_CREATE, 403, .type = "quotas_exceeded",
             .wanted = ANSWER_QUOTA),
    ANSWERED("403 quota in the old form", SERVER_CREATE, 403, .type = "invalid_request_error",
             .message = "Quota exceeded for this resource.", .wanted = ANSWER_QUOTA),
    ANSWERED("400 quotas_exceeded", SERVER_CREATE, 400, .type = "quotas_exceeded",
             .wanted = ANSWER_QUOTA),
    ANSWERED("412 out_of_stock", SERVER_CREATE, 412, .type = "out_of_stock",
             .wanted = ANSWER_OUT_OF_STOCK),
    ANSWERED("400 out of stock in words", SERVER_CREATE, 400, .type = "invalid_request_error",
             .message = "The server type L4-1-24G is out of stock in this zone",
             .wanted = ANSWER_OUT_OF_STOCK),
    ANSWERED("409 out_of_stock at power-on", SERVER_POWERON, 409, .type = "out_of_stock",
             .wanted = ANSWER_OUT_OF_STOCK),
    ANSWERED("403 out_of_stock", SERVER_CREATE, 403, .type = "out_of_stock",
             .wanted = ANSWER_OUT_OF_STOCK),

    ANSWERED("404 by resource_id", SERVER_GET, 404, .type = "not_found",
             .resource = "instance_server", .resource_id = REF, .wanted = ANSWER_NOT_FOUND),
    ANSWERED("404 by the id in its words", SERVER_GET, 404, .type = "unknown_resource",
             .message = "\"" REF "\" not found", .wanted = ANSWER_NOT_FOUND),
    ANSWERED("404 of an action by resource_id", SERVER_POWEROFF, 404, .type = "not_found",
             .resource_id = REF, .wanted = ANSWER_NOT_FOUND),
    ANSWERED("404 that names nothing", VOLUME_DELETE, 404, .type = "not_found",
             .message = "resource is not found", .wanted = ANSWER_NOT_FOUND),
    ANSWERED("404 that names the kind", ADDRESS_GET, 404, .type = "not_found",
             .resource = "instance_ip", .wanted = ANSWER_NOT_FOUND),
    ANSWERED("404 of another id", SERVER_GET, 404, .type = "not_found", .resource_id = OTHER,
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of another id in words", SERVER_GET, 404, .type = "unknown_resource",
             .message = "Volume '" OTHER "' not found", .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of the zone", SERVER_GET, 404, .type = "not_found", .resource = "zone",
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of a project at DELETE", SERVER_DELETE, 404, .type = "not_found",
             .resource = "project", .resource_id = OTHER, .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 page of a proxy at GET", SERVER_GET, 404, .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 page of a proxy at DELETE", SERVER_DELETE, 404, .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 without a type", SERVER_GET, 404, .type = "", .message = "no such route",
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of a list", SERVER_LIST, 404, .type = "not_found", .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of an action that names nothing", SERVER_POWERON, 404, .type = "not_found",
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of the image at create", SERVER_CREATE, 404, .type = "unknown_resource",
             .message = "Image \"" OTHER "\" not found", .wanted = ANSWER_INVALID),
    ANSWERED("404 page at create", SERVER_CREATE, 404, .wanted = ANSWER_TRANSIENT),
    ANSWERED("404 of the group at attach", SECURITY_GROUP_ATTACH, 404, .type = "not_found",
             .resource_id = OTHER, .wanted = ANSWER_TRANSIENT),

    ANSWERED("400 invalid_arguments", SERVER_CREATE, 400, .type = "invalid_arguments",
             .message = "invalid argument(s) commercial_type : unknown", .wanted = ANSWER_INVALID),
    ANSWERED("400 invalid_arguments that speaks of use", SERVER_CREATE, 400,
             .type = "invalid_arguments", .message = "name already in use",
             .wanted = ANSWER_INVALID),
    ANSWERED("400 validation error", SERVER_CREATE, 400, .type = "invalid_request_error",
             .message = "Validation Error", .wanted = ANSWER_INVALID),
    ANSWERED("400 with another form of body", SERVER_CREATE, 400, .type = "",
             .wanted = ANSWER_INVALID),
    ANSWERED("400 page of a proxy", SERVER_CREATE, 400, .wanted = ANSWER_TRANSIENT),
    ANSWERED("400 of a read", SERVER_LIST, 400, .type = "invalid_arguments",
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("400 while it runs", SERVER_DELETE, 400, .type = "invalid_request_error",
             .message = "instance should be powered off", .wanted = ANSWER_TRANSIENT),
    ANSWERED("412 still in use", VOLUME_DELETE, 412, .type = "precondition_failed",
             .precondition = "resource_still_in_use", .wanted = ANSWER_TRANSIENT),
    ANSWERED("400 still in use", SERVER_DELETE, 400, .type = "precondition_failed",
             .precondition = "resource_still_in_use", .wanted = ANSWER_TRANSIENT),
    ANSWERED("412 of a missing attribute", SERVER_CREATE, 412, .type = "precondition_failed",
             .precondition = "attribute_must_be_set", .wanted = ANSWER_INVALID),
    ANSWERED("409 conflict", SECURITY_GROUP_DELETE, 409, .type = "conflict",
             .message = "Group is in use. You cannot delete it.", .wanted = ANSWER_TRANSIENT),
    ANSWERED("409 transient_state", SERVER_POWERON, 409, .type = "transient_state",
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("403 locked", SERVER_DELETE, 423, .type = "locked", .wanted = ANSWER_TRANSIENT),
    ANSWERED("running already", SERVER_POWERON, 400, .type = "invalid_request_error",
             .message = "server is already running", .wanted = ANSWER_OK),
    ANSWERED("stopped already", SERVER_POWEROFF, 400, .type = "invalid_request_error",
             .message = "server is already stopped", .wanted = ANSWER_OK),
    ANSWERED("a power-off that finds it running already", SERVER_POWEROFF, 400,
             .type = "invalid_request_error", .message = "already running",
             .wanted = ANSWER_TRANSIENT),
    ANSWERED("should be stopped proves nothing", SERVER_POWERON, 400,
             .type = "invalid_request_error", .message = "server should be stopped",
             .wanted = ANSWER_TRANSIENT),
};

static const char *
classify_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static void
test_table(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(classify_rows); i++) {
        const struct classify_row *row = &classify_rows[i];
        bool by_ref = row->kind != CALL_SERVER_CREATE && row->kind != CALL_SERVER_LIST;
        struct answer_facts facts = {
            .kind = row->kind,
            .ref = by_ref ? REF : "",
            .outcome = row->outcome,
            .status = row->status,
            .has_body = row->type != NULL,
            .type = classify_or_empty(row->type),
            .message = classify_or_empty(row->message),
            .resource = classify_or_empty(row->resource),
            .resource_id = classify_or_empty(row->resource_id),
            .precondition = classify_or_empty(row->precondition),
        };
        CHECK_CASE(classify_answer(&facts) == row->wanted, row->name);
    }
}

/* Whatever a proxy or a server may do, no status alone says "gone" or "done". */
static void
test_no_status_alone_is_not_found(void)
{
    for (int kind = 0; kind < CALL_KIND_COUNT_; kind++) {
        for (int status = 100; status < 600; status++) {
            struct answer_facts facts = {
                (enum call_kind)kind, REF, HTTP_ANSWERED, status, false, "", "", "", "", ""
            };
            enum answer_class class = classify_answer(&facts);
            CHECK_CASE(class != ANSWER_NOT_FOUND, call_kind_name(facts.kind));
            CHECK_CASE((class == ANSWER_OK) == (status / 100 == 2), call_kind_name(facts.kind));
            CHECK_CASE(class != ANSWER_UNKNOWN || call_is_mutating(facts.kind),
                       call_kind_name(facts.kind));
        }
    }
}

int
main(void)
{
    check_run("each answer gets its class", test_table);
    check_run("no status alone means gone or done, and reads are never unknown",
              test_no_status_alone_is_not_found);
    return check_end();
}
