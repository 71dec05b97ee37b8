#include "api/agent_binary.h"

#include <pthread.h>
#include <strings.h>
#include <sys/stat.h>

#include "api/agent_store.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

struct agent_binary {
    const struct config *config;
    pthread_mutex_t lock;
    char hash[DIGEST_HEX_SIZE]; /* "": not readable */
    struct timespec changed_at;
    off_t size;
    int64_t looked_at_ms;
};

/* One request; lives in the arena of its own. */
struct agent_query {
    struct api *api;
    struct http_request *request;
    struct arena *arena;
    const char *hash;
    const char *path; /* NULL: unknown */
};

static void
agent_binary_read(struct agent_binary *agent, const char *path)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *folder = config_text(agent->config, SETTING_AGENT_STORE_DIR);
    size_t keep = (size_t)config_count(agent->config, SETTING_AGENT_STORE_KEEP);

    if (folder[0] != '\0') {
        struct error error = agent_store_add(arena, folder, path, keep, agent->hash);
        if (!error_is(error)) {
            return;
        }
        log_warn("the agent is served without a copy of it", LOG_STR(ERROR, error.message));
    }
    if (!digest_file_sha256_hex(path, agent->hash)) {
        agent->hash[0] = '\0';
    }
}

static void
agent_binary_look(struct agent_binary *agent)
{
    const char *path = config_text(agent->config, SETTING_AGENT_BINARY);
    struct stat about;

    agent->looked_at_ms = clock_monotonic_ms();
    if (stat(path, &about) != 0) {
        agent->hash[0] = '\0';
        return;
    }
    if (agent->hash[0] == '\0' || about.st_size != agent->size ||
        about.st_mtim.tv_sec != agent->changed_at.tv_sec ||
        about.st_mtim.tv_nsec != agent->changed_at.tv_nsec) {
        agent->changed_at = about.st_mtim;
        agent->size = about.st_size;
        agent_binary_read(agent, path);
    }
}

struct agent_binary *
agent_binary_new(const struct config *config)
{
    struct agent_binary *agent = mem_zalloc(sizeof *agent);

    agent->config = config;
    pthread_mutex_init(&agent->lock, NULL);
    agent_binary_look(agent);
    return agent;
}

void
agent_binary_free(struct agent_binary *agent)
{
    if (agent != NULL) {
        pthread_mutex_destroy(&agent->lock);
        mem_free(agent);
    }
}

/* A kept copy before the present file, which may be replaced while it is being read. */
static const char *
agent_binary_find(struct agent_binary *agent, struct arena *arena, const char *hash)
{
    int64_t look_ms = config_ms(agent->config, SETTING_AGENT_LOOK_SECONDS);
    const char *kept;

    pthread_mutex_lock(&agent->lock);
    if (clock_monotonic_ms() - agent->looked_at_ms >= look_ms) {
        agent_binary_look(agent);
    }
    bool is_present = agent->hash[0] != '\0' && strcasecmp(agent->hash, hash) == 0;
    pthread_mutex_unlock(&agent->lock);
    kept = agent_store_find(arena, config_text(agent->config, SETTING_AGENT_STORE_DIR), hash);
    if (kept != NULL) {
        return kept;
    }
    return is_present ? config_text(agent->config, SETTING_AGENT_BINARY) : NULL;
}

/* On the loop again. */
static void
agent_binary_reply(void *argument)
{
    struct agent_query *query = argument;

    if (query->path == NULL) {
        http_request_reply_error(query->request, 404, "not_found", "no agent with this hash");
    } else {
        http_request_reply_file(query->request, query->path, "application/octet-stream");
    }
    query->api->exchanges--;
    arena_free(query->arena);
}

static void
agent_binary_run(void *argument, size_t slot)
{
    struct agent_query *query = argument;

    (void)slot;
    query->path = agent_binary_find(query->api->agent, query->arena, query->hash);
    loop_post(query->api->loop, agent_binary_reply, query);
}

void
agent_binary_serve(struct api *api, struct http_request *request, const char *hash)
{
    if (!agent_store_is_hash(hash)) {
        http_request_reply_error(request, 404, "not_found", "no agent with this hash");
        return;
    }
    struct arena *arena = arena_new();
    struct agent_query *query = arena_alloc(arena, sizeof *query);
    *query = (struct agent_query){ api, request, arena, arena_strdup(arena, hash), NULL };
    api->exchanges++;
    if (!thread_pool_add(api->pools[API_POOL_ORDINARY], agent_binary_run, query)) {
        api->exchanges--;
        arena_free(arena);
        http_request_add_header(request, "Retry-After", "1");
        http_request_reply_error(request, 503, "overloaded", "too many requests wait");
    }
}
