#include "stage.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "memory_provider.h"
#include "orchestrator/tags.h"
#include "orchestrator/user_data.h"
#include "test_db.h"
#include "test_service.h"

enum { STAGE_HOOKS = 16 };

struct stage_hook {
    int point;
    const char *kind;
    void (*act)(void *argument);
    void *argument;
};

static struct {
    struct config *config;
    pthread_mutex_t lock; /* holds the hooks */
    struct stage_hook hooks[STAGE_HOOKS];
} stage = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* --- points --- */

void
stage_once(int point, const char *kind, void (*act)(void *argument), void *argument)
{
    int place = 0;

    pthread_mutex_lock(&stage.lock);
    while (place < STAGE_HOOKS && stage.hooks[place].act != NULL) {
        place++;
    }
    if (place < STAGE_HOOKS) {
        stage.hooks[place] = (struct stage_hook){ point, kind, act, argument };
    }
    pthread_mutex_unlock(&stage.lock);
    if (place == STAGE_HOOKS) {
        test_give_up("too many points are waited for");
    }
}

int
stage_leftovers(void)
{
    int count = 0;

    pthread_mutex_lock(&stage.lock);
    for (int i = 0; i < STAGE_HOOKS; i++) {
        count += stage.hooks[i].act != NULL ? 1 : 0;
    }
    memset(stage.hooks, 0, sizeof stage.hooks);
    pthread_mutex_unlock(&stage.lock);
    return count;
}

static void
stage_pass(int point, const char *kind)
{
    struct stage_hook found = { 0 };

    pthread_mutex_lock(&stage.lock);
    for (int i = 0; i < STAGE_HOOKS && found.act == NULL; i++) {
        struct stage_hook *hook = &stage.hooks[i];
        if (hook->act != NULL && hook->point == point &&
            (hook->kind == NULL || strcmp(hook->kind, kind) == 0)) {
            found = *hook;
            *hook = (struct stage_hook){ 0 };
        }
    }
    pthread_mutex_unlock(&stage.lock);
    if (found.act != NULL) {
        found.act(found.argument);
    }
}

static void
stage_watch(enum kill_point point, const char *kind)
{
    stage_pass((int)point, kind);
}

/* --- the gate: a driver that hands everything on to the one in memory --- */

static struct error
stage_gate_open(struct provider *provider, struct arena *arena,
                const struct provider_options *options)
{
    struct provider_options inner = *options;
    struct provider *memory = NULL;

    inner.driver = "memory";
    TRY(provider_new(arena, &inner, &memory));
    provider->driver = memory;
    return NO_ERROR;
}

static void
stage_gate_close(struct provider *provider)
{
    provider_free(provider->driver);
}

static void
stage_gate_run(struct provider *provider, struct arena *arena, struct provider_call **calls,
               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        stage_pass(STAGE_ASKED, call_kind_name(calls[i]->kind));
    }
    provider_run(provider->driver, arena, calls, count);
    for (size_t i = 0; i < count; i++) {
        stage_pass(STAGE_ANSWERED, call_kind_name(calls[i]->kind));
    }
}

static const struct provider_ops stage_gate = {
    .driver = "gate",
    .open = stage_gate_open,
    .close = stage_gate_close,
    .run = stage_gate_run,
};

/* --- the scene --- */

void
stage_set(enum setting_id id, const char *value)
{
    struct error error = config_set(stage.config, test_db_arena(), id, value);

    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
}

/* As if job-provisioning had made it long ago. */
static void
stage_make_group(const struct test_catalogue *rows)
{
    struct arena *arena = test_db_arena();
    struct provider_options options = memory_provider_options();
    const char *fleet_id = test_db_text0("SELECT fleet_id FROM fleet");
    struct provider_call call = { .kind = CALL_SECURITY_GROUP_CREATE,
                                  .zone = "test-1",
                                  .name = "inventiv",
                                  .tags = tags_of_fleet(arena, fleet_id),
                                  .tag_count = TAGS_OF_FLEET };
    struct provider_call *calls[] = { &call };
    struct provider *provider = NULL;
    struct error error = provider_new(arena, &options, &provider);

    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
    provider_run(provider, arena, calls, 1);
    provider_free(provider);
    test_db_text("UPDATE zones SET security_group_ref = $2, security_group_ready_at = fleet_now()"
                 " WHERE id = $1",
                 TEST_PARAMS(rows->zone_id, call.new_ref));
}

struct config *
stage_start(void)
{
    setenv("TEST_SECRET_KEY", memory_provider_options().secret_key, 1);
    setenv("TEST_API_URL", memory_provider_options().api_url, 1);
    log_start("race", "error", false);
    stage.config = test_db_start('O');
    stage_set(SETTING_PROVIDER_SETTLE_SECONDS, "0.05");
    stage_set(SETTING_PROVIDER_GONE_CONFIRM_SECONDS, "0.1");
    stage_set(SETTING_AGENT_BINARY, "/proc/self/exe");
    stage_set(SETTING_ORCHESTRATOR_TOKEN, "a token of thirty-two bytes or more");
    struct error error = user_data_start(test_db_arena(), stage.config);
    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
    memory_provider_start();
    atexit(memory_provider_stop);
    memory_provider_set_times(0, 0);
    memory_provider_advance(1);
    provider_register(&stage_gate);
    kill_point_watch(stage_watch);
    const struct test_catalogue *rows = test_db_catalogue();
    /* Ports on which nobody answers. */
    test_db_exec("UPDATE providers SET driver = 'gate', ssh_port = 1, worker_port = 1,"
                 " engine_port = 1; UPDATE instance_types SET code = "
                 "'L4-1-24G'");
    stage_make_group(rows);
    return stage.config;
}

/* --- rows --- */

const char *
stage_instance(void)
{
    return test_db_instance(INSTANCE_PROVISIONING);
}

struct db_rows
stage_wish(const char *instance_id, const char *wish)
{
    static struct db *db;
    struct db_rows rows = { 0 };

    if (db == NULL) {
        db = db_new(stage.config, "wisher");
    }
    struct error error = db_run(db, test_db_arena(), Q_API_WISH, &rows,
                                DB_PARAMS(instance_id, wish, NULL, "wisher"));
    if (error_is(error) || rows.count != 1 || !row_is_null(&rows, 0, "refusal")) {
        test_give_up("%s is refused: %s", wish,
                     error_is(error)   ? error.message
                     : rows.count == 0 ? "no such row"
                                       : row_text(&rows, 0, "refusal"));
    }
    return rows;
}

bool
stage_is(const char *instance_id, enum instance_state state)
{
    const char *status =
        test_db_text("SELECT status FROM instances WHERE id = $1", TEST_PARAMS(instance_id));

    return strcmp(status, state_name(state)) == 0;
}

int64_t
stage_number(const char *instance_id, const char *expression)
{
    char sql[400];

    snprintf(sql, sizeof sql, "SELECT (%s)::bigint FROM instances WHERE id = $1", expression);
    return test_db_i64(sql, TEST_PARAMS(instance_id));
}

bool
stage_is_due(const char *instance_id)
{
    return stage_number(instance_id, "(next_run_at <= fleet_now())::int") == 1;
}
