#include "api/event_feed.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct event_feed {
    struct api *api;
    struct event_ring *ring;
    struct db_async *db;
    struct loop_timer *timer;       /* to the next round */
    struct loop_timer *prune_timer; /* to the next removal of what is old */
    loop_fn news;
    void *context;
    struct event_key cursor; /* of the last one read */
    int64_t round_ms;        /* when the last one began */
    int64_t whole_ms;        /* when the last one began that read everything */
    uint64_t rounds_begun;
    uint64_t rounds_over;
    bool located; /* the cursor is set */
    bool reading;
    bool again; /* there was news while reading */
};

static void event_feed_read(struct event_feed *feed);

static int64_t
event_feed_setting(const struct event_feed *feed, enum setting_id id)
{
    return config_ms(feed->api->config, id);
}

static int64_t
event_feed_rows(const struct event_feed *feed)
{
    return config_count(feed->api->config, SETTING_EVENTS_READ_ROWS);
}

static void
event_feed_schedule(struct event_feed *feed, bool soon)
{
    int64_t since_ms = clock_monotonic_ms() - feed->round_ms;
    int64_t pause_ms =
        event_feed_setting(feed, soon ? SETTING_EVENTS_PAUSE_SECONDS : SETTING_EVENTS_POLL_SECONDS);

    loop_timer_start(feed->timer, since_ms < pause_ms ? pause_ms - since_ms : 0);
}

static void
event_feed_end_round(struct event_feed *feed, bool whole, bool soon)
{
    feed->reading = false;
    if (whole) {
        feed->whole_ms = feed->round_ms;
        feed->rounds_over = feed->rounds_begun;
        feed->news(feed->context);
    }
    event_feed_schedule(feed, soon || feed->again);
}

static struct event
event_feed_row(const struct db_rows *rows, size_t row)
{
    const char *instance = row_text_or_null(rows, row, "instance_id");
    const char *action = row_text_or_null(rows, row, "action_log_id");
    struct event event = {
        .key = { row_i64(rows, row, "xid", 0), row_i64(rows, row, "id", 0) },
        .kind = action == NULL ? EVENT_INSTANCE : EVENT_ACTION,
        .has_instance = instance != NULL,
    };

    if (instance != NULL) {
        pg_uuid_bytes(instance, event.instance);
    }
    if (action != NULL) {
        pg_uuid_bytes(action, event.action);
    }
    return event;
}

/* How many there were. */
static size_t
event_feed_take(struct event_feed *feed, const struct db_rows *rows)
{
    size_t count = 0;

    while (count < rows->count && !row_is_null(rows, count, "id")) {
        struct event event = event_feed_row(rows, count++);
        event_ring_add(feed->ring, &event);
        feed->cursor = event.key;
    }
    return count;
}

static void
event_feed_on_rows(struct error error, const struct db_rows *rows, void *context)
{
    struct event_feed *feed = context;

    if (error_is(error)) {
        event_feed_end_round(feed, false, false);
    } else if (row_i64(rows, 0, "horizon", 0) < feed->cursor.xid) {
        /* Transactions are numbered upwards for ever, but in another copy of the database. */
        log_warn("the database has gone back; watchers are told to look anew");
        feed->located = false;
        event_feed_end_round(feed, false, true);
    } else if ((int64_t)event_feed_take(feed, rows) == event_feed_rows(feed)) {
        event_feed_read(feed);
    } else {
        event_feed_end_round(feed, true, row_bool(rows, 0, "held_back"));
    }
}

static void
event_feed_read(struct event_feed *feed)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const struct db_async_param params[] = {
        { db_i64(arena, feed->cursor.xid), 0 },
        { db_i64(arena, feed->cursor.id), 0 },
        { db_i64(arena, event_feed_rows(feed)), 0 },
    };

    if (!db_async_send(feed->db, Q_EVENT_READ, params, ARRAY_LENGTH(params), event_feed_on_rows,
                       feed)) {
        event_feed_end_round(feed, false, false);
    }
}

static void
event_feed_on_start(struct error error, const struct db_rows *rows, void *context)
{
    struct event_feed *feed = context;

    if (error_is(error)) {
        event_feed_end_round(feed, false, false);
        return;
    }
    feed->cursor = (struct event_key){ row_i64(rows, 0, "xid", 0), row_i64(rows, 0, "id", 0) };
    feed->located = true;
    event_ring_restart(feed->ring, feed->cursor);
    event_feed_read(feed);
}

