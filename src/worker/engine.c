#include "worker/engine.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/log.h"
#include "worker/beat_schedule.h"
#include "worker/engine_environment.h"
#include "worker/engine_output.h"
#include "worker/engine_record.h"
#include "worker/engine_watch.h"

extern char **environ;

static double
engine_jitter(void)
{
    enum { STEPS = 10000 };

    return digest_random_below(STEPS) / (double)(STEPS - 1);
}

static bool
engine_is_ours(const struct engine *engine)
{
    return engine->options->engine_command[0] != '\0';
}

static struct error
engine_spawn(struct engine *engine, struct arena *arena)
{
    const char *const argv[] = { "/bin/sh", "-c", engine->options->engine_command, NULL };
    const char *const *secrets =
        worker_state_engine_env(engine->state, arena, &engine->env_version);
    struct child_options child = {
        .argv = argv,
        .environment =
            engine_environment(arena, engine->options, (const char *const *)environ, secrets),
        .output_path = engine_output_path(arena, engine->options),
        .die_with_parent = true,
    };
    pid_t pid;

    TRY(child_start(arena, &child, &pid));
    engine->facts.pid = pid;
    return engine_record_write(arena, engine->options, pid);
}

static int64_t
engine_restart_delay_ms(const struct engine *engine)
{
    return beat_backoff_ms(engine->options->backoff_min_ms, engine->options->engine_restart_max_ms,
                           engine->deaths, engine_jitter());
}

static void
engine_start(struct engine *engine, int64_t now_ms)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct error error = engine_spawn(engine, arena);

    if (error_is(error)) {
        log_fail("the engine's start", LOG_STR(ERROR, error.message));
    }
    if (engine->facts.pid == 0) {
        engine->deaths++;
        engine->next_start_ms = now_ms + engine_restart_delay_ms(engine);
        return;
    }
    engine->phase = ENGINE_UP;
    engine->started_ms = now_ms;
    engine->next_probe_ms = now_ms;
    engine->facts.starts++;
    log_info("engine started", LOG_I64(PID, engine->facts.pid),
             LOG_I64(COUNT, engine->facts.starts));
    event_log_add(engine->events, EVENT_ENGINE_STARTED, "engine started",
                  json_pack("{s:i, s:I}", "pid", (int)engine->facts.pid, "starts",
                            (json_int_t)engine->facts.starts));
}

static void
engine_note_end(struct engine *engine, int wait_status)
{
    int code = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : -1;
    int signal_number = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;

    log_warn("engine ended", LOG_I64(PID, engine->facts.pid), LOG_I64(EXIT_STATUS, code),
             LOG_I64(SIGNAL, signal_number));
    event_log_add(engine->events, EVENT_ENGINE_ENDED,
                  engine->phase == ENGINE_UP ? "engine died" : "engine stopped",
                  json_pack("{s:i, s:i, s:i}", "pid", (int)engine->facts.pid, "exit_status", code,
                            "signal", signal_number));
}

/* True when it has ended, yet uncollected: its number names its group and nobody else's. */
static bool
engine_has_ended(pid_t pid)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* Looks whether the engine has ended; what it started and left goes with it, before the number
 * is given back. */
static void
engine_collect(struct engine *engine, int64_t now_ms)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    int wait_status;

    if (engine->facts.pid == 0) {
        return;
    }
    if (engine_has_ended(engine->facts.pid)) {
        child_signal_group(engine->facts.pid, SIGKILL);
    }
    if (!child_ended(engine->facts.pid, &wait_status)) {
        return;
    }
    engine_note_end(engine, wait_status);
    engine_record_remove(arena, engine->options);
    engine->next_start_ms = now_ms;
    if (engine->phase == ENGINE_UP) {
        bool stable = now_ms - engine->started_ms >= engine->options->engine_stable_ms;
        engine->deaths = stable ? 1 : engine->deaths + 1;
        engine->next_start_ms = now_ms + engine_restart_delay_ms(engine);
    }
    engine->phase = ENGINE_DOWN;
    engine->facts.pid = 0;
    engine_watch_forget(engine, "the engine ended");
}

static void
engine_terminate(struct engine *engine, int64_t now_ms, const char *why)
{
    engine->phase = ENGINE_STOPPING;
    engine->kill_at_ms = now_ms + engine->options->engine_stop_ms;
    child_signal_group(engine->facts.pid, SIGTERM);
    log_info("stopping the engine", LOG_I64(PID, engine->facts.pid), LOG_STR(REASON, why));
    event_log_add(engine->events, EVENT_ENGINE_STOPPING, why, NULL);
}

static bool
engine_is_idle(const struct engine *engine)
{
    return engine->facts.figures.requests_running <= 0 &&
           engine->facts.figures.requests_waiting <= 0;
}

