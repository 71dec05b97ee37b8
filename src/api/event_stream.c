#include "api/event_stream.h"

#include <stdlib.h>
#include <string.h>

#include "api/event_feed.h"
#include "api/event_frame.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct event_stream {
    struct event_stream *next;
    struct event_stream **link; /* what points to this one */
    struct event_streams *streams;
    struct http_request *request;
    char session_id[UUID_TEXT_SIZE];
    struct event_wish wish;
    uint64_t position;
    uint64_t round; /* the feed's that must be over before its place is judged; 0: it was */
    int64_t sent_ms;
    uint64_t asked; /* the check of sessions that asks for this one's */
    bool over;      /* its session is */
    struct buffer frame;
    size_t frame_sent;
};

struct event_streams {
    struct api *api;
    struct event_feed *feed;
    struct event_stream *first;
    size_t count;
    struct event_stream *next; /* to be looked at in this pass */
    bool again;                /* there was news since the pass began */
    struct loop_timer *pass_timer;
    struct loop_timer *keepalive_timer;
    struct loop_timer *session_timer;
    uint64_t checks;
};

static int64_t
event_streams_setting(const struct event_streams *streams, enum setting_id id)
{
    return config_ms(streams->api->config, id);
}

/* --- what is next for one of them --- */

static const struct event_ring *
event_stream_ring(const struct event_stream *stream)
{
    return event_feed_ring(stream->streams->feed);
}

static bool
event_stream_is_waiting(const struct event_stream *stream)
{
    return stream->round != 0 && event_feed_rounds(stream->streams->feed) < stream->round;
}

static bool
event_stream_is_quiet(const struct event_stream *stream)
{
    return clock_monotonic_ms() - stream->sent_ms >=
           event_streams_setting(stream->streams, SETTING_EVENTS_KEEPALIVE_SECONDS);
}

static void
event_stream_look_anew(struct event_stream *stream)
{
    stream->position = event_ring_end(event_stream_ring(stream));
    event_frame_resync(&stream->frame, event_stream_ring(stream), stream->position);
}

/* Its first frame: it stands somewhere from now on. */
static void
event_stream_open(struct event_stream *stream)
{
    const struct event_ring *ring = event_stream_ring(stream);

    stream->round = 0;
    stream->position = event_ring_end(ring);
    if (stream->wish.resume == EVENT_RESUME_NOTHING ||
        (stream->wish.resume == EVENT_RESUME_AFTER &&
         event_ring_find(ring, stream->wish.after, &stream->position))) {
        event_frame_hello(&stream->frame, ring, stream->position);
    } else {
        event_frame_hello(&stream->frame, NULL, 0);
        event_stream_look_anew(stream);
    }
}

/* False: there is nothing to send. */
static bool
event_stream_compose(struct event_stream *stream)
{
    const struct event_ring *ring = event_stream_ring(stream);

    if (stream->round != 0 && !event_stream_is_waiting(stream)) {
        event_stream_open(stream);
    } else if (stream->round == 0 && stream->position < event_ring_begin(ring)) {
        event_stream_look_anew(stream);
    } else if (stream->round == 0) {
        event_frame_changes(&stream->frame, ring, &stream->wish, &stream->position);
    }
    if (stream->frame.length == 0 && event_stream_is_quiet(stream)) {
        event_frame_keepalive(&stream->frame, stream->round == 0 ? ring : NULL, stream->position);
    }
    return stream->frame.length > 0;
}

static ssize_t
event_stream_fill(void *context, char *bytes, size_t room)
{
    struct event_stream *stream = context;

    if (stream->over) {
        return HTTP_STREAM_OVER;
    }
    if (stream->frame.length == 0 && !event_stream_compose(stream)) {
        return 0;
    }
    size_t left = stream->frame.length - stream->frame_sent;
    size_t count = left < room ? left : room;
    memcpy(bytes, stream->frame.bytes + stream->frame_sent, count);
    stream->frame_sent += count;
    stream->sent_ms = clock_monotonic_ms();
    if (count == left) { /* most of the time there is none: it keeps no memory */
        buffer_free(&stream->frame);
        stream->frame_sent = 0;
    }
    return (ssize_t)count;
}

/* --- waking them: a few a turn of the loop, so that heartbeats do not wait for all of them --- */

static bool
event_stream_has_something(const struct event_stream *stream)
{
    bool has_news = stream->round == 0
                        ? stream->position < event_ring_end(event_stream_ring(stream))
                        : !event_stream_is_waiting(stream);

    return has_news || stream->over || event_stream_is_quiet(stream);
}

static void
event_streams_pass(void *argument)
{
    struct event_streams *streams = argument;
    int64_t room = config_count(streams->api->config, SETTING_EVENTS_WAKES);

    while (streams->next != NULL && room > 0) {
        struct event_stream *stream = streams->next;
        streams->next = stream->next;
        if (event_stream_has_something(stream)) {
            http_request_wake(stream->request);
            room--;
        }
    }
    if (streams->next == NULL && streams->again) {
        streams->again = false;
        streams->next = streams->first;
    }
    if (streams->next != NULL) {
        loop_timer_start(streams->pass_timer, 0);
    }
}

static void
event_streams_wake(struct event_streams *streams)
{
    streams->again = true;
    if (streams->next == NULL) {
        event_streams_pass(streams);
    }
}

