#include "memory_provider.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "memory_calls.h"
#include "memory_world.h"

static const char memory_url[] = "memory:";
static const char memory_key[] = "memory-key";

struct memory_fault {
    int fail_left;
    enum answer_class fail_class;
    int lose_left;
    int64_t calls;
};

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static struct memory_world memory_world;
static struct memory_fault memory_faults[CALL_KIND_COUNT_];

/* What an open provider knows: whether its calls arrive, and whether they are let in. */
struct memory_driver {
    bool reaches;
    bool allowed;
};

static struct error
memory_open(struct provider *provider, struct arena *arena, const struct provider_options *options)
{
    if (options->secret_key == NULL || options->api_url == NULL) {
        return error_make(arena, ERR_CONFIG, "provider %s: no secret key or URL", options->code);
    }
    struct memory_driver *driver = mem_zalloc(sizeof(*driver));
    driver->reaches = strcmp(options->api_url, memory_url) == 0;
    driver->allowed = strcmp(options->secret_key, memory_key) == 0;
    provider->driver = driver;
    return NO_ERROR;
}

static void
memory_close(struct provider *provider)
{
    mem_free(provider->driver);
}

static void
memory_refuse(struct provider_call *call, enum answer_class class, const char *message)
{
    call->class = class;
    call->message = message;
    call->new_ref = "";
    call->server_count = 0;
    call->volume_count = 0;
    call->address_count = 0;
    call->security_group_count = 0;
    call->type_count = 0;
}

static void
memory_run_one(const struct memory_driver *driver, struct arena *arena, struct provider_call *call)
{
    struct memory_fault *fault = &memory_faults[call->kind];
    fault->calls++;
    if (!driver->reaches) {
        memory_refuse(call, ANSWER_TRANSIENT, "connection refused");
        return;
    }
    if (call_is_mutating(call->kind) && call->on_sent != NULL) {
        call->on_sent(call->on_sent_argument);
    }
    if (!driver->allowed) {
        memory_refuse(call, ANSWER_DENIED, "denied");
    } else if (fault->fail_left > 0) {
        fault->fail_left--;
        memory_refuse(call, fault->fail_class, "a fault was asked for");
    } else {
        memory_calls_do(&memory_world, arena, call);
        if (call->on_page != NULL) {
            call->on_page(call->on_page_argument);
        }
        if (fault->lose_left > 0) {
            fault->lose_left--;
            memory_refuse(call, ANSWER_UNKNOWN, "the reply was lost");
        }
    }
}

static void
memory_run(struct provider *provider, struct arena *arena, struct provider_call **calls,
           size_t count)
{
    pthread_mutex_lock(&memory_lock);
    memory_world_settle(&memory_world);
    for (size_t i = 0; i < count; i++) {
        memory_run_one(provider->driver, arena, calls[i]);
    }
    pthread_mutex_unlock(&memory_lock);
}

static const struct provider_ops memory_ops = {
    .driver = "memory",
    .open = memory_open,
    .close = memory_close,
    .run = memory_run,
};

