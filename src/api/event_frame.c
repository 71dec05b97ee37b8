#include "api/event_frame.h"

#include <string.h>

#include "base/clock.h"

enum { EVENT_FRAME_IDS_MAX = 200 }; /* of the wire contract */

static void
event_frame_id(struct buffer *frame, const struct event_ring *ring, uint64_t position)
{
    char id[EVENT_KEY_TEXT_SIZE];

    if (ring != NULL) {
        event_key_text(event_ring_key(ring, position), id);
        buffer_printf(frame, "id: %s\n", id);
    }
}

void
event_frame_hello(struct buffer *frame, const struct event_ring *ring, uint64_t position)
{
    buffer_add_text(frame, "event: hello\n");
    event_frame_id(frame, ring, position);
    buffer_add_text(frame, "data: {\"ok\":true}\n\n");
}

/* A browser keeps the id of an event without data, too: of a watcher of quiet things it never gets
 * too old. */
void
event_frame_keepalive(struct buffer *frame, const struct event_ring *ring, uint64_t position)
{
    buffer_add_text(frame, ": keepalive\n");
    event_frame_id(frame, ring, position);
    buffer_add_text(frame, "\n");
}

void
event_frame_resync(struct buffer *frame, const struct event_ring *ring, uint64_t position)
{
    buffer_add_text(frame, "event: resync\n");
    event_frame_id(frame, ring, position);
    buffer_add_text(frame, "data: {}\n\n");
}

static bool
event_frame_matches(const struct event *event, const struct event_wish *wish)
{
    if (!wish->kinds[event->kind]) {
        return false;
    }
    return event->kind == EVENT_INSTANCE || !wish->one_instance ||
           (event->has_instance &&
            memcmp(event->instance, wish->instance, sizeof event->instance) == 0);
}

static void
event_frame_add_uuid(struct buffer *list, const unsigned char uuid[PG_UUID_BYTES])
{
    char text[UUID_TEXT_SIZE];

    pg_uuid_text(uuid, text);
    buffer_printf(list, "%s\"%s\"", list->length == 0 ? "" : ",", text);
}

static void
event_frame_end(struct buffer *frame, enum event_kind kind, const struct buffer *ids,
                const struct buffer *instances)
{
    char now[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(), now);
    if (kind == EVENT_INSTANCE) {
        buffer_printf(frame, "data: {\"ids\":[%s],\"emitted_at\":\"%s\"}\n\n", instances->bytes,
                      now);
    } else {
        buffer_printf(frame, "data: {\"ids\":[%s],\"instance_ids\":[%s],\"emitted_at\":\"%s\"}\n\n",
                      ids->bytes, instances->length == 0 ? "" : instances->bytes, now);
    }
}

void
event_frame_changes(struct buffer *frame, const struct event_ring *ring,
                    const struct event_wish *wish, uint64_t *position)
{
    static const char *const names[] = { "instance.updated", "action_log.created" };
    CLEANUP_BUFFER struct buffer ids = { 0 };
    CLEANUP_BUFFER struct buffer instances = { 0 };
    uint64_t end = event_ring_end(ring);
    enum event_kind kind = EVENT_INSTANCE;
    size_t count = 0;

    for (uint64_t at = *position; at < end && count < EVENT_FRAME_IDS_MAX; at++) {
        const struct event *event = event_ring_at(ring, at);
        if (!event_frame_matches(event, wish)) {
            continue;
        }
        if (count > 0 && event->kind != kind) {
            break;
        }
        kind = event->kind;
        count++;
        *position = at + 1;
        if (kind == EVENT_ACTION) {
            event_frame_add_uuid(&ids, event->action);
        }
        if (event->has_instance) {
            event_frame_add_uuid(&instances, event->instance);
        }
    }
    if (count == 0) {
        *position = end;
        return;
    }
    buffer_printf(frame, "event: %s\n", names[kind]);
    event_frame_id(frame, ring, *position);
    event_frame_end(frame, kind, &ids, &instances);
}
