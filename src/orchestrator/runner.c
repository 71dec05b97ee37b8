#include "orchestrator/runner.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread_pool.h"
#include "domain/backoff.h"
#include "orchestrator/workbench.h"

struct runner_job {
    struct runner *runner;
    const struct job *job;
    bool enabled;
    bool running;
    bool woken;
    bool requested;
    bool owed; /* a request whose cycle failed: the next one has it too */
    int64_t period_ms;
    int64_t next_mono_ms;
    int64_t failures;
};

struct runner {
    const struct config *config;
    const char *orchestrator_id;
    struct policy policy;
    struct workbench **benches; /* by the pool's slot */
    size_t bench_count;
    struct thread_pool *pool;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* holds what follows, and the jobs */
    pthread_cond_t changed;
    bool stopping;
    size_t running;
    struct runner_job *jobs;
};

struct runner *
runner_new(const struct config *config, const char *orchestrator_id)
{
    struct runner *runner = mem_zalloc(sizeof *runner);
    pthread_condattr_t attributes;

    runner->config = config;
    runner->orchestrator_id = orchestrator_id;
    runner->policy = policy_load(config);
    runner->bench_count = (size_t)config_count(config, SETTING_ORCHESTRATOR_THREADS);
    runner->benches = mem_zalloc(sizeof(struct workbench *) * runner->bench_count);
    for (size_t i = 0; i < runner->bench_count; i++) {
        runner->benches[i] = workbench_new(config);
    }
    pthread_mutex_init(&runner->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&runner->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    runner->jobs = mem_zalloc(sizeof *runner->jobs * job_count);
    for (size_t i = 0; i < job_count; i++) {
        runner->jobs[i] = (struct runner_job){ .runner = runner,
                                               .job = jobs[i],
                                               .enabled = config_bool(config, jobs[i]->enabled),
                                               .period_ms = config_ms(config, jobs[i]->period) };
    }
    return runner;
}

bool
runner_is_enabled(const struct runner *runner, const struct job *job)
{
    return config_bool(runner->config, job->enabled);
}

void
runner_wake(struct runner *runner, const struct job *job)
{
    pthread_mutex_lock(&runner->lock);
    runner->jobs[job_index(job)].woken = true;
    pthread_cond_signal(&runner->changed);
    pthread_mutex_unlock(&runner->lock);
}

void
runner_request(struct runner *runner, const struct job *job)
{
    pthread_mutex_lock(&runner->lock);
    runner->jobs[job_index(job)].requested = true;
    pthread_cond_signal(&runner->changed);
    pthread_mutex_unlock(&runner->lock);
}

static struct error
runner_run_cycle(struct job_cycle *cycle, bool requested)
{
    struct db_rows rows;

    TRY(db_run(cycle->db, cycle->arena, Q_JOB_BEGIN, NULL, DB_PARAMS(cycle->job->name)));
    if (requested) {
        TRY(cycle_record(cycle));
    }
    if (requested && cycle->job->request != NULL) {
        TRY(cycle->job->request(cycle));
    }
    TRY(cycle_beat(cycle->db, cycle->arena, cycle->config));
    TRY(cycle->job->run(cycle));
    if (cycle->job->states == NULL) {
        return NO_ERROR;
    }
    TRY(db_run(cycle->db, cycle->arena, Q_JOB_NEXT_DUE, &rows, DB_PARAMS(cycle->job->states)));
    if (!row_is_null(&rows, 0, "due_in_ms")) {
        int64_t due_in_ms = row_i64(&rows, 0, "due_in_ms", 0);
        /* A row that is due and was not claimed is another's for the moment. */
        bool again = due_in_ms > 0 || cycle->claimed > 0;
        cycle_due_in(cycle, again ? due_in_ms : cycle->policy->settle_ms);
    }
    return NO_ERROR;
}

/* On record how it went; what cannot be written is in the log.  Of failures in a row the log has the
 * 1st, 2nd, 4th, 8th: failures of them came before this cycle. */
static void
runner_end_cycle(struct job_cycle *cycle, struct error error, int64_t failures, int64_t duration_ms)
{
    struct arena *arena = cycle->arena;
    bool failed = error_is(error);
    struct error ended =
        db_run(cycle->db, arena, Q_JOB_END, NULL,
               DB_PARAMS(cycle->job->name, cycle->run_id == 0 ? NULL : db_i64(arena, cycle->run_id),
                         failed ? error_code_name(error.code) : NULL, failed ? error.message : NULL,
                         db_i64(arena, (int64_t)cycle->applied),
                         db_i64(arena, (int64_t)cycle->stale), db_i64(arena, (int64_t)cycle->calls),
                         db_i64(arena, (int64_t)cycle->claimed), cycle->orchestrator_id));

    if (failed && (failures & (failures + 1)) == 0) {
        log_fail("job failed", LOG_STR(JOB, cycle->job->name),
                 LOG_STR(ERROR_CODE, error_code_name(error.code)), LOG_STR(ERROR, error.message),
                 LOG_I64(RETRY_COUNT, failures));
    } else if (error_is(ended)) {
        log_fail("job's end not on record", LOG_STR(JOB, cycle->job->name),
                 LOG_STR(ERROR, ended.message));
    }
    log_debug("cycle", LOG_STR(JOB, cycle->job->name), LOG_I64(COUNT, cycle->claimed),
              LOG_I64(DURATION_MS, duration_ms));
}

/* When the job runs next; with the lock held. */
static void
runner_schedule(struct runner_job *state, const struct job_cycle *cycle, bool failed)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t period_ms = state->period_ms;
    uint32_t random = digest_random_below(UINT32_MAX);
    /* A tenth of jitter either way keeps many orchestrators from marching in step. */
    int64_t pause_ms = period_ms - period_ms / 10 + (int64_t)random % (period_ms / 5 + 1);

    state->failures = failed ? state->failures + 1 : 0;
    if (failed) {
        pause_ms = backoff_ms(state->runner->policy.settle_ms, period_ms, state->failures, random);
    } else if (cycle->more) {
        pause_ms = 0;
    } else if (cycle->next_due_mono_ms != 0) {
        int64_t due_ms = cycle->next_due_mono_ms - now_ms;
        pause_ms = due_ms < pause_ms ? due_ms : pause_ms;
    }
    state->next_mono_ms = now_ms + (pause_ms > 0 ? pause_ms : 0);
}

