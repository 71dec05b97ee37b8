#include "api/schema_start.h"

#include "api/first_admin.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/migrate.h"

/* How often the pause looks whether the program ends. */
enum { SCHEMA_PAUSE_SLICE = 50 };

struct schema_start {
    struct api *api;
    void (*done)(void *argument, bool works);
    void *argument;
    struct thread_pool *thread;
    atomic_bool stop_wanted;
    atomic_bool ended;
    bool works;
    bool posted;    /* before 'ended' */
    bool delivered; /* the loop's own */
};

static void
schema_start_on_done(void *argument)
{
    struct schema_start *start = argument;

    start->delivered = true;
    start->done(start->argument, start->works);
}

static struct error
schema_start_try(struct schema_start *start, struct arena *arena)
{
    const struct config *config = start->api->config;

    TRY(migrate_run(arena, config));
    struct db *db = db_new(config, "inventiv-api-start");
    struct error error = db_connect(db, arena);
    if (!error_is(error)) {
        error = first_admin_ensure(db, arena, config);
    }
    db_free(db);
    return error;
}

static void
schema_start_pause(struct schema_start *start, int64_t *pause)
{
    int64_t most = config_ms(start->api->config, SETTING_DATABASE_RECONNECT_MAX_SECONDS);

    *pause = *pause * 2 < most ? *pause * 2 : most;
    int64_t until =
        clock_monotonic_ms() + *pause / 2 + digest_random_below((uint32_t)(*pause / 2) + 1);
    while (!atomic_load(&start->stop_wanted) && clock_monotonic_ms() < until) {
        clock_pause_ms(SCHEMA_PAUSE_SLICE);
    }
}

/* True: there is nothing more to try. */
static bool
schema_start_once(struct schema_start *start, bool *told)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct error error = schema_start_try(start, arena);
    bool is_away = error.code == ERR_UNAVAILABLE || error.code == ERR_TIMEOUT;

    start->works = !error_is(error);
    if (is_away && !*told) {
        log_warn("waiting for the database", LOG_STR(ERROR, error.message));
        *told = true;
    } else if (error_is(error) && !is_away) {
        log_fail("the database cannot be used", LOG_STR(ERROR_CODE, error_code_name(error.code)),
                 LOG_STR(ERROR, error.message));
    }
    return !is_away;
}

static void
schema_start_run(void *argument, size_t slot)
{
    struct schema_start *start = argument;
    int64_t pause = SCHEMA_PAUSE_SLICE;
    bool told = false;

    (void)slot;
    while (!atomic_load(&start->stop_wanted)) {
        if (schema_start_once(start, &told)) {
            start->posted = true;
            loop_post(start->api->loop, schema_start_on_done, start);
            break;
        }
        schema_start_pause(start, &pause);
    }
    atomic_store(&start->ended, true);
}

struct schema_start *
schema_start_new(struct api *api, void (*done)(void *argument, bool works), void *argument)
{
    struct schema_start *start = mem_zalloc(sizeof *start);

    start->api = api;
    start->done = done;
    start->argument = argument;
    start->thread = thread_pool_new("schema", 1, 1);
    thread_pool_add(start->thread, schema_start_run, start);
    return start;
}

bool
schema_start_stop(struct schema_start *start)
{
    atomic_store(&start->stop_wanted, true);
    return atomic_load(&start->ended) && start->posted == start->delivered;
}

void
schema_start_free(struct schema_start *start)
{
    thread_pool_free(start->thread);
    mem_free(start);
}
