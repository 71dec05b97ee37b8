#include "base/loop.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"

enum { POSTERS = 4, POSTS = 5000 };

static char order[64];

static void
note(void *argument)
{
    strncat(order, argument, sizeof order - strlen(order) - 1);
}

static void
stop(void *argument)
{
    loop_stop(argument);
}

static void
test_post_order(void)
{
    struct loop *loop = loop_new();

    order[0] = '\0';
    loop_post(loop, note, "a");
    loop_post(loop, note, "b");
    loop_post(loop, note, "c");
    loop_post(loop, stop, loop);
    loop_run(loop);
    CHECK_STR(order, "abc");
    loop_post(loop, note, "d");
    loop_free(loop);
    CHECK_STR(order, "abcd");
}

struct poster {
    struct loop *loop;
    pthread_t thread;
    int next_seen;
    bool in_order;
};

struct post {
    struct poster *poster;
    int number;
};

static struct poster posters[POSTERS];
static struct post posts[POSTERS][POSTS];
static int posts_seen;

static void
see_post(void *argument)
{
    struct post *post = argument;

    post->poster->in_order = post->poster->in_order && post->number == post->poster->next_seen;
    post->poster->next_seen++;
    posts_seen++;
    if (posts_seen == POSTERS * POSTS) {
        loop_stop(post->poster->loop);
    }
}

static void *
post_all(void *argument)
{
    struct poster *poster = argument;
    struct post *mine = posts[poster - posters];

    for (int i = 0; i < POSTS; i++) {
        mine[i] = (struct post){ poster, i };
        loop_post(poster->loop, see_post, &mine[i]);
    }
    return NULL;
}

static void
test_post_threads(void)
{
    struct loop *loop = loop_new();

    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){ .loop = loop, .in_order = true };
        pthread_create(&posters[i].thread, NULL, post_all, &posters[i]);
    }
    loop_run(loop);
    for (int i = 0; i < POSTERS; i++) {
        pthread_join(posters[i].thread, NULL);
        CHECK(posters[i].in_order);
        CHECK_I64(posters[i].next_seen, POSTS);
    }
    loop_free(loop);
}

static void
test_stop_first(void)
{
    struct loop *loop = loop_new();

    loop_stop(loop);
    loop_run(loop); /* comes back at once, or the test never ends */
    CHECK(true);
    loop_free(loop);
}

static void
test_timers(void)
{
    struct loop *loop = loop_new();
    struct loop_timer *late = loop_timer_new(loop, note, "late");
    struct loop_timer *early = loop_timer_new(loop, note, "early ");
    struct loop_timer *never = loop_timer_new(loop, note, "never");
    struct loop_timer *end = loop_timer_new(loop, stop, loop);
    int64_t start_ms = clock_monotonic_ms();

    order[0] = '\0';
    loop_timer_start(late, 30);
    loop_timer_start(early, 60);
    loop_timer_start(early, 10); /* starting again moves it */
    loop_timer_start(never, 5);
    loop_timer_stop(never);
    loop_timer_start(end, 40);
    loop_run(loop);
    CHECK_STR(order, "early late");
    CHECK(clock_monotonic_ms() - start_ms >= 39);
    loop_timer_free(late);
    loop_timer_free(early);
    loop_timer_free(never);
    loop_timer_free(end);
    loop_timer_free(NULL);
    loop_free(loop);
}

struct watched {
    struct loop *loop;
    struct loop_watch *watch;
    int fd;
    bool writable;
    int calls;
    int stop_at;
};

static void
on_watch(void *argument)
{
    struct watched *watched = argument;
    char byte;

    watched->calls++;
    CHECK(recv(watched->fd, &byte, 1, MSG_DONTWAIT) == 1 || watched->writable);
    if (watched->calls >= watched->stop_at) {
        loop_stop(watched->loop);
    }
}

static void
test_watch(void)
{
    struct watched watched = { .loop = loop_new(), .stop_at = 3 };
    int ends[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
    watched.fd = ends[0];
    watched.watch = loop_watch_new(watched.loop, ends[0], on_watch, &watched);
    CHECK_I64(write(ends[1], "xyz", 3), 3);
    loop_run(watched.loop); /* level-triggered: once a byte, as one is read each time */
    CHECK_I64(watched.calls, 3);

    watched.stop_at = 5;
    watched.writable = true;
    loop_watch_writable(watched.watch, true);
    loop_run(watched.loop);
    CHECK(watched.calls >= 5);

    int calls = watched.calls;
    loop_watch_writable(watched.watch, false);
    loop_post(watched.loop, stop, watched.loop);
    loop_run(watched.loop);
    CHECK_I64(watched.calls, calls);
    loop_watch_free(watched.watch);
    loop_watch_free(NULL);
    loop_free(watched.loop);
    close(ends[0]);
    close(ends[1]);
}

struct turn {
    struct loop_turn_end *end;
    int asked;
    int ended;
    int ended_when_asked_again;
};

static void
ask_turn_end(void *argument)
{
    struct turn *turn = argument;

    turn->asked++;
    loop_turn_end_ask(turn->end);
    loop_turn_end_ask(turn->end);
}

static void
on_turn_end(void *argument)
{
    struct turn *turn = argument;

    turn->ended++;
    CHECK_I64(turn->asked, 2); /* behind all that the turn held */
}

static void
test_turn_end(void)
{
    struct loop *loop = loop_new();
    struct turn turn = { 0 };

    turn.end = loop_turn_end_new(loop, on_turn_end, &turn);
    loop_post(loop, ask_turn_end, &turn);
    loop_post(loop, ask_turn_end, &turn);
    struct loop_timer *end = loop_timer_new(loop, stop, loop);
    loop_timer_start(end, 1);
    loop_run(loop);
    CHECK_I64(turn.ended, 1);
    loop_timer_free(end);
    loop_turn_end_free(turn.end);
    loop_turn_end_free(NULL);
    loop_free(loop);
}

static void
raise_stop(void *argument)
{
    (void)argument;
    kill(getpid(), SIGTERM);
}

static void
test_signal(void)
{
    struct loop *loop = loop_new();

    loop_on_stop_signal(loop, stop, loop);
    loop_post(loop, raise_stop, NULL);
    loop_run(loop); /* the signal ends it */
    CHECK(true);
    loop_free(loop);
}

int
main(void)
{
    check_run("what is posted runs in order, and at the latest in loop_free()", test_post_order);
    check_run("several threads may post at once, each in its own order", test_post_threads);
    check_run("a loop that was stopped before it ran comes back", test_stop_first);
    check_run("timers fire in time, are moved by a new start and silenced by a stop", test_timers);
    check_run("a watch tells of each readable and, on request, writable moment", test_watch);
    check_run("a turn's end comes once, behind everything else in the turn", test_turn_end);
    check_run("SIGTERM reaches the loop", test_signal);
    return check_end();
}
