/* GPUs, bodies, metrics, the engine's environment. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "check.h"
#include "worker/engine_environment.h"
#include "worker/gpu.h"
#include "worker/nvml.h"
#include "worker/plane_body.h"
#include "worker/worker_figures.h"

static void
test_made_up(void)
{
    static const struct {
        int64_t queue;
        double first, second;
    } cases[] = {
        { -1, 5, 8 }, { 0, 5, 8 }, { 1, 13, 16 }, { 7, 61, 64 }, { 12, 95, 98 }, { 500, 95, 98 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct gpu_set set;
        gpu_make_up(&set, 4, 24576, cases[i].queue);
        CHECK_I64(set.count, 4);
        CHECK(set.made_up);
        CHECK(set.gpus[0].utilization == cases[i].first);
        CHECK(set.gpus[1].utilization == cases[i].second);
        CHECK(set.gpus[3].utilization <= 100);
        CHECK(set.gpus[0].mem_used_mb == 24576 * cases[i].first / 100);
        CHECK(set.gpus[0].temp_c == 35 + 0.5 * cases[i].first);
        CHECK(set.gpus[0].power_limit_w == 300);
    }
}

static void
test_together(void)
{
    struct gpu_set set = {
        .count = 2, .gpus = { { 10, 100, 1000, 40, NAN, NAN }, { 30, 50, 1000, NAN, NAN, 9 } }
    };
    struct gpu together = gpu_together(&set);

    CHECK(together.utilization == 20);
    CHECK(together.mem_used_mb == 150 && together.mem_total_mb == 2000);
    CHECK(together.temp_c == 40);
    CHECK(isnan(together.power_w));
    CHECK(together.power_limit_w == 9);
}

/* Runs against the stand-in of this folder, which the loader finds first. */
static void
test_nvml(void)
{
    struct nvml *nvml = nvml_new();
    struct gpu_set set = { .count = 99 };

    if (!CHECK(nvml != NULL)) {
        return;
    }
    CHECK(nvml_read(nvml, &set));
    CHECK_I64(set.count, 2);
    CHECK(!set.made_up);
    CHECK(set.gpus[0].utilization == 50 && set.gpus[1].utilization == 51);
    CHECK(set.gpus[1].mem_total_mb == 24576 && set.gpus[1].mem_used_mb == 1024);
    CHECK(set.gpus[0].temp_c == 60 && isnan(set.gpus[1].temp_c));
    CHECK(set.gpus[0].power_w == 123.456 && set.gpus[0].power_limit_w == 300);
    CHECK(!nvml_read(nvml, &set)); /* a card is gone */
    CHECK_I64(set.count, 2);
    nvml_free(nvml);
    nvml_free(NULL);
}

static struct worker_options
figures_options(void)
{
    return (struct worker_options){
        .instance_id = "i",
        .worker_id = "worker-uuid",
        .model_id = "",
        .generation = 3,
        .vllm_port = 8000,
        .health_port = 8080,
        .disk_path = "/",
        .version = "1.2.3",
        .build_date = "2026-01-03",
        .listen_address = "127.0.0.1",
        .state_dir = "/state",
    };
}

static struct worker_facts
figures_facts(void)
{
    struct worker_facts facts = {
        .status = WORKER_READY,
        .engine = { .serves = true, .figures = { 3.7, 1, -1, -1 } },
        .machine = { .ip = "10.0.0.7" },
    };

    facts.machine.gpus = (struct gpu_set){ .count = 1, .gpus = { { 50, 1, 2, NAN, 4, NAN } } };
    facts.machine.host = (struct host_figures){
        .has_memory = true,
        .mem_total_bytes = 1000,
        .mem_available_bytes = 250,
        .has_disk = true,
        .disk_total_bytes = 100,
        .disk_used_bytes = 40,
        .disk_free_bytes = 50,
    };
    return facts;
}

static json_t *
figures_parse(struct arena *arena, const char *text)
{
    json_t *body = NULL;

    CHECK(!error_is(json_parse(arena, text, strlen(text), &body)));
    return body;
}

static void
test_register(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct worker_options options = figures_options();
    struct worker_facts facts = figures_facts();
    CLEANUP_JSON json_t *body =
        figures_parse(arena, plane_body_register(arena, &options, "5ec", &facts));

    CHECK_STR(json_get_string(body, "instance_id", ""), "i");
    CHECK_STR(json_get_string(body, "worker_id", ""), "worker-uuid");
    CHECK(json_is_null(json_object_get(body, "model_id")));
    CHECK_I64(json_get_i64(body, "vllm_port", 0), 8000);
    CHECK_I64(json_get_i64(body, "health_port", 0), 8080);
    CHECK_I64(json_get_i64(body, "generation", 0), 3);
    CHECK_STR(json_get_string(body, "worker_secret", ""), "5ec");
    CHECK(json_is_object(json_object_get(body, "metadata")));
    CLEANUP_JSON json_t *bare =
        figures_parse(arena, plane_body_register(arena, &options, "", &facts));
    CHECK(json_object_get(bare, "worker_secret") == NULL);
}

