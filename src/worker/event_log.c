#include "worker/event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "worker/state_dir.h"

struct event_log {
    const struct worker_options *options;
    pthread_mutex_t lock;
};

static const char *const event_type_names[] = {
#define X(id, name) [EVENT_##id] = (name),
    EVENT_TYPES(X)
#undef X
};

struct event_log *
event_log_new(const struct worker_options *options)
{
    struct event_log *log = mem_zalloc(sizeof *log);

    log->options = options;
    pthread_mutex_init(&log->lock, NULL);
    return log;
}

void
event_log_free(struct event_log *log)
{
    if (log != NULL) {
        pthread_mutex_destroy(&log->lock);
        mem_free(log);
    }
}

/* Zero, or the reason why not. */
static int
event_log_load(const char *path, struct buffer *out)
{
    char piece[16 * 1024];
    ssize_t got;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return errno;
    }
    while ((got = read(fd, piece, sizeof piece)) > 0) {
        buffer_add(out, piece, (size_t)got);
    }
    int reason = got < 0 ? errno : 0;
    close(fd);
    return reason;
}

/* The start of the line that ends before 'at'. */
static size_t
event_log_line_before(const char *bytes, size_t at)
{
    while (at > 0 && bytes[at - 1] != '\n') {
        at--;
    }
    return at;
}

/* Keeps the last lines, and at most half of what the file may hold, so that trimming is rare. */
static void
event_log_trim(const struct event_log *log)
{
    CLEANUP_BUFFER struct buffer whole = { 0 };
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *path = log->options->event_file;

    if (event_log_load(path, &whole) != 0 || whole.length == 0) {
        return;
    }
    size_t from = whole.length;
    for (size_t lines = 0; lines < log->options->log_keep_lines && from > 0; lines++) {
        size_t start = event_log_line_before(whole.bytes, from - 1);
        if (whole.length - start > log->options->log_max_bytes / 2) {
            break;
        }
        from = start;
    }
    struct error ignored = state_file_write(arena, path, whole.bytes + from);
    (void)ignored;
}

static void
event_log_append(const struct event_log *log, const char *line, size_t length)
{
    struct stat file;
    int fd = open(log->options->event_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        return;
    }
    ssize_t written = write(fd, line, length);
    bool full = fstat(fd, &file) == 0 && (size_t)file.st_size > log->options->log_max_bytes;
    close(fd);
    if (written > 0 && full) {
        event_log_trim(log);
    }
}

void
event_log_add(struct event_log *log, enum event_type type, const char *message, json_t *details)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const struct worker_options *options = log->options;
    char timestamp[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(), timestamp);
    CLEANUP_JSON json_t *event =
        json_pack("{s:s, s:s, s:s, s:s, s:o}", "timestamp", timestamp, "event_type",
                  event_type_names[type], "message", message, "worker_id", options->worker_id,
                  "details", details == NULL ? json_object() : details);
    if (event == NULL) {
        return;
    }
    if (options->instance_id[0] != '\0') {
        json_object_set_new(event, "instance_id", json_string(options->instance_id));
    }
    const char *line = arena_printf(arena, "%s\n", json_text(arena, event));
    pthread_mutex_lock(&log->lock);
    event_log_append(log, line, strlen(line));
    pthread_mutex_unlock(&log->lock);
}

/* The event of one line, or NULL: no JSON (a line cut by a crash), or before 'since'. */
static json_t *
event_log_parse(struct arena *arena, const char *line, size_t length, const char *since)
{
    json_t *event = NULL;

    if (error_is(json_parse(arena, line, length, &event))) {
        return NULL;
    }
    if (since != NULL && strcmp(json_get_string(event, "timestamp", ""), since) < 0) {
        json_decref(event);
        return NULL;
    }
    return event;
}

static json_t *
event_log_last(struct arena *arena, const struct buffer *whole, size_t tail, const char *since)
{
    json_t *events = json_array();
    size_t end = whole->length;

    while (end > 0 && json_array_size(events) < tail) {
        size_t start = event_log_line_before(whole->bytes, end - 1);
        json_t *event = event_log_parse(arena, whole->bytes + start, end - start, since);
        if (event != NULL) {
            json_array_insert_new(events, 0, event);
        }
        end = start;
    }
    return events;
}

const char *
event_log_reply(struct event_log *log, struct arena *arena, size_t tail, const char *since,
                int *status)
{
    CLEANUP_BUFFER struct buffer whole = { 0 };

    pthread_mutex_lock(&log->lock);
    int reason = event_log_load(log->options->event_file, &whole);
    pthread_mutex_unlock(&log->lock);
    *status = reason == 0 || reason == ENOENT ? 200 : 500;
    if (reason == ENOENT) {
        return "{\"events\":[],\"message\":\"no events yet\"}";
    }
    if (reason != 0) {
        CLEANUP_JSON json_t *refusal = json_pack("{s:s}", "error", strerror(reason));
        return json_text(arena, refusal);
    }
    json_t *events = event_log_last(arena, &whole, tail, since);
    CLEANUP_JSON json_t *reply =
        json_pack("{s:s, s:I, s:o}", "log_file", log->options->event_file, "total_events",
                  (json_int_t)json_array_size(events), "events", events);
    return json_text(arena, reply);
}