static void
event_streams_on_news(void *argument)
{
    event_streams_wake(argument);
}

static void
event_streams_on_keepalive(void *argument)
{
    struct event_streams *streams = argument;

    event_streams_wake(streams);
    loop_timer_start(streams->keepalive_timer,
                     event_streams_setting(streams, SETTING_EVENTS_POLL_SECONDS));
}

/* --- whether they still may: their sessions are looked at again and again, all at once --- */

static int
event_streams_compare_cell(const void *key, const void *cell)
{
    return strcmp(key, *(const char *const *)cell);
}

static bool
event_streams_may(const struct event_stream *stream, const struct db_rows *rows)
{
    /* A row is an id and a role, in the order of ids. */
    const char *const *row =
        bsearch(stream->session_id, rows->cells, rows->count, rows->columns * sizeof *rows->cells,
                event_streams_compare_cell);

    return row != NULL && role_allows(role_parse(row[1]), ROLE_VIEWER);
}

static void
event_streams_on_sessions(struct error error, const struct db_rows *rows, void *context)
{
    struct event_streams *streams = context;

    if (error_is(error)) {
        return; /* nothing is known of them: the next check asks again */
    }
    for (struct event_stream *each = streams->first; each != NULL; each = each->next) {
        if (each->asked == streams->checks && !event_streams_may(each, rows)) {
            each->over = true;
        }
    }
    event_streams_wake(streams);
}

static void
event_streams_check(void *argument)
{
    struct event_streams *streams = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char **ids = arena_array(arena, const char *, streams->count + 1);
    size_t count = 0;

    streams->checks++;
    for (struct event_stream *each = streams->first; each != NULL; each = each->next) {
        each->asked = streams->checks;
        ids[count++] = each->session_id;
    }
    if (count > 0) {
        const struct db_async_param param = { db_uuid_array(arena, ids, count), 0 };
        (void)db_async_send(event_feed_database(streams->feed), Q_EVENT_SESSIONS, &param, 1,
                            event_streams_on_sessions, streams);
    }
    loop_timer_start(streams->session_timer,
                     event_streams_setting(streams, SETTING_EVENTS_SESSION_SECONDS));
}

/* --- coming and going --- */

static void
event_stream_ended(void *context)
{
    struct event_stream *stream = context;
    struct event_streams *streams = stream->streams;

    if (streams->next == stream) {
        streams->next = stream->next;
    }
    *stream->link = stream->next;
    if (stream->next != NULL) {
        stream->next->link = stream->link;
    }
    streams->count--;
    buffer_free(&stream->frame);
    mem_free(stream);
}

static struct event_stream *
event_stream_new(struct event_streams *streams, const struct exchange *exchange,
                 const struct event_wish *wish)
{
    struct event_stream *stream = mem_zalloc(sizeof *stream);

    stream->streams = streams;
    stream->request = exchange->request;
    stream->wish = *wish;
    stream->round = wish->resume == EVENT_RESUME_AFTER || event_feed_rounds(streams->feed) == 0
                        ? event_feed_ask(streams->feed)
                        : event_feed_rounds(streams->feed);
    stream->sent_ms = clock_monotonic_ms();
    strncpy(stream->session_id, exchange->person.session_id, sizeof stream->session_id - 1);
    stream->next = streams->first;
    stream->link = &streams->first;
    if (stream->next != NULL) {
        stream->next->link = &stream->next;
    }
    streams->first = stream;
    streams->count++;
    return stream;
}

void
event_streams_add(struct event_streams *streams, struct exchange *exchange,
                  const struct event_wish *wish)
{
    const struct config *config = streams->api->config;
    struct http_request *request = exchange->request;

    if ((int64_t)streams->count >= config_count(config, SETTING_EVENTS_STREAMS_MAX)) {
        http_request_add_header(
            request, "Retry-After",
            db_i64(exchange->arena, config_count(config, SETTING_API_RETRY_AFTER_SECONDS)));
        http_request_reply_error(request, 503, "overloaded", "too many event streams are open");
        return;
    }
    http_request_add_header(request, "Cache-Control", "no-store");
    http_request_add_header(request, "X-Accel-Buffering", "no");
    http_request_reply_stream(
        request, "text/event-stream",
        &(struct http_stream){ .fill = event_stream_fill,
                               .ended = event_stream_ended,
                               .context = event_stream_new(streams, exchange, wish) });
}

struct event_streams *
event_streams_new(struct api *api)
{
    struct event_streams *streams = mem_zalloc(sizeof *streams);

    streams->api = api;
    streams->pass_timer = loop_timer_new(api->loop, event_streams_pass, streams);
    streams->keepalive_timer = loop_timer_new(api->loop, event_streams_on_keepalive, streams);
    streams->session_timer = loop_timer_new(api->loop, event_streams_check, streams);
    streams->feed = event_feed_new(api, event_streams_on_news, streams);
    event_streams_on_keepalive(streams);
    event_streams_check(streams);
    return streams;
}

void
event_streams_free(struct event_streams *streams)
{
    if (streams == NULL) {
        return;
    }
    event_feed_free(streams->feed);
    loop_timer_free(streams->pass_timer);
    loop_timer_free(streams->keepalive_timer);
    loop_timer_free(streams->session_timer);
    mem_free(streams);
}
