#include "store/redis_link.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/redis_address.h"

struct redis_link {
    const struct config *config;
    const char *purpose;
    struct arena *arena; /* of the address */
    struct redis_address address;
    bool address_is_good;
    redisContext *context; /* NULL: closed */
    int stop_fd;
    int nudge_fd;
    atomic_bool stopping;
    atomic_bool up;
    bool told_away;
    int64_t backoff_ms; /* 0: the last command succeeded */
    bool pinged;        /* a PING is out, and nothing was heard since */
    char fault[160];    /* why it is closed */
};

static int
redis_link_eventfd(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0) {
        abort(); /* as fatal as being out of memory */
    }
    return fd;
}

struct redis_link *
redis_link_new(const struct config *config, const char *purpose)
{
    struct redis_link *link = mem_zalloc(sizeof *link);

    *link = (struct redis_link){ .config = config,
                                 .purpose = purpose,
                                 .arena = arena_new(),
                                 .stop_fd = redis_link_eventfd(),
                                 .nudge_fd = redis_link_eventfd() };
    struct error error =
        redis_address_parse(link->arena, config_text(config, SETTING_REDIS_URL), &link->address);
    link->address_is_good = !error_is(error);
    if (!link->address_is_good) {
        snprintf(link->fault, sizeof link->fault, "%s", error.message);
    }
    return link;
}

void
redis_link_free(struct redis_link *link)
{
    if (link == NULL) {
        return;
    }
    if (link->context != NULL) {
        redisFree(link->context);
    }
    close(link->stop_fd);
    close(link->nudge_fd);
    arena_free(link->arena);
    mem_free(link);
}

static void
redis_link_signal(int fd)
{
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);

    (void)written; /* A full counter is a signal, too. */
}

bool
redis_link_is_up(struct redis_link *link)
{
    return atomic_load(&link->up);
}

void
redis_link_stop(struct redis_link *link)
{
    atomic_store(&link->stopping, true);
    redis_link_signal(link->stop_fd);
}

bool
redis_link_is_stopping(struct redis_link *link)
{
    return atomic_load(&link->stopping);
}

const char *
redis_link_fault(const struct redis_link *link)
{
    return link->fault;
}

void
redis_link_nudge(struct redis_link *link)
{
    redis_link_signal(link->nudge_fd);
}

enum redis_event { REDIS_EVENT_NONE, REDIS_EVENT_SOCKET, REDIS_EVENT_NUDGE, REDIS_EVENT_STOP };

/* Waits for the socket (unless events is 0), for a nudge where one is minded, and for the stop. */
static enum redis_event
redis_link_poll(struct redis_link *link, short events, bool mind_nudge, int64_t until_ms)
{
    struct pollfd fds[] = { { .fd = link->stop_fd, .events = POLLIN },
                            { .fd = mind_nudge ? link->nudge_fd : -1, .events = POLLIN },
                            { .fd = events == 0 ? -1 : link->context->fd, .events = events } };
    int ready;

    do {
        int64_t left_ms = until_ms - clock_monotonic_ms();
        ready = poll(fds, ARRAY_LENGTH(fds), left_ms < 0 ? 0 : (int)left_ms);
    } while (ready < 0 && errno == EINTR);
    if (fds[0].revents != 0) {
        return REDIS_EVENT_STOP;
    }
    if (fds[1].revents != 0) {
        uint64_t count;
        ssize_t got = read(link->nudge_fd, &count, sizeof count);
        (void)got;
        return REDIS_EVENT_NUDGE;
    }
    return fds[2].revents != 0 ? REDIS_EVENT_SOCKET : REDIS_EVENT_NONE;
}

static void
redis_link_close(struct redis_link *link, const char *why)
{
    if (why != link->fault) {
        snprintf(link->fault, sizeof link->fault, "%s", why);
    }
    if (link->context != NULL) {
        redisFree(link->context);
        link->context = NULL;
    }
    atomic_store(&link->up, false);
    if (!link->told_away && !redis_link_is_stopping(link)) {
        log_warn("Redis does not answer; work is found at the jobs' own period",
                 LOG_STR(NAME, link->purpose), LOG_STR(ERROR, link->fault));
        link->told_away = true;
    }
}

