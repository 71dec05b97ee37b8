/* wake_listener.c: hears what is published on the two channels (wake.h). */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/mem.h"
#include "store/redis_link.h"
#include "store/wake.h"
#include "store/wake_thread.h"

struct wake_listener {
    struct redis_link *link; /* NULL: no Redis is configured, and there is no thread */
    pthread_t thread;
    wake_heard heard;
    void *context;
    atomic_bool subscribed;
};

static bool
wake_listener_subscribe(struct wake_listener *listener)
{
    const char *const words[] = { "SUBSCRIBE", WAKE_COMMANDS, WAKE_JOBS };
    redisReply *reply = redis_link_ask(listener->link, 3, words);

    freeReplyObject(reply);
    return reply != NULL;
}

/* ["message", channel, text]; the answers to SUBSCRIBE and PING have the same shape. */
static void
wake_listener_tell(struct wake_listener *listener, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        strcmp(reply->element[0]->str, "message") != 0) {
        return;
    }
    if (reply->element[1]->type == REDIS_REPLY_STRING &&
        reply->element[2]->type == REDIS_REPLY_STRING) {
        listener->heard(reply->element[1]->str, reply->element[2]->str, listener->context);
    }
}

static void
wake_listener_turn(struct wake_listener *listener)
{
    if (!atomic_load(&listener->subscribed) && !wake_listener_subscribe(listener)) {
        return;
    }
    atomic_store(&listener->subscribed, true);
    redisReply *reply = redis_link_next(listener->link);
    if (reply != NULL) {
        wake_listener_tell(listener, reply);
        freeReplyObject(reply);
    }
    if (!redis_link_is_up(listener->link)) {
        atomic_store(&listener->subscribed, false);
    }
}

static void *
wake_listener_main(void *argument)
{
    struct wake_listener *listener = argument;

    while (!redis_link_is_stopping(listener->link)) {
        if (redis_link_ensure(listener->link)) {
            wake_listener_turn(listener);
        }
    }
    return NULL;
}

struct wake_listener *
wake_listen(const struct config *config, wake_heard heard, void *context)
{
    struct wake_listener *listener = mem_zalloc(sizeof *listener);

    listener->heard = heard;
    listener->context = context;
    if (config_text(config, SETTING_REDIS_URL)[0] != '\0') {
        listener->link = redis_link_new(config, "listener");
        listener->thread = wake_thread_start("wake-listener", wake_listener_main, listener);
    }
    return listener;
}

void
wake_listener_free(struct wake_listener *listener)
{
    if (listener == NULL) {
        return;
    }
    if (listener->link != NULL) {
        redis_link_stop(listener->link);
        pthread_join(listener->thread, NULL);
        redis_link_free(listener->link);
    }
    mem_free(listener);
}

bool
wake_listener_is_up(struct wake_listener *listener)
{
    return listener->link == NULL || atomic_load(&listener->subscribed);
}
