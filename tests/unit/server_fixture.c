#include "server_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"

enum { SERVER_FIXTURE_LIMIT_S = 20 };

struct server_fixture {
    struct loop *loop;
    struct http_server *server;
    struct arena *arena;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool drained;
};

struct server_fixture_task {
    struct server_fixture *fixture;
    loop_fn fn;
    void *argument;
    int64_t limit_ms;
    bool done;
};

static void *
server_fixture_main(void *argument)
{
    struct server_fixture *fixture = argument;

    loop_run(fixture->loop);
    return NULL;
}

struct server_fixture *
server_fixture_new(struct http_server_options options)
{
    struct server_fixture *fixture = mem_zalloc(sizeof *fixture);

    signal(SIGPIPE, SIG_IGN);
    options.listen = options.listen == NULL ? "127.0.0.1:0" : options.listen;
    options.body_max = options.body_max == 0 ? 1000 : options.body_max;
    options.connections_max = options.connections_max == 0 ? 1000 : options.connections_max;
    options.request_timeout_ms =
        options.request_timeout_ms == 0 ? 30000 : options.request_timeout_ms;
    fixture->arena = arena_new();
    fixture->loop = loop_new();
    pthread_mutex_init(&fixture->mutex, NULL);
    pthread_cond_init(&fixture->changed, NULL);
    struct error error = http_server_new(fixture->loop, fixture->arena, &options, &fixture->server);
    if (error_is(error)) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    pthread_create(&fixture->thread, NULL, server_fixture_main, fixture);
    return fixture;
}

struct loop *
server_fixture_loop(struct server_fixture *fixture)
{
    return fixture->loop;
}

struct http_server *
server_fixture_server(struct server_fixture *fixture)
{
    return fixture->server;
}

int
server_fixture_port(const struct server_fixture *fixture)
{
    return http_server_port(fixture->server);
}

static void
server_fixture_set(struct server_fixture *fixture, bool *flag)
{
    pthread_mutex_lock(&fixture->mutex);
    *flag = true;
    pthread_cond_broadcast(&fixture->changed);
    pthread_mutex_unlock(&fixture->mutex);
}

static bool
server_fixture_await(struct server_fixture *fixture, const bool *flag)
{
    struct timespec end;
    int late = 0;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += SERVER_FIXTURE_LIMIT_S;
    pthread_mutex_lock(&fixture->mutex);
    while (!*flag && late == 0) {
        late = pthread_cond_timedwait(&fixture->changed, &fixture->mutex, &end);
    }
    bool set = *flag;
    pthread_mutex_unlock(&fixture->mutex);
    return set;
}

static void
server_fixture_run_task(void *argument)
{
    struct server_fixture_task *task = argument;

    task->fn(task->argument);
    server_fixture_set(task->fixture, &task->done);
}

void
server_fixture_call(struct server_fixture *fixture, loop_fn fn, void *argument)
{
    struct server_fixture_task task = { .fixture = fixture, .fn = fn, .argument = argument };

    loop_post(fixture->loop, server_fixture_run_task, &task);
    if (!server_fixture_await(fixture, &task.done)) {
        abort(); /* the task lies on this stack */
    }
}

static void
server_fixture_on_drained(void *argument)
{
    struct server_fixture *fixture = argument;

    server_fixture_set(fixture, &fixture->drained);
}

static void
server_fixture_begin_drain(void *argument)
{
    struct server_fixture_task *task = argument;

    http_server_drain(task->fixture->server, task->limit_ms, server_fixture_on_drained,
                      task->fixture);
}

void
server_fixture_start_drain(struct server_fixture *fixture, int64_t limit_ms)
{
    struct server_fixture_task task = { .fixture = fixture, .limit_ms = limit_ms };

    server_fixture_call(fixture, server_fixture_begin_drain, &task);
}

bool
server_fixture_is_drained(struct server_fixture *fixture)
{
    pthread_mutex_lock(&fixture->mutex);
    bool drained = fixture->drained;
    pthread_mutex_unlock(&fixture->mutex);
    return drained;
}

bool
server_fixture_await_drained(struct server_fixture *fixture)
{
    return server_fixture_await(fixture, &fixture->drained);
}

void
server_fixture_free(struct server_fixture *fixture)
{
    loop_stop(fixture->loop);
    pthread_join(fixture->thread, NULL);
    http_server_free(fixture->server);
    loop_free(fixture->loop);
    arena_free(fixture->arena);
    pthread_cond_destroy(&fixture->changed);
    pthread_mutex_destroy(&fixture->mutex);
    mem_free(fixture);
}