static int64_t
redis_link_answer_by(struct redis_link *link)
{
    return clock_monotonic_ms() + config_ms(link->config, SETTING_REDIS_CONNECT_TIMEOUT_SECONDS);
}

static bool
redis_link_flush(struct redis_link *link, int64_t until_ms)
{
    int done = 0;

    while (redisBufferWrite(link->context, &done) == REDIS_OK) {
        if (done) {
            return true;
        }
        if (redis_link_poll(link, POLLOUT, false, until_ms) != REDIS_EVENT_SOCKET) {
            redis_link_close(link, "a command could not be sent in time");
            return false;
        }
    }
    redis_link_close(link, link->context->errstr);
    return false;
}

/* What has arrived, or NULL; closes a link that is broken. */
static redisReply *
redis_link_take(struct redis_link *link)
{
    void *reply = NULL;

    if (redisGetReplyFromReader(link->context, &reply) != REDIS_OK) {
        redis_link_close(link, link->context->errstr);
        return NULL;
    }
    link->pinged = link->pinged && reply == NULL;
    return reply;
}

static bool
redis_link_read(struct redis_link *link)
{
    if (redisBufferRead(link->context) == REDIS_OK) {
        return true;
    }
    redis_link_close(link, link->context->errstr);
    return false;
}

static redisReply *
redis_link_await(struct redis_link *link, int64_t until_ms)
{
    redisReply *reply = redis_link_take(link);

    while (reply == NULL && link->context != NULL) {
        if (redis_link_poll(link, POLLIN, false, until_ms) != REDIS_EVENT_SOCKET) {
            redis_link_close(link, "no answer in time");
        } else if (redis_link_read(link)) {
            reply = redis_link_take(link);
        }
    }
    return reply;
}

static void
redis_link_append(struct redis_link *link, int count, const char *const *words)
{
    redisAppendCommandArgv(link->context, count, (const char **)(uintptr_t)words, NULL);
}

/* The reply to the oldest command that has none, which the caller frees; NULL when there is none in
 * time or it is an error. */
static redisReply *
redis_link_answer(struct redis_link *link, int64_t until_ms)
{
    if (link->pinged) { /* Its answer comes first. */
        freeReplyObject(redis_link_await(link, until_ms));
    }
    redisReply *reply = link->context == NULL ? NULL : redis_link_await(link, until_ms);
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR) {
        redis_link_close(link, reply->str);
        freeReplyObject(reply);
        return NULL;
    }
    link->backoff_ms = reply == NULL ? link->backoff_ms : 0;
    return reply;
}

redisReply *
redis_link_ask(struct redis_link *link, int count, const char *const *words)
{
    int64_t until_ms = redis_link_answer_by(link);

    redis_link_append(link, count, words);
    return redis_link_flush(link, until_ms) ? redis_link_answer(link, until_ms) : NULL;
}

size_t
redis_link_ask_all(struct redis_link *link, size_t count, const char *const (*commands)[3])
{
    int64_t until_ms = redis_link_answer_by(link);
    size_t answered = 0;

    for (size_t i = 0; i < count; i++) {
        redis_link_append(link, 3, commands[i]);
    }
    if (!redis_link_flush(link, until_ms)) {
        return 0;
    }
    while (answered < count) {
        redisReply *reply = redis_link_answer(link, until_ms);
        if (reply == NULL) {
            break;
        }
        freeReplyObject(reply);
        answered++;
    }
    return answered;
}

static bool
redis_link_greet(struct redis_link *link, int count, const char *const *words)
{
    int64_t backoff_ms = link->backoff_ms;
    redisReply *reply = redis_link_ask(link, count, words);

    link->backoff_ms = backoff_ms; /* A greeting proves too little to begin anew. */
    if (reply == NULL) {
        return false;
    }
    freeReplyObject(reply);
    return true;
}

