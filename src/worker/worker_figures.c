#include "worker/worker_figures.h"

static void
worker_figures_head(struct buffer *out, const char *name)
{
    buffer_printf(out, "# TYPE inventiv_worker_%s gauge\n", name);
}

static void
worker_figures_gauge(struct buffer *out, const char *name, double value)
{
    worker_figures_head(out, name);
    buffer_printf(out, "inventiv_worker_%s %.15g\n", name, value);
}

static void
worker_figures_engine(const struct engine_facts *engine, struct buffer *out)
{
    const struct engine_figures *figures = &engine->figures;

    worker_figures_gauge(out, "vllm_ready", engine->serves ? 1 : 0);
    worker_figures_gauge(out, "engine_starts", (double)engine->starts);
    if (engine_figures_queue(figures) >= 0) {
        worker_figures_gauge(out, "queue_depth", (double)engine_figures_queue(figures));
        worker_figures_gauge(out, "requests_waiting", figures->requests_waiting);
    }
    if (figures->requests_running >= 0) {
        worker_figures_gauge(out, "requests_running", figures->requests_running);
    }
}

static void
worker_figures_per_gpu(const struct gpu_set *set, struct buffer *out)
{
    worker_figures_head(out, "gpu_utilization_by_gpu");
    for (size_t i = 0; i < set->count; i++) {
        buffer_printf(out, "inventiv_worker_gpu_utilization_by_gpu{gpu_index=\"%zu\"} %.15g\n", i,
                      set->gpus[i].utilization);
    }
    worker_figures_head(out, "gpu_mem_used_mb_by_gpu");
    for (size_t i = 0; i < set->count; i++) {
        buffer_printf(out, "inventiv_worker_gpu_mem_used_mb_by_gpu{gpu_index=\"%zu\"} %.15g\n", i,
                      set->gpus[i].mem_used_mb);
    }
}

static void
worker_figures_gpus(const struct gpu_set *set, struct buffer *out)
{
    if (set->count == 0 || set->made_up) {
        return;
    }
    struct gpu together = gpu_together(set);
    worker_figures_gauge(out, "gpu_utilization", together.utilization);
    worker_figures_gauge(out, "gpu_mem_used_mb", together.mem_used_mb);
    worker_figures_gauge(out, "gpu_mem_total_mb", together.mem_total_mb);
    worker_figures_per_gpu(set, out);
}

static void
worker_figures_host(const struct host_figures *host, struct buffer *out)
{
    if (host->has_cpu) {
        worker_figures_gauge(out, "cpu_usage_pct", host->cpu_usage_pct);
    }
    if (host->has_load) {
        worker_figures_gauge(out, "load1", host->load[0]);
    }
    if (host->has_memory) {
        worker_figures_gauge(out, "mem_used_bytes",
                             (double)(host->mem_total_bytes - host->mem_available_bytes));
        worker_figures_gauge(out, "mem_total_bytes", (double)host->mem_total_bytes);
    }
    if (host->has_disk) {
        worker_figures_gauge(out, "disk_used_bytes", (double)host->disk_used_bytes);
        worker_figures_gauge(out, "disk_total_bytes", (double)host->disk_total_bytes);
    }
    if (host->has_rates) {
        worker_figures_gauge(out, "net_rx_bps", host->net_rx_bps);
        worker_figures_gauge(out, "net_tx_bps", host->net_tx_bps);
    }
}

void
worker_figures_write(const struct worker_facts *facts, struct buffer *out)
{
    worker_figures_gauge(out, "up", 1);
    worker_figures_engine(&facts->engine, out);
    worker_figures_gpus(&facts->machine.gpus, out);
    worker_figures_host(&facts->machine.host, out);
}
