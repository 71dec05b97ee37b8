/* gpu.h: figures of this machine's GPUs and what they come to together.  Pure; nvml.h reads real
 * ones. */
#ifndef INVENTIV_WORKER_GPU_H
#define INVENTIV_WORKER_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GPU_COUNT_MAX = 64 };

struct gpu {
    double utilization; /* percent */
    double mem_used_mb;
    double mem_total_mb;
    double temp_c; /* this and the next two: NAN where not told */
    double power_w;
    double power_limit_w;
};

/* A GPU's index is its place. */
struct gpu_set {
    size_t count;
    bool made_up; /* synthetic: reported to the plane, never in our own metrics */
    struct gpu gpus[GPU_COUNT_MAX];
};

/* Means of utilization, temperature, power and limit (over those that tell; NAN where none
 * does), sums of memory.  The set must not be empty. */
struct gpu gpu_together(const struct gpu_set *set);

/* Synthetic GPUs whose load follows the engine's queue; the formula of the existing agent. */
void gpu_make_up(struct gpu_set *set, size_t count, double vram_mb, int64_t queue_depth);

#endif
