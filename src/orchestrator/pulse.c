#include "orchestrator/pulse.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "domain/backoff.h"
#include "store/migrate.h"

enum { PULSE_BEATS_A_PERIOD = 50 }; /* at most, however often it is kicked */

struct pulse {
    const struct config *config;
    const char *orchestrator_id;
    struct runner *runner;
    struct inbox *inbox;
    void (*on_fatal)(void *context);
    void *context;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool stopping;
    bool kicked;
    bool migrated;
    atomic_bool up;
};

bool
pulse_is_up(struct pulse *pulse)
{
    return atomic_load(&pulse->up);
}

/* A request for a job that is switched off here is left to another orchestrator. */
static const char *
pulse_enabled_jobs(const struct pulse *pulse, struct arena *arena)
{
    const char *text = "";

    for (size_t i = 0; i < job_count; i++) {
        if (runner_is_enabled(pulse->runner, jobs[i])) {
            text = arena_printf(arena, "%s%s%s", text, text[0] == '\0' ? "" : ",", jobs[i]->name);
        }
    }
    return arena_printf(arena, "{%s}", text);
}

/* What messages ask for: on record, before anybody is woken for it. */
static struct error
pulse_take_messages(struct pulse *pulse, struct arena *arena)
{
    struct inbox_content content = inbox_take(pulse->inbox, arena);
    int64_t repeat_ms = config_ms(pulse->config, SETTING_COMMAND_REPEAT_SECONDS);

    if (content.instance_count > 0) {
        TRY(db_run(pulse->db, arena, Q_INSTANCE_DUE, NULL,
                   DB_PARAMS(db_uuid_array(arena, content.instance_ids, content.instance_count))));
    }
    for (size_t i = 0; i < job_count; i++) {
        if (content.requested[i]) {
            TRY(db_run(pulse->db, arena, Q_JOB_REQUEST_HEAR, NULL,
                       DB_PARAMS(jobs[i]->name, db_i64(arena, repeat_ms))));
        }
        if (content.woken[i]) {
            runner_wake(pulse->runner, jobs[i]);
        }
    }
    return NO_ERROR;
}

static struct error
pulse_take_requests(struct pulse *pulse, struct arena *arena)
{
    struct db_rows rows;

    TRY(db_run(pulse->db, arena, Q_JOB_REQUEST_TAKE, &rows,
               DB_PARAMS(pulse->orchestrator_id, pulse_enabled_jobs(pulse, arena))));
    for (size_t i = 0; i < rows.count; i++) {
        const struct job *job = job_find(row_text(&rows, i, "job"));
        if (job != NULL) {
            runner_request(pulse->runner, job);
        }
    }
    return NO_ERROR;
}

static struct error
pulse_beat(struct pulse *pulse, struct arena *arena)
{
    if (!pulse->migrated) {
        TRY(migrate_run(arena, pulse->config));
        pulse->migrated = true;
    }
    TRY(cycle_beat(pulse->db, arena, pulse->config));
    TRY(db_run(pulse->db, arena, Q_SHARD_ENSURE, NULL,
               DB_PARAMS("{job-provisioning,job-watch-dog,job-catalog-sync}")));
    runner_start(pulse->runner);
    TRY(pulse_take_messages(pulse, arena));
    return pulse_take_requests(pulse, arena);
}

/* False when asked to stop meanwhile.  A kick cuts the wait short, yet not below least_ms, so that
 * whoever kicks all the time costs a bounded number of beats. */
static bool
pulse_wait(struct pulse *pulse, int64_t delay_ms, int64_t least_ms)
{
    int64_t begun_ms = clock_monotonic_ms();

    pthread_mutex_lock(&pulse->lock);
    while (!pulse->stopping) {
        int64_t wait_ms = pulse->kicked && least_ms < delay_ms ? least_ms : delay_ms;
        int64_t until_ms = begun_ms + wait_ms;
        struct timespec until = { .tv_sec = (time_t)(until_ms / 1000),
                                  .tv_nsec = (long)(until_ms % 1000) * 1000000 };
        if (clock_monotonic_ms() >= until_ms) {
            break;
        }
        pthread_cond_timedwait(&pulse->woken, &pulse->lock, &until);
    }
    bool go_on = !pulse->stopping;
    pulse->kicked = false;
    pthread_mutex_unlock(&pulse->lock);
    return go_on;
}

static void *
pulse_main(void *argument)
{
    struct pulse *pulse = argument;
    int64_t period_ms = config_ms(pulse->config, SETTING_DECISION_PULSE_SECONDS);
    int64_t least_ms = period_ms / PULSE_BEATS_A_PERIOD + 1;
    int64_t failures = 0;
    int64_t delay_ms = 0;

    while (pulse_wait(pulse, delay_ms, least_ms)) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        struct error error = pulse_beat(pulse, arena);
        atomic_store(&pulse->up, !error_is(error));
        failures = error_is(error) ? failures + 1 : 0;
        delay_ms = failures == 0 ? period_ms : backoff_ms(least_ms, period_ms, failures, 0);
        if (error.code == ERR_CONFIG) {
            log_fail("the database will not do", LOG_STR(ERROR, error.message));
            pulse->on_fatal(pulse->context);
            break;
        }
        if (error_is(error) && failures == 1) {
            log_warn("the database does not answer", LOG_STR(ERROR, error.message));
        }
    }
    return NULL;
}

struct pulse *
pulse_new(const struct config *config, const char *orchestrator_id, struct runner *runner,
          void (*on_fatal)(void *context), void *context)
{
    struct pulse *pulse = mem_zalloc(sizeof *pulse);
    pthread_condattr_t attributes;

    pulse->config = config;
    pulse->orchestrator_id = orchestrator_id;
    pulse->runner = runner;
    pulse->inbox = inbox_new(config);
    pulse->on_fatal = on_fatal;
    pulse->context = context;
    pulse->db = db_new(config, "inventiv-orchestrator-pulse");
    pthread_mutex_init(&pulse->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pulse->woken, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_create(&pulse->thread, NULL, pulse_main, pulse);
    return pulse;
}

struct inbox *
pulse_inbox(struct pulse *pulse)
{
    return pulse->inbox;
}

void
pulse_kick(struct pulse *pulse)
{
    pthread_mutex_lock(&pulse->lock);
    pulse->kicked = true;
    pthread_cond_broadcast(&pulse->woken);
    pthread_mutex_unlock(&pulse->lock);
}

void
pulse_free(struct pulse *pulse)
{
    if (pulse == NULL) {
        return;
    }
    pthread_mutex_lock(&pulse->lock);
    pulse->stopping = true;
    pthread_cond_broadcast(&pulse->woken);
    pthread_mutex_unlock(&pulse->lock);
    pthread_join(pulse->thread, NULL);
    db_free(pulse->db);
    inbox_free(pulse->inbox);
    pthread_cond_destroy(&pulse->woken);
    pthread_mutex_destroy(&pulse->lock);
    mem_free(pulse);
}
