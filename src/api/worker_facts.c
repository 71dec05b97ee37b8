#include "api/worker_facts.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/digest.h"
#include "base/json.h"

enum { WORKER_TEXT_MAX = 512, WORKER_SECRET_LENGTH = 64, WORKER_PORT_MAX = 65535 };

static struct error
worker_facts_text(struct arena *arena, const json_t *body, const char *name, const char **out)
{
    const char *text = json_get_string(body, name, NULL);

    if (text != NULL && strlen(text) > WORKER_TEXT_MAX) {
        return error_make(arena, ERR_INPUT, "%s is too long", name);
    }
    *out = text == NULL || text[0] == '\0' ? NULL : arena_strdup(arena, text);
    return NO_ERROR;
}

/* A number, also where it comes with a fraction; clamped; WORKER_FACTS_UNTOLD when it is none. */
static double
worker_facts_number(const json_t *object, const char *name, double most)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_number(value)) {
        return WORKER_FACTS_UNTOLD;
    }
    double number = json_number_value(value);
    return number < 0 ? 0 : number > most ? most : number;
}

static int64_t
worker_facts_whole(const json_t *object, const char *name, int64_t most)
{
    return (int64_t)worker_facts_number(object, name, (double)most);
}

/* The sum of what the engine calls ..._tokens_total. */
static int64_t
worker_facts_tokens(const json_t *engine)
{
    static const int64_t most = INT64_C(1) << 50;
    const char *name;
    json_t *value;
    int64_t sum = WORKER_FACTS_UNTOLD;

    json_object_foreach((json_t *)(uintptr_t)engine, name, value)
    {
        size_t length = strlen(name);
        const char *end = "tokens_total";
        if (length >= strlen(end) && strcmp(name + length - strlen(end), end) == 0 &&
            json_is_number(value)) {
            sum = (sum < 0 ? 0 : sum) + worker_facts_whole(engine, name, most);
        }
    }
    return sum;
}

static const char *
worker_facts_status(const json_t *body)
{
    static const char *const known[] = { "starting", "ready", "draining" };
    const char *status = json_get_string(body, "status", "");

    if (status[0] == '\0') {
        return NULL;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(status, known[i]) == 0) {
            return known[i];
        }
    }
    return known[0];
}

static int
worker_facts_mix_bytes(const char *bytes, size_t length, void *context)
{
    uint64_t *hash = context;

    for (size_t i = 0; i < length; i++) {
        *hash = (*hash ^ (unsigned char)bytes[i]) * 0x100000001b3ULL;
    }
    return 0;
}

static uint64_t
worker_facts_mix(uint64_t hash, const char *text)
{
    worker_facts_mix_bytes(text, text == NULL ? 0 : strlen(text), &hash);
    return (hash ^ 0xff) * 0x100000001b3ULL;
}

static uint64_t
worker_facts_mix_value(uint64_t hash, const json_t *value)
{
    json_dump_callback(value, worker_facts_mix_bytes, &hash, JSON_COMPACT);
    return (hash ^ 0xff) * 0x100000001b3ULL;
}

static uint64_t
worker_facts_mix_number(uint64_t hash, double number)
{
    uint64_t bits;

    memcpy(&bits, &number, sizeof bits);
    return (hash ^ bits) * 0x100000001b3ULL;
}

/* Over what stays the same from beat to beat: names, agent, sizes.  Figures that move at every
 * beat are stored as they were when one of these last changed. */
static int64_t
worker_facts_hash(const struct worker_facts_told *told)
{
    static const char *const sizes[] = { "mem_total_bytes", "disk_total_bytes" };
    const json_t *system = json_object_get(told->metadata, "system");
    const json_t *gpus = json_object_get(told->metadata, "gpus");
    uint64_t hash = 0xcbf29ce484222325ULL;
    size_t index;
    json_t *gpu;

    hash = worker_facts_mix(hash, told->worker_id);
    hash = worker_facts_mix(hash, told->model_id);
    hash = worker_facts_mix_value(hash, told->agent_info);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        hash = worker_facts_mix_number(hash, json_get_double(system, sizes[i], 0));
    }
    hash = worker_facts_mix_number(hash, (double)json_array_size(gpus));
    json_array_foreach(gpus, index, gpu)
    {
        hash = worker_facts_mix_number(hash, json_get_double(gpu, "gpu_mem_total_mb", 0));
    }
    return (int64_t)hash;
}

static struct error
worker_facts_texts(struct arena *arena, const json_t *body, struct worker_facts_told *out)
{
    TRY(worker_facts_text(arena, body, "instance_id", &out->instance_id));
    TRY(worker_facts_text(arena, body, "worker_id", &out->worker_id));
    TRY(worker_facts_text(arena, body, "model_id", &out->model_id));
    TRY(worker_facts_text(arena, body, "ip_address", &out->ip_address));
    TRY(worker_facts_text(arena, body, "worker_secret", &out->secret));
    if (!digest_is_uuid(out->instance_id == NULL ? "" : out->instance_id)) {
        return error_static(ERR_INPUT, "missing_or_invalid_instance_id");
    }
    if (out->secret != NULL &&
        (strlen(out->secret) != WORKER_SECRET_LENGTH ||
         strspn(out->secret, "0123456789abcdefABCDEF") != WORKER_SECRET_LENGTH)) {
        return error_static(ERR_INPUT, "worker_secret is not 64 hex digits");
    }
    return NO_ERROR;
}

static json_t *
worker_facts_object(const json_t *body, const char *name)
{
    json_t *value = json_object_get(body, name);

    return json_is_object(value) ? value : NULL;
}

struct error
worker_facts_read(struct arena *arena, const json_t *body, struct worker_facts_told *out)
{
    struct worker_facts_told told = { .metadata = worker_facts_object(body, "metadata"),
                                      .agent_info = worker_facts_object(body, "agent_info") };
    const json_t *engine = json_object_get(told.metadata, "vllm");
    double period_s = worker_facts_number(body, "period_seconds", INT32_MAX / 1000);

    TRY(worker_facts_texts(arena, body, &told));
    told.has_metadata = told.metadata != NULL;
    told.status = worker_facts_status(body);
    told.health_port = worker_facts_whole(body, "health_port", WORKER_PORT_MAX);
    told.vllm_port = worker_facts_whole(body, "vllm_port", WORKER_PORT_MAX);
    told.generation = worker_facts_whole(body, "generation", INT32_MAX);
    told.generation = told.generation < 0 ? 0 : told.generation;
    told.queue_depth = worker_facts_whole(body, "queue_depth", INT32_MAX);
    told.requests_running = worker_facts_whole(engine, "requests_running", INT32_MAX);
    told.period_ms = period_s < 0 ? WORKER_FACTS_UNTOLD : (int64_t)(period_s * 1000);
    told.tokens_total = worker_facts_tokens(engine);
    told.gpu_utilization = worker_facts_number(body, "gpu_utilization", 100);
    told.gpu_mem_used_mb = worker_facts_number(body, "gpu_mem_used_mb", 1e12);
    told.metadata_hash = worker_facts_hash(&told);
    *out = told;
    return NO_ERROR;
}
