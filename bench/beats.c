/* beats.c: sends heartbeats to an API and tells what came of them, as one line of JSON.
 *
 *     beats PORT TOKENS BYTES CONNECTIONS SECONDS RATE
 *
 * TOKENS: a file of lines "instance token", one a worker; BYTES: of a body.  RATE 0: each connection
 * sends its next beat when the last was answered.  Else so many a second in all, whatever the
 * answers; a latency then counts from the instant at which the beat was to be sent. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "beat_text.h"
#include "stopwatch.h"

enum {
    BEATS_ANSWER_MAX = 4096,
    BEATS_EVENTS = 256,
    BEATS_LATENCIES_MAX = 8 * 1000 * 1000,
    BEATS_WAIT_MS = 1000,
    BEATS_PATIENCE_US = 5 * 1000 * 1000, /* without any answer */
};

struct beats_line {
    int fd;
    bool busy;
    int64_t from_us; /* of the present beat */
    char *request;
    size_t filled; /* of the answer */
    char answer[BEATS_ANSWER_MAX];
};

struct beats {
    struct beat_text text;
    struct beats_line *lines;
    size_t line_count;
    size_t *idle; /* numbers of lines, a stack */
    size_t idle_count;
    int epoll;
    int64_t started_us;
    int64_t end_us;
    int64_t rate;
    uint64_t sent;
    uint64_t accepted;
    uint64_t refused;
    uint32_t *latencies_us;
    size_t latency_count;
};

