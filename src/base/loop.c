/* loop.c: libevent is touched by the loop's own thread alone; other threads reach it through a
 * list under a mutex and an eventfd, so the event base needs no locks of its own. */
#include "base/loop.h"

#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct loop_posted {
    struct loop_posted *next;
    loop_fn fn;
    void *argument;
};

struct loop {
    struct event_base *base;
    struct event *wake;
    struct event *stop_signals[2];
    loop_fn stop_fn;
    void *stop_argument;
    int wake_fd;
    atomic_bool stop_wanted;
    pthread_mutex_t mutex; /* guards the list of what was posted */
    struct loop_posted *first;
    struct loop_posted **last;
};

struct loop_timer {
    struct event *event;
    loop_fn fn;
    void *argument;
};

struct loop_watch {
    struct event *event;
    struct event_base *base;
    loop_fn fn;
    void *argument;
    bool writable;
};

struct loop_turn_end {
    struct event *event;
    loop_fn fn;
    void *argument;
    bool asked;
};

/* libevent gives NULL where memory or the kernel's descriptors are out: as fatal as mem.c's. */
static void *
loop_require(void *pointer)
{
    if (pointer == NULL) {
        abort();
    }
    return pointer;
}

static void
loop_event_free(struct event *event)
{
    if (event != NULL) {
        event_free(event);
    }
}

static struct loop_posted *
loop_take_posted(struct loop *loop)
{
    pthread_mutex_lock(&loop->mutex);
    struct loop_posted *first = loop->first;
    loop->first = NULL;
    loop->last = &loop->first;
    pthread_mutex_unlock(&loop->mutex);
    return first;
}

static void
loop_run_posted(struct loop *loop)
{
    for (struct loop_posted *posted = loop_take_posted(loop); posted != NULL;) {
        struct loop_posted *next = posted->next;
        posted->fn(posted->argument);
        mem_free(posted);
        posted = next;
    }
}

static void
loop_on_wake(evutil_socket_t fd, short what, void *argument)
{
    struct loop *loop = argument;
    eventfd_t ignored;

    (void)what;
    eventfd_read(fd, &ignored);
    loop_run_posted(loop);
    if (atomic_load(&loop->stop_wanted)) {
        event_base_loopbreak(loop->base);
    }
}

struct loop *
loop_new(void)
{
    struct loop *loop = mem_zalloc(sizeof *loop);
    struct event_config *config = loop_require(event_config_new());

    /* Without PRECISE_TIMER timers tick at about 4 ms. */
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER | EVENT_BASE_FLAG_NOLOCK);
    loop->base = loop_require(event_base_new_with_config(config));
    event_config_free(config);
    pthread_mutex_init(&loop->mutex, NULL);
    loop->last = &loop->first;
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    loop->wake = loop_require(
        event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, loop_on_wake, loop));
    event_add(loop->wake, NULL);
    return loop;
}

void
loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    while (loop->first != NULL) {
        loop_run_posted(loop);
    }
    loop_event_free(loop->stop_signals[0]);
    loop_event_free(loop->stop_signals[1]);
    loop_event_free(loop->wake);
    event_base_free(loop->base);
    close(loop->wake_fd);
    pthread_mutex_destroy(&loop->mutex);
    mem_free(loop);
}

void
loop_run(struct loop *loop)
{
    while (!atomic_load(&loop->stop_wanted)) {
        event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    }
    atomic_store(&loop->stop_wanted, false);
}

void
loop_post(struct loop *loop, loop_fn fn, void *argument)
{
    struct loop_posted *posted = mem_alloc(sizeof *posted);

    *posted = (struct loop_posted){ .fn = fn, .argument = argument };
    pthread_mutex_lock(&loop->mutex);
    bool first = loop->first == NULL;
    *loop->last = posted;
    loop->last = &posted->next;
    /* Under the mutex, so that the loop cannot be freed between: whoever frees it has seen this
     * work done, and for that took the mutex. */
    if (first) {
        eventfd_write(loop->wake_fd, 1);
    }
    pthread_mutex_unlock(&loop->mutex);
}

