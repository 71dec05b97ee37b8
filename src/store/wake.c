#include "store/wake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/redis_address.h"
#include "store/redis_link.h"
#include "store/wake_thread.h"

struct wake_message {
    char *channel;
    char *text;
};

struct wake {
    struct redis_link *link; /* NULL: no Redis is configured, and there is no thread */
    pthread_t thread;
    int64_t ending_ms;               /* how long ending may take */
    atomic_int_least64_t ends_by_ms; /* monotonic; 0: not ending */
    pthread_mutex_t mutex;           /* guards the ring */
    struct wake_message *ring;
    size_t room;
    size_t first;
    size_t waiting;
};

struct error
wake_check(struct arena *arena, const struct config *config)
{
    const char *url = config_text(config, SETTING_REDIS_URL);
    struct redis_address address;

    return url[0] == '\0' ? NO_ERROR : redis_address_parse(arena, url, &address);
}

/* The oldest message, which stays in the ring: only this thread takes from it. */
static bool
wake_oldest(struct wake *wake, struct wake_message *out)
{
    pthread_mutex_lock(&wake->mutex);
    bool any = wake->waiting > 0;
    if (any) {
        *out = wake->ring[wake->first];
    }
    pthread_mutex_unlock(&wake->mutex);
    return any;
}

static void
wake_drop_oldest(struct wake *wake)
{
    pthread_mutex_lock(&wake->mutex);
    mem_free(wake->ring[wake->first].channel);
    mem_free(wake->ring[wake->first].text);
    wake->first = (wake->first + 1) % wake->room;
    wake->waiting--;
    pthread_mutex_unlock(&wake->mutex);
}

/* One message, or one wait for anything to happen. */
static void
wake_turn(struct wake *wake)
{
    struct wake_message message;

    if (!wake_oldest(wake, &message)) {
        redisReply *unasked = redis_link_next(wake->link); /* the answer to a PING, or nothing */
        freeReplyObject(unasked);
        return;
    }
    const char *const words[] = { "PUBLISH", message.channel, message.text };
    redisReply *reply = redis_link_ask(wake->link, 3, words);
    if (reply != NULL) { /* Else it is tried again on the next connection. */
        wake_drop_oldest(wake);
        freeReplyObject(reply);
    }
}

/* An ending thread still sends what waits, if Redis is there and quick. */
static bool
wake_has_ended(struct wake *wake)
{
    struct wake_message message;
    int64_t ends_by_ms = atomic_load(&wake->ends_by_ms);

    return ends_by_ms != 0 && (!redis_link_is_up(wake->link) || !wake_oldest(wake, &message) ||
                               clock_monotonic_ms() >= ends_by_ms);
}

static void *
wake_main(void *argument)
{
    struct wake *wake = argument;

    while (!redis_link_is_stopping(wake->link) && !wake_has_ended(wake)) {
        if (redis_link_ensure(wake->link)) {
            wake_turn(wake);
        }
    }
    return NULL;
}

struct wake *
wake_new(const struct config *config)
{
    struct wake *wake = mem_zalloc(sizeof *wake);

    pthread_mutex_init(&wake->mutex, NULL);
    if (config_text(config, SETTING_REDIS_URL)[0] == '\0') {
        return wake;
    }
    wake->room = (size_t)config_count(config, SETTING_REDIS_WAITING_MAX);
    wake->ring = mem_zalloc(sizeof *wake->ring * wake->room);
    wake->ending_ms = config_ms(config, SETTING_REDIS_CONNECT_TIMEOUT_SECONDS);
    wake->link = redis_link_new(config, "publisher");
    wake->thread = wake_thread_start("wake", wake_main, wake);
    return wake;
}

static void
wake_end_thread(struct wake *wake)
{
    atomic_store(&wake->ends_by_ms, clock_monotonic_ms() + wake->ending_ms);
    redis_link_nudge(wake->link);
    if (!redis_link_is_up(wake->link)) {
        redis_link_stop(wake->link);
    }
    pthread_join(wake->thread, NULL);
    redis_link_free(wake->link);
}

void
wake_free(struct wake *wake)
{
    if (wake == NULL) {
        return;
    }
    if (wake->link != NULL) {
        wake_end_thread(wake);
    }
    while (wake->waiting > 0) {
        wake_drop_oldest(wake);
    }
    pthread_mutex_destroy(&wake->mutex);
    mem_free(wake->ring);
    mem_free(wake);
}

void
wake_publish(struct wake *wake, const char *channel, const char *message)
{
    if (wake->link == NULL) {
        return;
    }
    pthread_mutex_lock(&wake->mutex);
    if (wake->waiting < wake->room) {
        size_t last = (wake->first + wake->waiting) % wake->room;
        wake->ring[last] = (struct wake_message){ mem_strdup(channel), mem_strdup(message) };
        wake->waiting++;
    }
    pthread_mutex_unlock(&wake->mutex);
    redis_link_nudge(wake->link);
}

bool
wake_is_up(struct wake *wake)
{
    return wake->link == NULL || redis_link_is_up(wake->link);
}