static _Noreturn void
beats_give_up(const char *what)
{
    fprintf(stderr, "beats: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void
beats_connect(struct beats *beats, size_t number, uint16_t port)
{
    struct beats_line *line = &beats->lines[number];
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct epoll_event event = { .events = EPOLLIN, .data = { .u64 = number } };
    int on = 1;

    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line->fd < 0 ||
        connect(line->fd, (const struct sockaddr *)(const void *)&address, sizeof address) != 0 ||
        setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(beats->epoll, EPOLL_CTL_ADD, line->fd, &event) != 0) {
        beats_give_up("connect");
    }
    line->request = mem_alloc(beats->text.length);
    memcpy(line->request, beats->text.request, beats->text.length);
    beats->idle[beats->idle_count++] = number;
}

static void
beats_send(struct beats *beats, size_t number, int64_t from_us)
{
    struct beats_line *line = &beats->lines[number];
    size_t length = beats->text.length;

    beat_text_fill(&beats->text, line->request, beats->sent++);
    line->busy = true;
    line->from_us = from_us;
    line->filled = 0;
    if (send(line->fd, line->request, length, MSG_NOSIGNAL) != (ssize_t)length) {
        beats_give_up("send"); /* a request fits into an empty buffer */
    }
}

/* The length of the whole answer; 0: not all of its head is there. */
static size_t
beats_answer_length(struct beats_line *line)
{
    static const char name[] = "content-length:";
    char *end;

    line->answer[line->filled] = '\0';
    end = strstr(line->answer, "\r\n\r\n");
    char *length = end == NULL ? NULL : strcasestr(line->answer, name);
    if (end == NULL || length == NULL) {
        return 0;
    }
    return (size_t)(end - line->answer) + 4 + strtoul(length + sizeof name - 1, NULL, 10);
}

static void
beats_count(struct beats *beats, struct beats_line *line, int64_t now_us)
{
    int64_t took_us = now_us - line->from_us;

    if (strncmp(line->answer, "HTTP/1.1 200", 12) == 0) {
        beats->accepted++;
    } else {
        beats->refused++;
    }
    if (beats->latency_count < BEATS_LATENCIES_MAX) {
        beats->latencies_us[beats->latency_count++] = (uint32_t)took_us;
    }
}

static void
beats_receive(struct beats *beats, size_t number)
{
    struct beats_line *line = &beats->lines[number];
    ssize_t got = recv(line->fd, line->answer + line->filled,
                       sizeof line->answer - line->filled - 1, MSG_DONTWAIT);

    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (got <= 0 || !line->busy) {
        beats_give_up("the API closed the connection");
    }
    line->filled += (size_t)got;
    size_t whole = beats_answer_length(line);
    if (whole == 0 || line->filled < whole) {
        return;
    }
    int64_t now_us = stopwatch_us();
    beats_count(beats, line, now_us);
    line->busy = false;
    if (beats->rate == 0 && now_us < beats->end_us) {
        beats_send(beats, number, now_us);
    } else {
        beats->idle[beats->idle_count++] = number;
    }
}

/* At a fixed rate: what is due by now.  What finds no idle line waits, and its latency grows. */
static void
beats_send_due(struct beats *beats)
{
    int64_t now_us = stopwatch_us();

    while (beats->idle_count > 0) {
        int64_t due_us = now_us;
        if (beats->rate != 0) {
            due_us = beats->started_us + (int64_t)beats->sent * 1000000 / beats->rate;
        }
        if (due_us > now_us || due_us >= beats->end_us) {
            return;
        }
        beats_send(beats, beats->idle[--beats->idle_count], due_us);
    }
}

static bool
beats_wait(struct beats *beats)
{
    struct epoll_event events[BEATS_EVENTS];
    /* Two wake-ups a millisecond when the clock sends, none of its own when the answers do. */
    struct timespec pause = { .tv_nsec = 500 * 1000 };
    int count = beats->rate == 0 ? epoll_wait(beats->epoll, events, BEATS_EVENTS, BEATS_WAIT_MS)
                                 : epoll_pwait2(beats->epoll, events, BEATS_EVENTS, &pause, NULL);

    for (int i = 0; i < count; i++) {
        beats_receive(beats, events[i].data.u64);
    }
    return count > 0;
}

static void
beats_run(struct beats *beats, double seconds)
{
    int64_t answered_us = beats->started_us = stopwatch_us();

    beats->end_us = beats->started_us + (int64_t)(seconds * 1e6);
    while (stopwatch_us() < beats->end_us || beats->idle_count < beats->line_count) {
        if (stopwatch_us() < beats->end_us) {
            beats_send_due(beats);
        }
        if (beats_wait(beats)) {
            answered_us = stopwatch_us();
        } else if (stopwatch_us() > answered_us + BEATS_PATIENCE_US) {
            beats_give_up("no answers");
        }
    }
}

static int
beats_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static double
beats_percentile_ms(const struct beats *beats, double share)
{
    size_t place = (size_t)((double)beats->latency_count * share);

    if (beats->latency_count == 0) {
        return 0;
    }
    place = place < beats->latency_count ? place : beats->latency_count - 1;
    return beats->latencies_us[place] / 1e3;
}

static void
beats_tell(struct beats *beats)
{
    double seconds = (double)(stopwatch_us() - beats->started_us) / 1e6;
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    qsort(beats->latencies_us, beats->latency_count, sizeof(uint32_t), beats_compare);
    printf("{\"seconds\":%.3f,\"accepted\":%llu,\"refused\":%llu,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"max_ms\":%.3f,\"body_bytes\":%zu,\"cpu_s\":%.3f}\n",
           seconds, (unsigned long long)beats->accepted, (unsigned long long)beats->refused,
           beats_percentile_ms(beats, 0.5), beats_percentile_ms(beats, 0.99),
           beats_percentile_ms(beats, 1), beats->text.body_length,
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

int
main(int count, char **arguments)
{
    struct beats beats = { 0 };

    if (count != 7) {
        fprintf(stderr, "Usage: beats PORT TOKENS BYTES CONNECTIONS SECONDS RATE\n");
        return 2;
    }
    if (!beat_text_read(&beats.text, arguments[2], strtoul(arguments[3], NULL, 10))) {
        beats_give_up(arguments[2]);
    }
    beats.line_count = strtoul(arguments[4], NULL, 10);
    beats.rate = strtoll(arguments[6], NULL, 10);
    beats.lines = mem_zalloc(beats.line_count * sizeof *beats.lines);
    beats.idle = mem_alloc(beats.line_count * sizeof *beats.idle);
    beats.latencies_us = mem_alloc(BEATS_LATENCIES_MAX * sizeof *beats.latencies_us);
    beats.epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < beats.line_count; i++) {
        beats_connect(&beats, i, (uint16_t)strtoul(arguments[1], NULL, 10));
    }
    beats_run(&beats, strtod(arguments[5], NULL));
    beats_tell(&beats);
    return 0;
}
