/* test_wake.c: Redis as a bell: what is rung is heard, and Redis may come and go. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "check.h"
#include "store/redis_address.h"
#include "store/wake.h"
#include "test_service.h"

enum { LIMIT_MS = 20000, PROMPT_MS = 1000 };

/* What a listener has heard; guarded by the mutex. */
static struct {
    pthread_mutex_t mutex;
    int count;
    char channel[64];
    char message[64];
} heard = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static struct config *config;
static struct arena *arena;
static struct test_redis redis;

static void
wake_test_hear(const char *channel, const char *message, void *context)
{
    (void)context;
    pthread_mutex_lock(&heard.mutex);
    heard.count++;
    snprintf(heard.channel, sizeof heard.channel, "%s", channel);
    snprintf(heard.message, sizeof heard.message, "%s", message);
    pthread_mutex_unlock(&heard.mutex);
}

static bool
wake_test_heard(void *message)
{
    pthread_mutex_lock(&heard.mutex);
    bool same = strcmp(heard.message, message) == 0;
    pthread_mutex_unlock(&heard.mutex);
    return same;
}

static bool
wake_test_is_up(void *wake)
{
    return wake_is_up(wake);
}

static bool
wake_test_is_down(void *wake)
{
    return !wake_is_up(wake);
}

static bool
wake_test_listens(void *listener)
{
    return wake_listener_is_up(listener);
}

static bool
wake_test_is_deaf(void *listener)
{
    return !wake_listener_is_up(listener);
}

static void
wake_test_set(enum setting_id id, const char *value)
{
    struct error error = config_set(config, arena, id, value);

    CHECK_CASE(!error_is(error), value);
}

static void
test_rung_and_heard(void)
{
    struct wake *wake = wake_new(config);
    struct wake_listener *listener = wake_listen(config, wake_test_hear, NULL);

    CHECK(test_until(LIMIT_MS, wake_test_listens, listener));
    wake_publish(wake, WAKE_COMMANDS, "CMD:PROVISION:{\"a\": 1}");
    CHECK(test_until(LIMIT_MS, wake_test_heard, "CMD:PROVISION:{\"a\": 1}"));
    CHECK_STR(heard.channel, WAKE_COMMANDS);
    wake_publish(wake, WAKE_JOBS, "job-terminator");
    CHECK(test_until(LIMIT_MS, wake_test_heard, "job-terminator"));
    CHECK_STR(heard.channel, WAKE_JOBS);
    CHECK(wake_is_up(wake));
    wake_free(wake);
    wake_listener_free(listener);
}

static void
test_last_words(void)
{
    struct wake *wake = wake_new(config);
    struct wake_listener *listener = wake_listen(config, wake_test_hear, NULL);

    CHECK(test_until(LIMIT_MS, wake_test_listens, listener));
    CHECK(test_until(LIMIT_MS, wake_test_is_up, wake));
    for (int i = 0; i < 100; i++) {
        wake_publish(wake, WAKE_JOBS, "one of many");
    }
    wake_publish(wake, WAKE_JOBS, "the last");
    wake_free(wake);
    CHECK(test_until(LIMIT_MS, wake_test_heard, "the last"));
    wake_listener_free(listener);
}

static void
test_redis_comes_and_goes(void)
{
    struct wake *wake = wake_new(config);
    struct wake_listener *listener = wake_listen(config, wake_test_hear, NULL);

    CHECK(test_until(LIMIT_MS, wake_test_is_up, wake));
    test_redis_kill(&redis);
    CHECK(test_until(LIMIT_MS, wake_test_is_down, wake));
    CHECK(test_until(LIMIT_MS, wake_test_is_deaf, listener));
    int64_t before_ms = clock_monotonic_ms();
    for (int i = 0; i < 5000; i++) {
        wake_publish(wake, WAKE_JOBS, "while away");
    }
    CHECK(clock_monotonic_ms() - before_ms < PROMPT_MS);
    test_redis_start(&redis);
    CHECK(test_until(LIMIT_MS, wake_test_listens, listener));
    CHECK(test_until(LIMIT_MS, wake_test_is_up, wake));
    wake_publish(wake, WAKE_JOBS, "lost in a full queue, perhaps");
    CHECK(test_until(LIMIT_MS, wake_test_heard, "while away") ||
          test_until(LIMIT_MS, wake_test_heard, "lost in a full queue, perhaps"));
    wake_free(wake);
    wake_listener_free(listener);
}