static void
event_feed_locate(struct event_feed *feed)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const struct db_async_param params[] = {
        { db_i64(arena, config_count(feed->api->config, SETTING_EVENTS_RING)), 0 },
    };

    if (!db_async_send(feed->db, Q_EVENT_START, params, ARRAY_LENGTH(params), event_feed_on_start,
                       feed)) {
        event_feed_end_round(feed, false, true);
    }
}

/* What came after its cursor may have been removed by now: by another API, while this one slept or did
 * not reach the database. */
static bool
event_feed_is_too_old(const struct event_feed *feed)
{
    return clock_monotonic_ms() - feed->whole_ms >=
           event_feed_setting(feed, SETTING_EVENTS_KEEP_SECONDS);
}

static void
event_feed_begin_round(void *argument)
{
    struct event_feed *feed = argument;

    if (feed->reading) {
        return;
    }
    feed->reading = true;
    feed->again = false;
    feed->round_ms = clock_monotonic_ms();
    feed->rounds_begun++;
    feed->located = feed->located && !event_feed_is_too_old(feed);
    if (feed->located) {
        event_feed_read(feed);
    } else {
        event_feed_locate(feed);
    }
}

static void
event_feed_on_notification(void *argument)
{
    struct event_feed *feed = argument;

    if (feed->reading) {
        feed->again = true;
    } else {
        event_feed_schedule(feed, true);
    }
}

static void
event_feed_on_pruned(struct error error, const struct db_rows *rows, void *context)
{
    struct event_feed *feed = context;
    bool more = !error_is(error) &&
                rows->affected == config_count(feed->api->config, SETTING_EVENTS_PRUNE_ROWS);

    loop_timer_start(feed->prune_timer,
                     event_feed_setting(feed, more ? SETTING_EVENTS_PAUSE_SECONDS
                                                   : SETTING_EVENTS_PRUNE_SECONDS));
}

static void
event_feed_prune(void *argument)
{
    struct event_feed *feed = argument;
    CLEANUP_ARENA struct arena *arena = arena_new();
    const struct db_async_param params[] = {
        { db_i64(arena, event_feed_setting(feed, SETTING_EVENTS_KEEP_SECONDS)), 0 },
        { db_i64(arena, config_count(feed->api->config, SETTING_EVENTS_PRUNE_ROWS)), 0 },
    };

    if (!db_async_send(feed->db, Q_EVENT_PRUNE, params, ARRAY_LENGTH(params), event_feed_on_pruned,
                       feed)) {
        loop_timer_start(feed->prune_timer, event_feed_setting(feed, SETTING_EVENTS_PRUNE_SECONDS));
    }
}

struct event_feed *
event_feed_new(struct api *api, loop_fn news, void *context)
{
    static const enum query_id prepared[] = { Q_EVENT_START, Q_EVENT_READ, Q_EVENT_PRUNE,
                                              Q_EVENT_SESSIONS };
    struct event_feed *feed = mem_zalloc(sizeof *feed);

    feed->api = api;
    feed->news = news;
    feed->context = context;
    feed->ring = event_ring_new((size_t)config_count(api->config, SETTING_EVENTS_RING));
    feed->timer = loop_timer_new(api->loop, event_feed_begin_round, feed);
    feed->prune_timer = loop_timer_new(api->loop, event_feed_prune, feed);
    feed->db = db_async_new(&(struct db_async_options){ .loop = api->loop,
                                                        .config = api->config,
                                                        .name = "inventiv-api-events",
                                                        .session = Q_EVENT_LISTEN,
                                                        .prepared = prepared,
                                                        .prepared_count = ARRAY_LENGTH(prepared),
                                                        .notified = event_feed_on_notification,
                                                        .context = feed });
    event_feed_begin_round(feed);
    loop_timer_start(feed->prune_timer, event_feed_setting(feed, SETTING_EVENTS_PRUNE_SECONDS));
    return feed;
}

void
event_feed_free(struct event_feed *feed)
{
    if (feed == NULL) {
        return;
    }
    db_async_free(feed->db); /* its last answers still start the timers */
    loop_timer_free(feed->timer);
    loop_timer_free(feed->prune_timer);
    event_ring_free(feed->ring);
    mem_free(feed);
}

const struct event_ring *
event_feed_ring(const struct event_feed *feed)
{
    return feed->ring;
}

struct db_async *
event_feed_database(const struct event_feed *feed)
{
    return feed->db;
}

uint64_t
event_feed_ask(struct event_feed *feed)
{
    event_feed_on_notification(feed);
    return feed->rounds_begun + 1;
}

uint64_t
event_feed_rounds(const struct event_feed *feed)
{
    return feed->rounds_over;
}
