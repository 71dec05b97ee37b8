/* main.c: inventiv-worker.  Three threads work (heartbeat.h, engine.h, machine_sampler.h) and this
 * one answers HTTP; they meet in worker_state.h. */
#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/program.h"
#include "worker/engine.h"
#include "worker/heartbeat.h"
#include "worker/listener.h"
#include "worker/machine_sampler.h"
#include "worker/state_dir.h"

static const struct program worker_program = {
    .name = "inventiv-worker",
    .letter = 'W',
    .summary = "The agent on a rented machine: enrols, beats, runs the engine.",
};

enum { WORKER_THREADS = 3 };

struct worker_thread {
    void *(*run)(void *argument);
    void *argument;
    struct worker_state *state;
    pthread_t id;
};

struct worker {
    struct worker_options options;
    struct worker_state *state;
    struct event_log *events;
    struct loop *loop;
    struct http_server *server;
    struct listener listener;
    struct heartbeat heartbeat;
    struct engine engine;
    struct machine_sampler sampler;
    struct worker_thread threads[WORKER_THREADS];
};

static void
worker_on_signal(void *argument)
{
    struct worker *worker = argument;

    log_info("ending");
    event_log_add(worker->events, EVENT_AGENT_ENDING, "a signal asks us to end", NULL);
    worker_state_end(worker->state, clock_monotonic_ms());
}

static void
worker_stop_loop(void *argument)
{
    struct worker *worker = argument;

    loop_stop(worker->loop);
}

/* On the engine's thread. */
static void
worker_on_engine_end(void *argument)
{
    struct worker *worker = argument;

    loop_post(worker->loop, worker_stop_loop, worker);
}

static void
worker_assemble(struct worker *worker)
{
    const struct worker_options *options = &worker->options;

    worker->state = worker_state_new();
    worker->events = event_log_new(options);
    worker->loop = loop_new();
    worker->listener = (struct listener){ options, worker->state, worker->events };
    worker->sampler = (struct machine_sampler){ options, worker->state };
    worker->heartbeat.options = options;
    worker->heartbeat.state = worker->state;
    worker->heartbeat.events = worker->events;
    worker->engine.options = options;
    worker->engine.state = worker->state;
    worker->engine.events = worker->events;
    worker->engine.on_end = worker_on_engine_end;
    worker->engine.on_end_argument = worker;
}

static void *
worker_thread_run(void *argument)
{
    struct worker_thread *thread = argument;

    thread->run(thread->argument);
    worker_state_note_thread_end(thread->state);
    return NULL;
}

static void
worker_start_threads(struct worker *worker)
{
    const struct worker_thread threads[WORKER_THREADS] = {
        { machine_sampler_run, &worker->sampler, worker->state },
        { heartbeat_run, &worker->heartbeat, worker->state },
        { engine_run, &worker->engine, worker->state },
    };

    for (size_t i = 0; i < WORKER_THREADS; i++) {
        worker->threads[i] = threads[i];
        if (pthread_create(&worker->threads[i].id, NULL, worker_thread_run, &worker->threads[i]) !=
            0) {
            abort(); /* only for want of memory or threads */
        }
    }
}

/* False when a thread hangs in a driver, a name server or a call that began before the signal:
 * the process then ends without it. */
static bool
worker_join(struct worker *worker)
{
    const struct worker_options *options = &worker->options;
    struct worker_facts facts;
    uint64_t seen = 0;

    worker_state_read(worker->state, &facts);
    int64_t until_ms = facts.ending_since_ms + options->engine_drain_ms + options->engine_stop_ms;
    while (facts.threads_ended < WORKER_THREADS && clock_monotonic_ms() < until_ms) {
        worker_state_wait(worker->state, &seen, until_ms);
        worker_state_read(worker->state, &facts);
    }
    if (facts.threads_ended < WORKER_THREADS) {
        return false;
    }
    for (size_t i = 0; i < WORKER_THREADS; i++) {
        pthread_join(worker->threads[i].id, NULL);
    }
    return true;
}

static void
worker_note_start(struct worker *worker)
{
    const struct worker_options *options = &worker->options;

    log_info("listening", LOG_STR(ADDRESS, options->listen_address),
             LOG_I64(PORT, http_server_port(worker->server)), LOG_STR(VERSION, options->version),
             LOG_STR(INSTANCE_ID, options->instance_id));
    event_log_add(worker->events, EVENT_AGENT_STARTED, "agent started",
                  json_pack("{s:s, s:s, s:I}", "version", options->version, "checksum",
                            options->checksum, "generation", (json_int_t)options->generation));
    event_log_add(worker->events, EVENT_HTTP_SERVER_STARTED, "listening",
                  json_pack("{s:i}", "port", http_server_port(worker->server)));
}

static struct error
worker_open(struct worker *worker, struct arena *arena)
{
    TRY(state_dir_open(arena, worker->options.state_dir));
    TRY(identity_load(arena, &worker->options, &worker->heartbeat.identity));
    return listener_new(&worker->listener, worker->loop, arena, &worker->server);
}

static void
worker_free(struct worker *worker)
{
    http_server_free(worker->server);
    loop_free(worker->loop);
    event_log_free(worker->events);
    worker_state_free(worker->state);
}

int
main(int argc, char **argv)
{
    static struct worker worker; /* outlives main() for a thread that could not be joined */
    struct config *config = program_start(&worker_program, argc, argv);
    struct arena *arena = arena_new();

    worker_options_read(arena, config, &worker.options);
    worker_assemble(&worker);
    struct error error = worker_open(&worker, arena);
    if (error_is(error)) {
        log_fail("cannot start", LOG_STR(ERROR, error.message));
        worker_free(&worker);
        arena_free(arena);
        config_free(config);
        return 1;
    }
    loop_on_stop_signal(worker.loop, worker_on_signal, &worker);
    worker_note_start(&worker);
    worker_start_threads(&worker);
    loop_run(worker.loop);
    if (worker_join(&worker)) {
        worker_free(&worker);
        arena_free(arena);
        config_free(config);
    }
    return 0;
}