static void
test_ends_promptly(void)
{
    struct wake *wake = wake_new(config);
    struct wake_listener *listener = wake_listen(config, wake_test_hear, NULL);

    CHECK(test_until(LIMIT_MS, wake_test_is_up, wake));
    CHECK(test_until(LIMIT_MS, wake_test_listens, listener));
    int64_t before_ms = clock_monotonic_ms();
    wake_free(wake);
    wake_listener_free(listener);
    CHECK(clock_monotonic_ms() - before_ms < PROMPT_MS);

    test_redis_kill(&redis);
    wake = wake_new(config);
    listener = wake_listen(config, wake_test_hear, NULL);
    wake_publish(wake, WAKE_JOBS, "to nobody");
    before_ms = clock_monotonic_ms();
    wake_free(wake);
    wake_listener_free(listener);
    CHECK(clock_monotonic_ms() - before_ms < PROMPT_MS);
    test_redis_start(&redis);
}

static void
test_without_redis(void)
{
    struct config *without = config_defaults('O');
    struct wake *wake = wake_new(without);
    struct wake_listener *listener = wake_listen(without, wake_test_hear, NULL);

    wake_publish(wake, WAKE_JOBS, "to nobody");
    CHECK(wake_is_up(wake));
    CHECK(wake_listener_is_up(listener));
    CHECK(!error_is(wake_check(arena, without)));
    wake_free(wake);
    wake_listener_free(listener);
    config_free(without);
}

static void
test_addresses(void)
{
    static const struct {
        const char *url;
        const char *told; /* path|host|port|user|password|database */
    } cases[] = {
        { "redis://localhost", "-|localhost|6379|-|-|-" },
        { "redis://10.0.0.1:7000/3", "-|10.0.0.1|7000|-|-|3" },
        { "redis://:p%40ss:w@host:1/", "-|host|1|-|p@ss:w|-" },
        { "redis://user:secret@host:1", "-|host|1|user|secret|-" },
        { "redis://[::1]:7000", "-|::1|7000|-|-|-" },
        { "redis://[::1]/2", "-|::1|6379|-|-|2" },
        { "unix:///run/redis.sock", "/run/redis.sock|-|0|-|-|-" },
        { "unix:///run/r.sock?password=a%26b&db=4", "/run/r.sock|-|0|-|a&b|4" },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct redis_address a = { 0 };
        CHECK_CASE(!error_is(redis_address_parse(arena, cases[i].url, &a)), cases[i].url);
        const char *told = arena_printf(
            arena, "%s|%s|%d|%s|%s|%s", a.path == NULL ? "-" : a.path,
            a.host == NULL ? "-" : a.host, a.port, a.user == NULL ? "-" : a.user,
            a.password == NULL ? "-" : a.password, a.database == NULL ? "-" : a.database);
        CHECK_STR(told, cases[i].told);
    }
}

static void
test_bad_addresses(void)
{
    static const char *const urls[] = { "http://localhost",     "redis://",
                                        "redis://:secret@",     "redis://host:secret",
                                        "redis://host:0",       "redis://host:70000",
                                        "redis://host:1/x",     "rediss://:secret@host",
                                        "unix://relative.sock", "unix:///s?key=secret",
                                        "redis://[::1",         "redis://[::1]x7000" };

    for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
        struct redis_address a;
        struct error error = redis_address_parse(arena, urls[i], &a);
        CHECK_CASE(error.code == ERR_CONFIG, urls[i]);
        CHECK_CASE(error.message == NULL || strstr(error.message, "secret") == NULL, urls[i]);
    }
}

int
main(void)
{
    digest_start();
    log_start("test", "error", false);
    arena = arena_new();
    config = config_defaults('O');
    test_redis_start(&redis);
    wake_test_set(SETTING_REDIS_URL, redis.url);
    wake_test_set(SETTING_REDIS_RECONNECT_MAX_SECONDS, "0.2");
    wake_test_set(SETTING_REDIS_PING_SECONDS, "0.1");
    check_run("what is rung on a channel is heard with its channel", test_rung_and_heard);
    check_run("what was rung before the end is still sent", test_last_words);
    check_run("both come back after Redis was killed, and ringing never waits",
              test_redis_comes_and_goes);
    check_run("both end promptly, with Redis and without", test_ends_promptly);
    check_run("without a Redis everything is quiet and well", test_without_redis);
    check_run("the forms of REDIS_URL are understood", test_addresses);
    check_run("other forms are refused without telling the password", test_bad_addresses);
    test_redis_stop_for_good(&redis);
    config_free(config);
    arena_free(arena);
    return check_end();
}
