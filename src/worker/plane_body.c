#include "worker/plane_body.h"

#include <jansson.h>
#include <math.h>

#include "base/json.h"

static json_t *
plane_body_text(const char *text)
{
    return json_string_or_null(text[0] == '\0' ? NULL : text);
}

static void
plane_body_set_real(json_t *object, const char *name, double value)
{
    if (isfinite(value)) {
        json_object_set_new(object, name, json_real(value));
    }
}

static void
plane_body_set_whole(json_t *object, const char *name, int64_t value)
{
    json_object_set_new(object, name, json_integer(value));
}

static void
plane_body_set_gpu(json_t *object, const struct gpu *gpu)
{
    plane_body_set_real(object, "gpu_utilization", gpu->utilization);
    plane_body_set_real(object, "gpu_mem_used_mb", gpu->mem_used_mb);
    plane_body_set_real(object, "gpu_mem_total_mb", gpu->mem_total_mb);
    plane_body_set_real(object, "gpu_temp_c", gpu->temp_c);
    plane_body_set_real(object, "gpu_power_w", gpu->power_w);
    plane_body_set_real(object, "gpu_power_limit_w", gpu->power_limit_w);
}

static void
plane_body_set_gpus(json_t *metadata, const struct gpu_set *set)
{
    if (set->count == 0) {
        return;
    }
    struct gpu together = gpu_together(set);
    json_t *gpus = json_array();
    plane_body_set_gpu(metadata, &together);
    for (size_t i = 0; i < set->count; i++) {
        json_t *gpu = json_object();
        plane_body_set_whole(gpu, "index", (int64_t)i);
        plane_body_set_gpu(gpu, &set->gpus[i]);
        json_array_append_new(gpus, gpu);
    }
    json_object_set_new(metadata, "gpus", gpus);
}

static double
plane_body_percent(int64_t part, int64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void
plane_body_set_space(json_t *out, const char *disk_path, const struct host_figures *host)
{
    if (host->has_memory) {
        int64_t used = host->mem_total_bytes - host->mem_available_bytes;
        plane_body_set_whole(out, "mem_total_bytes", host->mem_total_bytes);
        plane_body_set_whole(out, "mem_available_bytes", host->mem_available_bytes);
        plane_body_set_whole(out, "mem_used_bytes", used);
        plane_body_set_real(out, "mem_used_pct", plane_body_percent(used, host->mem_total_bytes));
    }
    if (host->has_disk) {
        json_object_set_new(out, "disk_path", json_string(disk_path));
        plane_body_set_whole(out, "disk_total_bytes", host->disk_total_bytes);
        plane_body_set_whole(out, "disk_used_bytes", host->disk_used_bytes);
        plane_body_set_whole(out, "disk_free_bytes", host->disk_free_bytes);
        plane_body_set_real(out, "disk_used_pct",
                            plane_body_percent(host->disk_used_bytes, host->disk_total_bytes));
    }
}

static json_t *
plane_body_system(const char *disk_path, const struct host_figures *host)
{
    if (!host_figures_known(host)) {
        return json_null();
    }
    json_t *out = json_object();
    if (host->has_load) {
        plane_body_set_real(out, "load1", host->load[0]);
        plane_body_set_real(out, "load5", host->load[1]);
        plane_body_set_real(out, "load15", host->load[2]);
    }
    plane_body_set_space(out, disk_path, host);
    if (host->has_cpu) {
        plane_body_set_real(out, "cpu_usage_pct", host->cpu_usage_pct);
    }
    if (host->has_rates) {
        plane_body_set_real(out, "net_rx_bps", host->net_rx_bps);
        plane_body_set_real(out, "net_tx_bps", host->net_tx_bps);
    }
    if (host->has_network) {
        plane_body_set_whole(out, "net_rx_bytes_total", host->net_rx_bytes);
        plane_body_set_whole(out, "net_tx_bytes_total", host->net_tx_bytes);
    }
    return out;
}

static json_t *
plane_body_vllm(const struct engine_figures *figures)
{
    if (!engine_figures_known(figures)) {
        return json_null();
    }
    json_t *out = json_object();
    const struct {
        const char *name;
        double value;
    } members[] = {
        { "requests_waiting", figures->requests_waiting },
        { "requests_running", figures->requests_running },
        { "prompt_tokens_total", figures->prompt_tokens_total },
        { "generation_tokens_total", figures->generation_tokens_total },
    };
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (members[i].value >= 0) {
            plane_body_set_real(out, members[i].name, members[i].value);
        }
    }
    if (engine_figures_queue(figures) >= 0) {
        plane_body_set_whole(out, "queue_depth", engine_figures_queue(figures));
    }
    return out;
}

/* What both bodies hold. */
static json_t *
plane_body_common(const struct worker_options *options, const struct worker_facts *facts)
{
    const struct machine_facts *machine = &facts->machine;
    json_t *body = json_object();
    json_t *metadata = json_object();

    plane_body_set_gpus(metadata, &machine->gpus);
    json_object_set_new(metadata, "system", plane_body_system(options->disk_path, &machine->host));
    json_object_set_new(metadata, "vllm", plane_body_vllm(&facts->engine.figures));
    json_object_set_new(body, "instance_id", json_string(options->instance_id));
    json_object_set_new(body, "worker_id", json_string(options->worker_id));
    json_object_set_new(body, "model_id", plane_body_text(options->model_id));
    json_object_set_new(body, "ip_address", plane_body_text(machine->ip));
    json_object_set_new(body, "generation", json_integer(options->generation));
    json_object_set_new(body, "metadata", metadata);
    return body;
}

char *
plane_body_register(struct arena *arena, const struct worker_options *options, const char *secret,
                    const struct worker_facts *facts)
{
    CLEANUP_JSON json_t *body = plane_body_common(options, facts);

    plane_body_set_whole(body, "vllm_port", options->vllm_port);
    plane_body_set_whole(body, "health_port", options->health_port);
    if (secret[0] != '\0') {
        json_object_set_new(body, "worker_secret", json_string(secret));
    }
    return json_text(arena, body);
}

/* The two figures that stand beside the metadata are null where not known. */
static void
plane_body_set_load(json_t *body, const struct worker_facts *facts)
{
    const struct gpu_set *gpus = &facts->machine.gpus;
    int64_t queue = engine_figures_queue(&facts->engine.figures);
    struct gpu together = { 0 };

    if (gpus->count > 0) {
        together = gpu_together(gpus);
    }
    json_object_set_new(body, "queue_depth", queue < 0 ? json_null() : json_integer(queue));
    json_object_set_new(body, "gpu_utilization",
                        gpus->count == 0 ? json_null() : json_real(together.utilization));
    json_object_set_new(body, "gpu_mem_used_mb",
                        gpus->count == 0 ? json_null() : json_real(together.mem_used_mb));
}

char *
plane_body_heartbeat(struct arena *arena, const struct worker_options *options, int64_t period_ms,
                     const struct worker_facts *facts)
{
    CLEANUP_JSON json_t *body = plane_body_common(options, facts);
    json_t *agent = json_object();

    json_object_set_new(agent, "version", json_string(options->version));
    json_object_set_new(agent, "build_date", json_string(options->build_date));
    json_object_set_new(agent, "checksum", plane_body_text(options->checksum));
    json_object_set_new(body, "agent_info", agent);
    json_object_set_new(body, "status", json_string(worker_status_name(facts->status)));
    json_object_set_new(body, "period_seconds", json_real((double)period_ms / 1000));
    plane_body_set_load(body, facts);
    return json_text(arena, body);
}
