/* handle_events.c: what somebody who watches wants to see, and from where on. */
#include <string.h>

#include "api/event_stream.h"
#include "api/handlers.h"
#include "base/mem.h"

static const struct {
    const char *name;
    enum event_kind kind;
} event_topics[] = {
    { "instances", EVENT_INSTANCE },
    { "actions", EVENT_ACTION },
    { "action_logs", EVENT_ACTION },
};

static bool
handle_events_topic(const char *name, size_t length, struct event_wish *wish)
{
    for (size_t i = 0; i < ARRAY_LENGTH(event_topics); i++) {
        if (strlen(event_topics[i].name) == length &&
            strncmp(event_topics[i].name, name, length) == 0) {
            wish->kinds[event_topics[i].kind] = true;
            return true;
        }
    }
    return false;
}

/* False after a 400. */
static bool
handle_events_topics(struct exchange *exchange, struct event_wish *wish)
{
    const char *topics = exchange_query(exchange, "topics");

    for (const char *rest = topics == NULL ? "instances,actions" : topics;;) {
        size_t length = strcspn(rest, ",");
        if (!handle_events_topic(rest, length, wish)) {
            exchange_refuse(exchange, 400, "invalid_request",
                            "\"topics\" is a list of instances, actions");
            return false;
        }
        if (rest[length] == '\0') {
            return true;
        }
        rest += length + 1;
    }
}

/* The header is what a browser sends when it connects again by itself. */
static void
handle_events_resume(const struct exchange *exchange, struct event_wish *wish)
{
    const char *header = http_request_header(exchange->request, "Last-Event-ID");
    const char *last = header == NULL ? exchange_query(exchange, "last_event_id") : header;

    if (last == NULL || last[0] == '\0') {
        wish->resume = EVENT_RESUME_NOTHING;
    } else {
        wish->resume =
            event_key_parse(last, &wish->after) ? EVENT_RESUME_AFTER : EVENT_RESUME_UNKNOWN;
    }
}

/* On the loop. */
static void
handle_events_begin(struct exchange *exchange)
{
    event_streams_add(exchange->api->events, exchange, exchange->on_loop_context);
}

struct error
handle_events(struct exchange *exchange, struct db *db)
{
    struct event_wish *wish = arena_alloc(exchange->arena, sizeof *wish);
    const char *instance_id;

    (void)db;
    if (!handle_events_topics(exchange, wish) ||
        !exchange_query_id(exchange, "instance_id", &instance_id)) {
        return NO_ERROR;
    }
    if (instance_id != NULL) {
        wish->one_instance = true;
        pg_uuid_bytes(instance_id, wish->instance);
    }
    handle_events_resume(exchange, wish);
    exchange_answer_on_loop(exchange, handle_events_begin, wish);
    return NO_ERROR;
}