static bool
redis_link_log_in(struct redis_link *link)
{
    const struct redis_address *address = &link->address;
    const char *const by_password[] = { "AUTH", address->password };
    const char *const by_user[] = { "AUTH", address->user, address->password };
    const char *const select[] = { "SELECT", address->database };
    const char *const ping[] = { "PING" };

    if (address->password != NULL &&
        !(address->user == NULL ? redis_link_greet(link, 2, by_password)
                                : redis_link_greet(link, 3, by_user))) {
        return false;
    }
    if (address->database != NULL && !redis_link_greet(link, 2, select)) {
        return false;
    }
    return redis_link_greet(link, 1, ping);
}

/* The socket connects while we poll, so that a stop need not wait for it. */
static bool
redis_link_connect(struct redis_link *link)
{
    const struct redis_address *address = &link->address;
    int failure = 0;
    socklen_t length = sizeof failure;

    if (!link->address_is_good) {
        redis_link_close(link, link->fault);
        return false;
    }
    link->context = address->path != NULL ? redisConnectUnixNonBlock(address->path)
                                          : redisConnectNonBlock(address->host, address->port);
    if (link->context == NULL || link->context->err != 0) {
        redis_link_close(link, link->context == NULL ? "out of memory" : link->context->errstr);
        return false;
    }
    if (redis_link_poll(link, POLLOUT, false, redis_link_answer_by(link)) != REDIS_EVENT_SOCKET) {
        redis_link_close(link, "no connection in time");
        return false;
    }
    getsockopt(link->context->fd, SOL_SOCKET, SO_ERROR, &failure, &length);
    if (failure != 0) {
        redis_link_close(link, strerrordesc_np(failure));
        return false;
    }
    return true;
}

static void
redis_link_back_off(struct redis_link *link)
{
    int64_t most_ms = config_ms(link->config, SETTING_REDIS_RECONNECT_MAX_SECONDS);

    if (link->backoff_ms > 0) {
        int64_t half_ms = link->backoff_ms / 2;
        int64_t pause_ms = half_ms + digest_random_below((uint32_t)half_ms + 1);
        redis_link_poll(link, 0, false, clock_monotonic_ms() + pause_ms);
    }
    int64_t first_ms = config_ms(link->config, SETTING_REDIS_RECONNECT_MIN_SECONDS);
    int64_t next_ms = link->backoff_ms == 0 ? first_ms : link->backoff_ms * 2;
    link->backoff_ms = next_ms < most_ms ? next_ms : most_ms;
}

bool
redis_link_ensure(struct redis_link *link)
{
    if (link->context == NULL) {
        redis_link_back_off(link);
    }
    return redis_link_open(link);
}

bool
redis_link_open(struct redis_link *link)
{
    if (link->context != NULL) {
        return true;
    }
    link->pinged = false;
    if (redis_link_is_stopping(link) || !redis_link_connect(link) || !redis_link_log_in(link)) {
        return false;
    }
    atomic_store(&link->up, true);
    if (link->told_away) {
        log_info("Redis answers again", LOG_STR(NAME, link->purpose));
        link->told_away = false;
    }
    return true;
}

/* Nothing was heard for a while: ask; still nothing: give up. */
static void
redis_link_mind_silence(struct redis_link *link)
{
    if (link->pinged) {
        redis_link_close(link, "no answer in time");
        return;
    }
    redisAppendCommand(link->context, "PING");
    link->pinged = redis_link_flush(link, redis_link_answer_by(link));
}

redisReply *
redis_link_next(struct redis_link *link)
{
    int64_t silence_ms =
        config_ms(link->config, link->pinged ? SETTING_REDIS_CONNECT_TIMEOUT_SECONDS
                                             : SETTING_REDIS_PING_SECONDS);
    redisReply *reply = redis_link_take(link);

    if (reply != NULL || link->context == NULL) {
        return reply;
    }
    switch (redis_link_poll(link, POLLIN, true, clock_monotonic_ms() + silence_ms)) {
    case REDIS_EVENT_SOCKET:
        return redis_link_read(link) ? redis_link_take(link) : NULL;
    case REDIS_EVENT_NONE:
        redis_link_mind_silence(link);
        return NULL;
    case REDIS_EVENT_NUDGE:
    case REDIS_EVENT_STOP:
        break;
    }
    return NULL;
}
