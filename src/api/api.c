#include "api/api.h"

#include "api/agent_binary.h"
#include "api/event_stream.h"
#include "api/ingest.h"
#include "api/password.h"
#include "base/mem.h"

static const struct {
    const char *name;
    enum setting_id threads;
} api_pools[] = {
#define X(id, name, setting) { name, setting },
    API_POOLS(X)
#undef X
};

static size_t
api_pool_threads(const struct api *api, size_t pool)
{
    return (size_t)config_count(api->config, api_pools[pool].threads);
}

static void
api_start_pool(struct api *api, size_t pool)
{
    size_t threads = api_pool_threads(api, pool);

    api->connections[pool] = mem_zalloc(threads * sizeof(struct db *));
    for (size_t i = 0; i < threads; i++) {
        api->connections[pool][i] = db_new(api->config, "inventiv-api");
    }
    api->pools[pool] = thread_pool_new(api_pools[pool].name, threads,
                                       (size_t)config_count(api->config, SETTING_API_WAITING_MAX));
}

struct api *
api_new(const struct config *config, struct loop *loop)
{
    struct api *api = mem_zalloc(sizeof *api);

    api->config = config;
    api->loop = loop;
    digest_uuid(api->id);
    api->wake = wake_new(config);
    api->agent = agent_binary_new(config);
    api->unknown_hash = password_hash_of_nobody();
    for (size_t pool = 0; pool < API_POOL_COUNT_; pool++) {
        api_start_pool(api, pool);
    }
    return api;
}

void
api_free(struct api *api)
{
    if (api == NULL) {
        return;
    }
    for (size_t pool = 0; pool < API_POOL_COUNT_; pool++) {
        thread_pool_free(api->pools[pool]);
        for (size_t i = 0; i < api_pool_threads(api, pool); i++) {
            db_free(api->connections[pool][i]);
        }
        mem_free(api->connections[pool]);
    }
    ingest_free(api->ingest);
    event_streams_free(api->events);
    agent_binary_free(api->agent);
    wake_free(api->wake);
    mem_free(api->unknown_hash);
    mem_free(api);
}