void
loop_stop(struct loop *loop)
{
    atomic_store(&loop->stop_wanted, true);
    eventfd_write(loop->wake_fd, 1);
}

static void
loop_on_signal(evutil_socket_t number, short what, void *argument)
{
    struct loop *loop = argument;

    (void)number;
    (void)what;
    loop->stop_fn(loop->stop_argument);
}

void
loop_on_stop_signal(struct loop *loop, loop_fn fn, void *argument)
{
    static const int numbers[] = { SIGTERM, SIGINT };

    loop->stop_fn = fn;
    loop->stop_argument = argument;
    for (size_t i = 0; i < 2; i++) {
        loop->stop_signals[i] =
            loop_require(evsignal_new(loop->base, numbers[i], loop_on_signal, loop));
        event_add(loop->stop_signals[i], NULL);
    }
}

static void
loop_on_timer(evutil_socket_t fd, short what, void *argument)
{
    struct loop_timer *timer = argument;

    (void)fd;
    (void)what;
    timer->fn(timer->argument);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_fn fn, void *argument)
{
    struct loop_timer *timer = mem_alloc(sizeof *timer);

    *timer = (struct loop_timer){ .fn = fn, .argument = argument };
    timer->event = loop_require(evtimer_new(loop->base, loop_on_timer, timer));
    return timer;
}

void
loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
    int64_t delay = delay_ms < 0 ? 0 : delay_ms;
    struct timeval after = { .tv_sec = delay / 1000, .tv_usec = delay % 1000 * 1000 };

    event_add(timer->event, &after);
}

void
loop_timer_stop(struct loop_timer *timer)
{
    event_del(timer->event);
}

void
loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL) {
        loop_event_free(timer->event);
        mem_free(timer);
    }
}

static void
loop_on_watch(evutil_socket_t fd, short what, void *argument)
{
    struct loop_watch *watch = argument;

    (void)fd;
    (void)what;
    watch->fn(watch->argument);
}

struct loop_watch *
loop_watch_new(struct loop *loop, int fd, loop_fn fn, void *argument)
{
    struct loop_watch *watch = mem_alloc(sizeof *watch);

    *watch = (struct loop_watch){ .base = loop->base, .fn = fn, .argument = argument };
    watch->event =
        loop_require(event_new(loop->base, fd, EV_READ | EV_PERSIST, loop_on_watch, watch));
    event_add(watch->event, NULL);
    return watch;
}

void
loop_watch_writable(struct loop_watch *watch, bool wanted)
{
    if (watch->writable == wanted) {
        return;
    }
    evutil_socket_t fd = event_get_fd(watch->event);
    short what = (short)(EV_READ | EV_PERSIST | (wanted ? EV_WRITE : 0));

    watch->writable = wanted;
    event_del(watch->event);
    event_assign(watch->event, watch->base, fd, what, loop_on_watch, watch);
    event_add(watch->event, NULL);
}

void
loop_watch_free(struct loop_watch *watch)
{
    if (watch != NULL) {
        loop_event_free(watch->event);
        mem_free(watch);
    }
}

static void
loop_on_turn_end(evutil_socket_t fd, short what, void *argument)
{
    struct loop_turn_end *turn_end = argument;

    (void)fd;
    (void)what;
    turn_end->asked = false;
    turn_end->fn(turn_end->argument);
}

struct loop_turn_end *
loop_turn_end_new(struct loop *loop, loop_fn fn, void *argument)
{
    struct loop_turn_end *turn_end = mem_alloc(sizeof *turn_end);

    *turn_end = (struct loop_turn_end){ .fn = fn, .argument = argument };
    turn_end->event = loop_require(event_new(loop->base, -1, 0, loop_on_turn_end, turn_end));
    return turn_end;
}

void
loop_turn_end_ask(struct loop_turn_end *turn_end)
{
    if (!turn_end->asked) {
        turn_end->asked = true;
        /* Goes behind everything that this turn has made active. */
        event_active(turn_end->event, EV_TIMEOUT, 0);
    }
}

void
loop_turn_end_free(struct loop_turn_end *turn_end)
{
    if (turn_end != NULL) {
        loop_event_free(turn_end->event);
        mem_free(turn_end);
    }
}
