/* host_sample.h: load, memory, disk, CPU and network of this machine. */
#ifndef INVENTIV_WORKER_HOST_SAMPLE_H
#define INVENTIV_WORKER_HOST_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_figures {
    bool has_load;
    double load[3];
    bool has_memory;
    int64_t mem_total_bytes;
    int64_t mem_available_bytes;
    bool has_disk;
    int64_t disk_total_bytes;
    int64_t disk_used_bytes;
    int64_t disk_free_bytes;
    bool has_network;
    int64_t net_rx_bytes;
    int64_t net_tx_bytes;
    bool has_rates; /* from the second sample on */
    double net_rx_bps;
    double net_tx_bps;
    bool has_cpu; /* from the second sample on */
    double cpu_usage_pct;
};

/* What the last sample saw, for rates; zero-initialise. */
struct host_sampler {
    int64_t at_ms;
    bool has_cpu;
    int64_t cpu_busy;
    int64_t cpu_all;
    bool has_network;
    int64_t net_rx_bytes;
    int64_t net_tx_bytes;
};

void host_sample(struct host_sampler *sampler, const char *disk_path, struct host_figures *out);
bool host_figures_known(const struct host_figures *figures);

/* Reads a small file whole, NUL-terminated; false when it cannot be read. */
bool host_read_file(const char *path, char *out, size_t size);

#endif