/* The time for draining counts from the signal, not from when this thread came to see it. */
static void
engine_begin_drain(struct engine *engine, const struct worker_facts *facts, int64_t now_ms)
{
    int64_t from_ms = facts->ending ? facts->ending_since_ms : now_ms;

    engine->phase = ENGINE_DRAINING;
    engine->drain_until_ms = from_ms + engine->options->engine_drain_ms;
}

/* A gated model that loads without its token never will with it, unless started again; one that
 * already serves needs none. */
static bool
engine_needs_secrets(const struct engine *engine, const struct worker_facts *facts)
{
    return engine->env_version != facts->engine_env_version && !engine->facts.serves;
}

static void
engine_turn_up(struct engine *engine, const struct worker_facts *facts, int64_t now_ms)
{
    if (facts->ending || facts->ordered_to_stop) {
        engine_begin_drain(engine, facts, now_ms);
    } else if (engine_needs_secrets(engine, facts)) {
        engine_terminate(engine, now_ms, "its secrets changed");
    }
}

static void
engine_turn_draining(struct engine *engine, const struct worker_facts *facts, int64_t now_ms)
{
    if (!facts->ending && !facts->ordered_to_stop) {
        engine->phase = ENGINE_UP;
        return;
    }
    if (facts->ending &&
        engine->drain_until_ms > facts->ending_since_ms + engine->options->engine_drain_ms) {
        engine_begin_drain(engine, facts, now_ms);
    }
    if (engine_is_idle(engine)) {
        engine_terminate(engine, now_ms, "drained");
    } else if (now_ms >= engine->drain_until_ms) {
        engine_terminate(engine, now_ms, "not drained in time");
    }
}

/* A first registration may bring secrets: worth one call's time, not more. */
static bool
engine_may_start(const struct engine *engine, const struct worker_facts *facts, int64_t now_ms)
{
    const struct worker_options *options = engine->options;
    bool enrols = options->plane_url[0] != '\0' && options->instance_id[0] != '\0' &&
                  options->enrolment_token[0] != '\0';
    bool told =
        facts->contacted || !enrols || now_ms >= engine->started_ms + 2 * options->call_timeout_ms;

    return engine_is_ours(engine) && told && !facts->ending && !facts->ordered_to_stop &&
           now_ms >= engine->next_start_ms;
}

static void
engine_turn(struct engine *engine, const struct worker_facts *facts, int64_t now_ms)
{
    engine_collect(engine, now_ms);
    switch (engine->phase) {
    case ENGINE_DOWN:
        if (engine_may_start(engine, facts, now_ms)) {
            engine_start(engine, now_ms);
        }
        break;
    case ENGINE_UP:
        engine_turn_up(engine, facts, now_ms);
        break;
    case ENGINE_DRAINING:
        engine_turn_draining(engine, facts, now_ms);
        break;
    case ENGINE_STOPPING:
        if (now_ms >= engine->kill_at_ms) {
            child_signal_group(engine->facts.pid, SIGKILL);
        }
        break;
    }
}

static void
engine_look(struct engine *engine, int64_t now_ms)
{
    bool there = engine_is_ours(engine)
                     ? engine->phase == ENGINE_UP || engine->phase == ENGINE_DRAINING
                     : true;

    if (there && now_ms >= engine->next_probe_ms) {
        engine_watch_probe(engine);
        engine->next_probe_ms = now_ms + engine->options->engine_probe_ms;
    }
    if (engine_is_ours(engine) && now_ms >= engine->next_trim_ms) {
        engine_output_trim(engine->options);
        engine->next_trim_ms = now_ms + engine->options->engine_stable_ms;
    }
}

static void
engine_begin(struct engine *engine)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    pid_t orphan = engine_record_end_orphan(arena, engine->options);

    if (orphan != 0) {
        log_warn("an engine had outlived its worker and was ended", LOG_I64(PID, orphan));
    }
    engine->client = http_client_new(2);
    engine->facts = (struct engine_facts){ .figures = ENGINE_FIGURES_NONE };
    engine->started_ms = clock_monotonic_ms();
}

void *
engine_run(void *argument)
{
    struct engine *engine = argument;
    struct worker_facts facts;
    uint64_t seen = 0;

    engine_begin(engine);
    for (;;) {
        worker_state_read(engine->state, &facts);
        engine_turn(engine, &facts, clock_monotonic_ms());
        if (facts.ending && engine->phase == ENGINE_DOWN) {
            break;
        }
        engine_look(engine, clock_monotonic_ms());
        worker_state_set_engine(engine->state, &engine->facts);
        worker_state_wait(engine->state, &seen,
                          clock_monotonic_ms() + engine->options->engine_watch_ms);
    }
    worker_state_set_engine(engine->state, &engine->facts);
    http_client_free(engine->client);
    engine->on_end(engine->on_end_argument);
    return NULL;
}