static void
runner_work(void *argument, size_t slot)
{
    struct runner_job *state = argument;
    struct runner *runner = state->runner;
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct job_cycle cycle = { .job = state->job,
                               .config = runner->config,
                               .policy = &runner->policy,
                               .orchestrator_id = runner->orchestrator_id,
                               .workbench = runner->benches[slot],
                               .db = workbench_db(runner->benches[slot]),
                               .arena = arena };
    int64_t begun_ms = clock_monotonic_ms();

    pthread_mutex_lock(&runner->lock);
    bool requested = state->requested || state->owed;
    state->requested = false;
    state->woken = false;
    pthread_mutex_unlock(&runner->lock);

    struct error error = runner_run_cycle(&cycle, requested);
    runner_end_cycle(&cycle, error, state->failures, clock_monotonic_ms() - begun_ms);

    pthread_mutex_lock(&runner->lock);
    runner_schedule(state, &cycle, error_is(error));
    state->owed = requested && error_is(error);
    for (size_t i = 0; i < job_count; i++) {
        runner->jobs[i].woken = runner->jobs[i].woken || cycle.wakes[i];
    }
    state->running = false;
    runner->running--;
    pthread_cond_broadcast(&runner->changed);
    pthread_mutex_unlock(&runner->lock);
}

/* Starts what is due; returns when the next is, monotonic.  With the lock held. */
static int64_t
runner_dispatch(struct runner *runner)
{
    int64_t now_ms = clock_monotonic_ms();
    int64_t soonest_ms = now_ms + config_ms(runner->config, SETTING_DECISION_PULSE_SECONDS);

    for (size_t i = 0; i < job_count && !runner->stopping; i++) {
        struct runner_job *state = &runner->jobs[i];
        if (!state->enabled || state->running) {
            continue;
        }
        bool due = state->woken || state->requested || state->next_mono_ms <= now_ms;
        if (due && thread_pool_add(runner->pool, runner_work, state)) {
            state->running = true;
            runner->running++;
        } else if (!due && state->next_mono_ms < soonest_ms) {
            soonest_ms = state->next_mono_ms;
        }
    }
    return soonest_ms;
}

static void *
runner_main(void *argument)
{
    struct runner *runner = argument;

    pthread_mutex_lock(&runner->lock);
    while (!runner->stopping) {
        int64_t until_ms = runner_dispatch(runner);
        struct timespec until = { .tv_sec = (time_t)(until_ms / 1000),
                                  .tv_nsec = (long)(until_ms % 1000) * 1000000 };
        pthread_cond_timedwait(&runner->changed, &runner->lock, &until);
    }
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}

void
runner_start(struct runner *runner)
{
    if (runner->started) {
        return;
    }
    runner->pool = thread_pool_new("job", runner->bench_count, job_count);
    runner->started = pthread_create(&runner->thread, NULL, runner_main, runner) == 0;
}

bool
runner_stop(struct runner *runner, int64_t limit_ms)
{
    int64_t until_ms = clock_monotonic_ms() + limit_ms;
    struct timespec until = { .tv_sec = (time_t)(until_ms / 1000),
                              .tv_nsec = (long)(until_ms % 1000) * 1000000 };

    pthread_mutex_lock(&runner->lock);
    runner->stopping = true;
    pthread_cond_broadcast(&runner->changed);
    while (runner->running > 0 && clock_monotonic_ms() < until_ms) {
        pthread_cond_timedwait(&runner->changed, &runner->lock, &until);
    }
    bool quiet = runner->running == 0;
    pthread_mutex_unlock(&runner->lock);
    if (runner->started) {
        pthread_join(runner->thread, NULL);
        runner->started = false;
    }
    return quiet;
}

void
runner_free(struct runner *runner)
{
    if (runner == NULL) {
        return;
    }
    thread_pool_free(runner->pool);
    for (size_t i = 0; i < runner->bench_count; i++) {
        workbench_free(runner->benches[i]);
    }
    mem_free(runner->benches);
    mem_free(runner->jobs);
    pthread_cond_destroy(&runner->changed);
    pthread_mutex_destroy(&runner->lock);
    mem_free(runner);
}