void
memory_provider_start(void)
{
    provider_register(&memory_ops);
    pthread_mutex_lock(&memory_lock);
    memory_world_reset(&memory_world);
    memset(memory_faults, 0, sizeof(memory_faults));
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_stop(void)
{
    pthread_mutex_lock(&memory_lock);
    memory_world_reset(&memory_world);
    pthread_mutex_unlock(&memory_lock);
}

struct provider_options
memory_provider_options(void)
{
    return (struct provider_options){
        .code = "memory",
        .driver = "memory",
        .api_url = memory_url,
        .secret_key = memory_key,
        .project_id = "memory-project",
        .call_timeout_ms = 1000,
        .connect_timeout_ms = 1000,
        .calls_at_once = 8,
        .reply_max = 1 << 20,
        .page_rows = 100,
        .pages_max = 100,
    };
}

int64_t
memory_provider_now_ms(void)
{
    pthread_mutex_lock(&memory_lock);
    int64_t now_ms = memory_world.now_ms;
    pthread_mutex_unlock(&memory_lock);
    return now_ms;
}

void
memory_provider_advance(int64_t duration_ms)
{
    pthread_mutex_lock(&memory_lock);
    memory_world.now_ms += duration_ms;
    memory_world_settle(&memory_world);
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_set_times(int64_t boot_ms, int64_t stop_ms)
{
    pthread_mutex_lock(&memory_lock);
    memory_world.boot_ms = boot_ms;
    memory_world.stop_ms = stop_ms;
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_set_list_lag(int64_t duration_ms)
{
    pthread_mutex_lock(&memory_lock);
    memory_world.list_lag_ms = duration_ms;
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_fail(enum call_kind kind, enum answer_class class, int count)
{
    pthread_mutex_lock(&memory_lock);
    memory_faults[kind].fail_class = class;
    memory_faults[kind].fail_left = count;
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_lose_reply(enum call_kind kind, int count)
{
    pthread_mutex_lock(&memory_lock);
    memory_faults[kind].lose_left = count;
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_clear_faults(void)
{
    pthread_mutex_lock(&memory_lock);
    for (int i = 0; i < CALL_KIND_COUNT_; i++) {
        memory_faults[i].fail_left = 0;
        memory_faults[i].lose_left = 0;
    }
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_set_state(const char *server_ref, enum server_state state)
{
    pthread_mutex_lock(&memory_lock);
    struct memory_thing *server = memory_world_find(&memory_world, MEMORY_SERVER, NULL, server_ref);
    if (server != NULL) {
        server->state = state;
        server->due_ms = 0;
    }
    pthread_mutex_unlock(&memory_lock);
}

const char *
memory_provider_attach(struct arena *arena, const char *server_ref)
{
    pthread_mutex_lock(&memory_lock);
    const struct memory_thing *server =
        memory_world_find(&memory_world, MEMORY_SERVER, NULL, server_ref);
    struct memory_thing *volume =
        memory_world_add(&memory_world, MEMORY_VOLUME, server->zone, "data", NULL, 0);
    volume->is_data = true;
    memcpy(volume->server_ref, server->ref, sizeof(volume->server_ref));
    const char *ref = arena_strdup(arena, volume->ref);
    pthread_mutex_unlock(&memory_lock);
    return ref;
}

void
memory_provider_remove(const char *ref)
{
    static const enum memory_sort sorts[] = { MEMORY_SERVER, MEMORY_VOLUME, MEMORY_ADDRESS,
                                              MEMORY_GROUP };
    pthread_mutex_lock(&memory_lock);
    for (size_t i = 0; i < ARRAY_LENGTH(sorts); i++) {
        struct memory_thing *thing = memory_world_find(&memory_world, sorts[i], NULL, ref);
        if (thing != NULL) {
            memory_world_remove(&memory_world, thing);
        }
    }
    pthread_mutex_unlock(&memory_lock);
}

void
memory_provider_set_stock(const char *code, const char *stock)
{
    pthread_mutex_lock(&memory_lock);
    for (size_t i = 0; i < memory_world.type_count; i++) {
        if (strcmp(memory_world.types[i].code, code) == 0) {
            memory_world.types[i].stock = stock;
        }
    }
    pthread_mutex_unlock(&memory_lock);
}

static size_t
memory_count(enum memory_sort sort)
{
    size_t count = 0;
    pthread_mutex_lock(&memory_lock);
    for (struct memory_thing *thing = memory_world.things; thing != NULL; thing = thing->next) {
        count += thing->sort == sort ? 1 : 0;
    }
    pthread_mutex_unlock(&memory_lock);
    return count;
}

size_t
memory_provider_servers(void)
{
    return memory_count(MEMORY_SERVER);
}

size_t
memory_provider_volumes(void)
{
    return memory_count(MEMORY_VOLUME);
}

size_t
memory_provider_addresses(void)
{
    return memory_count(MEMORY_ADDRESS);
}

size_t
memory_provider_groups(void)
{
    return memory_count(MEMORY_GROUP);
}

bool
memory_provider_has(const char *server_ref)
{
    pthread_mutex_lock(&memory_lock);
    bool has = memory_world_find(&memory_world, MEMORY_SERVER, NULL, server_ref) != NULL;
    pthread_mutex_unlock(&memory_lock);
    return has;
}

static bool
memory_shares_tag(const struct memory_thing *server, const char *prefix)
{
    for (const struct memory_thing *other = memory_world.things; other != NULL;
         other = other->next) {
        for (size_t i = 0; i < server->tag_count && other != server; i++) {
            if (strncmp(server->tags[i], prefix, strlen(prefix)) == 0 &&
                other->sort == MEMORY_SERVER &&
                memory_thing_has_tags(other, (const char *const *)&server->tags[i], 1)) {
                return true;
            }
        }
    }
    return false;
}

size_t
memory_provider_tagged_twice(const char *prefix)
{
    size_t count = 0;

    pthread_mutex_lock(&memory_lock);
    for (struct memory_thing *thing = memory_world.things; thing != NULL; thing = thing->next) {
        count += thing->sort == MEMORY_SERVER && memory_shares_tag(thing, prefix) ? 1 : 0;
    }
    pthread_mutex_unlock(&memory_lock);
    return count;
}

const char *
memory_provider_newest(struct arena *arena)
{
    const char *ref = NULL;

    pthread_mutex_lock(&memory_lock);
    for (struct memory_thing *thing = memory_world.things; thing != NULL; thing = thing->next) {
        ref = thing->sort == MEMORY_SERVER ? arena_strdup(arena, thing->ref) : ref;
    }
    pthread_mutex_unlock(&memory_lock);
    return ref;
}

int64_t
memory_provider_calls(enum call_kind kind)
{
    pthread_mutex_lock(&memory_lock);
    int64_t calls = memory_faults[kind].calls;
    pthread_mutex_unlock(&memory_lock);
    return calls;
}

const char *
memory_provider_user_data(struct arena *arena, const char *server_ref)
{
    pthread_mutex_lock(&memory_lock);
    const struct memory_thing *server =
        memory_world_find(&memory_world, MEMORY_SERVER, NULL, server_ref);
    const char *text = server == NULL ? NULL : arena_strdup(arena, server->user_data);
    pthread_mutex_unlock(&memory_lock);
    return text;
}
