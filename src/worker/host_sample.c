#include "worker/host_sample.h"

#include <math.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "worker/host_text.h"

enum { HOST_FILE_MAX = 64 * 1024 };

bool
host_read_file(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return false;
    }
    size_t length = fread(out, 1, size - 1, file);
    bool whole = ferror(file) == 0;
    fclose(file);
    out[length] = '\0';
    return whole;
}

static void
host_sample_memory(char *text, size_t size, struct host_figures *out)
{
    if (host_read_file("/proc/loadavg", text, size)) {
        out->has_load = host_text_load(text, out->load);
    }
    if (host_read_file("/proc/meminfo", text, size)) {
        out->has_memory = host_text_memory(text, &out->mem_total_bytes, &out->mem_available_bytes);
    }
}

static void
host_sample_disk(const char *path, struct host_figures *out)
{
    struct statvfs disk;

    if (statvfs(path, &disk) != 0) {
        return;
    }
    int64_t unit = (int64_t)disk.f_frsize;
    out->has_disk = true;
    out->disk_total_bytes = (int64_t)disk.f_blocks * unit;
    out->disk_used_bytes = (int64_t)(disk.f_blocks - disk.f_bfree) * unit;
    out->disk_free_bytes = (int64_t)disk.f_bavail * unit;
}

static void
host_sample_cpu(struct host_sampler *sampler, char *text, size_t size, struct host_figures *out)
{
    int64_t busy, all;

    if (!host_read_file("/proc/stat", text, size) || !host_text_cpu(text, &busy, &all)) {
        return;
    }
    if (sampler->has_cpu && all > sampler->cpu_all) {
        double share = (double)(busy - sampler->cpu_busy) / (double)(all - sampler->cpu_all);
        out->has_cpu = true;
        out->cpu_usage_pct = fmax(0, fmin(100, share * 100));
    }
    sampler->has_cpu = true;
    sampler->cpu_busy = busy;
    sampler->cpu_all = all;
}

/* An interface that vanished makes a sum smaller: no rate then, rather than a negative one. */
static void
host_sample_network(struct host_sampler *sampler, int64_t passed_ms, char *text, size_t size,
                    struct host_figures *out)
{
    if (!host_read_file("/proc/net/dev", text, size) ||
        !host_text_network(text, &out->net_rx_bytes, &out->net_tx_bytes)) {
        return;
    }
    int64_t rx = out->net_rx_bytes - sampler->net_rx_bytes;
    int64_t tx = out->net_tx_bytes - sampler->net_tx_bytes;
    if (sampler->has_network && passed_ms > 0 && rx >= 0 && tx >= 0) {
        out->has_rates = true;
        out->net_rx_bps = (double)rx * 1000 / (double)passed_ms;
        out->net_tx_bps = (double)tx * 1000 / (double)passed_ms;
    }
    out->has_network = true;
    sampler->has_network = true;
    sampler->net_rx_bytes = out->net_rx_bytes;
    sampler->net_tx_bytes = out->net_tx_bytes;
}

void
host_sample(struct host_sampler *sampler, const char *disk_path, struct host_figures *out)
{
    char text[HOST_FILE_MAX];
    int64_t now_ms = clock_monotonic_ms();

    *out = (struct host_figures){ 0 };
    host_sample_memory(text, sizeof text, out);
    host_sample_disk(disk_path, out);
    host_sample_cpu(sampler, text, sizeof text, out);
    host_sample_network(sampler, now_ms - sampler->at_ms, text, sizeof text, out);
    sampler->at_ms = now_ms;
}

bool
host_figures_known(const struct host_figures *figures)
{
    return figures->has_load || figures->has_memory || figures->has_disk || figures->has_network ||
           figures->has_cpu;
}
