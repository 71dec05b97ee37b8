#include "worker/worker_state.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

struct worker_state {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct worker_facts facts;
    char **engine_env;
    size_t engine_env_count;
};

const char *
worker_status_name(enum worker_status status)
{
    switch (status) {
    case WORKER_STARTING:
        return "starting";
    case WORKER_READY:
        return "ready";
    case WORKER_DRAINING:
        return "draining";
    }
    return "unknown";
}

struct worker_state *
worker_state_new(void)
{
    struct worker_state *state = mem_zalloc(sizeof *state);
    pthread_condattr_t attributes;

    pthread_mutex_init(&state->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&state->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    state->facts.engine.figures = ENGINE_FIGURES_NONE;
    return state;
}

static void
worker_state_drop_env(struct worker_state *state)
{
    for (size_t i = 0; i < state->engine_env_count; i++) {
        explicit_bzero(state->engine_env[i], strlen(state->engine_env[i]));
        mem_free(state->engine_env[i]);
    }
    mem_free(state->engine_env);
    state->engine_env = NULL;
    state->engine_env_count = 0;
}

void
worker_state_free(struct worker_state *state)
{
    if (state == NULL) {
        return;
    }
    worker_state_drop_env(state);
    pthread_cond_destroy(&state->changed);
    pthread_mutex_destroy(&state->lock);
    mem_free(state);
}

void
worker_state_read(struct worker_state *state, struct worker_facts *out)
{
    pthread_mutex_lock(&state->lock);
    *out = state->facts;
    pthread_mutex_unlock(&state->lock);
}

void
worker_state_wait(struct worker_state *state, uint64_t *seen, int64_t until_ms)
{
    struct timespec until = { .tv_sec = (time_t)(until_ms / 1000),
                              .tv_nsec = (long)(until_ms % 1000) * 1000000 };
    int result = 0;

    pthread_mutex_lock(&state->lock);
    while (state->facts.change == *seen && result == 0) {
        result = pthread_cond_timedwait(&state->changed, &state->lock, &until);
    }
    *seen = state->facts.change;
    pthread_mutex_unlock(&state->lock);
}

static enum worker_status
worker_state_status(const struct worker_facts *facts)
{
    if (facts->ending || facts->ordered_to_stop) {
        return WORKER_DRAINING;
    }
    return facts->engine.serves ? WORKER_READY : WORKER_STARTING;
}

/* Ends a change of the facts, which began with the lock taken. */
static void
worker_state_settle(struct worker_state *state, bool worth_waking)
{
    enum worker_status status = worker_state_status(&state->facts);

    if (worth_waking || status != state->facts.status) {
        state->facts.change++;
        pthread_cond_broadcast(&state->changed);
    }
    state->facts.status = status;
    pthread_mutex_unlock(&state->lock);
}

void
worker_state_set_engine(struct worker_state *state, const struct engine_facts *engine)
{
    pthread_mutex_lock(&state->lock);
    state->facts.engine = *engine;
    worker_state_settle(state, false);
}

void
worker_state_set_machine(struct worker_state *state, const struct machine_facts *machine)
{
    pthread_mutex_lock(&state->lock);
    bool first = !state->facts.machine.sampled;
    state->facts.machine = *machine;
    state->facts.machine.sampled = true;
    worker_state_settle(state, first);
}

void
worker_state_set_contacted(struct worker_state *state)
{
    pthread_mutex_lock(&state->lock);
    bool first = !state->facts.contacted;
    state->facts.contacted = true;
    worker_state_settle(state, first);
}

void
worker_state_order_stop(struct worker_state *state, bool stop)
{
    pthread_mutex_lock(&state->lock);
    bool news = state->facts.ordered_to_stop != stop;
    state->facts.ordered_to_stop = stop;
    worker_state_settle(state, news);
}

void
worker_state_end(struct worker_state *state, int64_t now_ms)
{
    pthread_mutex_lock(&state->lock);
    bool news = !state->facts.ending;
    if (news) {
        state->facts.ending = true;
        state->facts.ending_since_ms = now_ms;
    }
    worker_state_settle(state, news);
}

void
worker_state_note_thread_end(struct worker_state *state)
{
    pthread_mutex_lock(&state->lock);
    state->facts.threads_ended++;
    worker_state_settle(state, true);
}

static bool
worker_state_same_env(const struct worker_state *state, const char *const *env, size_t count)
{
    bool same = count == state->engine_env_count;

    for (size_t i = 0; same && i < count; i++) {
        same = strcmp(env[i], state->engine_env[i]) == 0;
    }
    return same;
}

void
worker_state_set_engine_env(struct worker_state *state, const char *const *env, size_t count)
{
    pthread_mutex_lock(&state->lock);
    bool news = !worker_state_same_env(state, env, count);
    if (news) {
        worker_state_drop_env(state);
        state->engine_env = mem_zalloc(sizeof *state->engine_env * (count + 1));
        state->engine_env_count = count;
        for (size_t i = 0; i < count; i++) {
            state->engine_env[i] = mem_strdup(env[i]);
        }
        state->facts.engine_env_version++;
    }
    worker_state_settle(state, news);
}

const char *const *
worker_state_engine_env(struct worker_state *state, struct arena *arena, int64_t *version)
{
    pthread_mutex_lock(&state->lock);
    size_t count = state->engine_env_count;
    const char **copy = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        copy[i] = arena_strdup(arena, state->engine_env[i]);
    }
    *version = state->facts.engine_env_version;
    pthread_mutex_unlock(&state->lock);
    return copy;
}