static void
test_heartbeat(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct worker_options options = figures_options();
    struct worker_facts facts = figures_facts();
    CLEANUP_JSON json_t *body =
        figures_parse(arena, plane_body_heartbeat(arena, &options, 2500, &facts));
    json_t *metadata = json_object_get(body, "metadata");
    json_t *gpu = json_array_get(json_object_get(metadata, "gpus"), 0);

    CHECK_STR(json_get_string(body, "status", ""), "ready");
    CHECK_STR(json_get_string(body, "ip_address", ""), "10.0.0.7");
    CHECK_I64(json_get_i64(body, "queue_depth", 0), 3);
    CHECK(json_get_double(body, "period_seconds", 0) == 2.5);
    CHECK(json_get_double(body, "gpu_utilization", 0) == 50);
    CHECK_STR(json_get_string(json_object_get(body, "agent_info"), "version", ""), "1.2.3");
    CHECK(json_is_null(json_object_get(json_object_get(body, "agent_info"), "checksum")));
    CHECK_I64(json_get_i64(gpu, "index", -1), 0);
    CHECK(json_object_get(gpu, "gpu_temp_c") == NULL);
    CHECK(json_get_double(metadata, "gpu_power_w", 0) == 4);
    json_t *host = json_object_get(metadata, "system");
    CHECK(json_get_double(host, "mem_used_pct", 0) == 75);
    CHECK(json_get_double(host, "disk_used_pct", 0) == 40);
    CHECK(json_object_get(host, "cpu_usage_pct") == NULL);
    json_t *vllm = json_object_get(metadata, "vllm");
    CHECK(json_get_double(vllm, "requests_waiting", 0) == 3.7);
    CHECK_I64(json_get_i64(vllm, "queue_depth", 0), 3);
    CHECK(json_object_get(vllm, "prompt_tokens_total") == NULL);
}

static void
test_heartbeat_of_nothing(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct worker_options options = figures_options();
    struct worker_facts facts = { .engine = { .figures = ENGINE_FIGURES_NONE } };
    CLEANUP_JSON json_t *body =
        figures_parse(arena, plane_body_heartbeat(arena, &options, 1000, &facts));
    static const char *const nulls[] = { "model_id", "ip_address", "queue_depth", "gpu_utilization",
                                         "gpu_mem_used_mb" };

    for (size_t i = 0; i < ARRAY_LENGTH(nulls); i++) {
        CHECK_CASE(json_is_null(json_object_get(body, nulls[i])), nulls[i]);
    }
    CHECK_STR(json_get_string(body, "status", ""), "starting");
    json_t *metadata = json_object_get(body, "metadata");
    CHECK_I64(json_object_size(metadata), 2);
    CHECK(json_is_null(json_object_get(metadata, "system")));
    CHECK(json_is_null(json_object_get(metadata, "vllm")));
}

static void
test_metrics(void)
{
    CLEANUP_BUFFER struct buffer text = { 0 };
    struct worker_facts facts = figures_facts();

    worker_figures_write(&facts, &text);
    CHECK(strstr(text.bytes, "\ninventiv_worker_queue_depth 3\n") != NULL);
    CHECK(strstr(text.bytes, "\ninventiv_worker_gpu_utilization_by_gpu{gpu_index=\"0\"} 50\n") !=
          NULL);
    CHECK(strstr(text.bytes, "\ninventiv_worker_mem_used_bytes 750\n") != NULL);
    CHECK(strstr(text.bytes, "cpu_usage_pct") == NULL);
    facts.machine.gpus.made_up = true;
    buffer_clear(&text);
    worker_figures_write(&facts, &text);
    CHECK(strstr(text.bytes, "gpu") == NULL);
}

static bool
figures_has(const char *const *list, const char *variable)
{
    for (; *list != NULL; list++) {
        if (strcmp(*list, variable) == 0) {
            return true;
        }
    }
    return false;
}

static void
test_environment(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct worker_options options = figures_options();
    static const char *const inherited[] = { "PATH=/bin",
                                             "ENROLMENT_TOKEN=x",
                                             "MODEL_ID=old",
                                             "WORKER_PLANE_TOKEN_FILE=/x",
                                             "HF_TOKEN=old",
                                             "MODEL_ID_2=kept",
                                             NULL };
    static const char *const secrets[] = { "HF_TOKEN=new", NULL };
    const char *const *got = engine_environment(arena, &options, inherited, secrets);
    size_t count = 0;

    while (got[count] != NULL) {
        count++;
    }
    CHECK_I64(count, 8); /* PATH, MODEL_ID_2, HF_TOKEN and our five */
    CHECK(figures_has(got, "PATH=/bin") && figures_has(got, "MODEL_ID_2=kept"));
    CHECK(figures_has(got, "MODEL_ID=") && !figures_has(got, "MODEL_ID=old"));
    CHECK(figures_has(got, "HF_TOKEN=new") && !figures_has(got, "HF_TOKEN=old"));
    CHECK(figures_has(got, "WORKER_VLLM_PORT=8000"));
    CHECK(!figures_has(got, "ENROLMENT_TOKEN=x"));
}

int
main(void)
{
    check_run("synthetic GPUs follow the queue by the known formula", test_made_up);
    check_run("GPUs together are means and sums of what is told", test_together);
    check_run("real GPUs are read through NVML, all or none", test_nvml);
    check_run("a registration holds what the wire wants", test_register);
    check_run("a heartbeat holds what the wire wants", test_heartbeat);
    check_run("a heartbeat that knows nothing says so", test_heartbeat_of_nothing);
    check_run("metrics tell what is known and nothing made up", test_metrics);
    check_run("the engine's environment has its secrets and none of ours", test_environment);
    return check_end();
}
