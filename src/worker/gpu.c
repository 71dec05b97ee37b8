#include "worker/gpu.h"

#include <math.h>

struct gpu_mean {
    double sum;
    size_t count;
};

static void
gpu_mean_add(struct gpu_mean *mean, double value)
{
    if (!isnan(value)) {
        mean->sum += value;
        mean->count++;
    }
}

static double
gpu_mean_value(const struct gpu_mean *mean)
{
    return mean->count == 0 ? NAN : mean->sum / (double)mean->count;
}

struct gpu
gpu_together(const struct gpu_set *set)
{
    struct gpu_mean utilization = { 0 }, temp = { 0 }, power = { 0 }, limit = { 0 };
    struct gpu all = { 0 };

    for (size_t i = 0; i < set->count; i++) {
        const struct gpu *gpu = &set->gpus[i];
        gpu_mean_add(&utilization, gpu->utilization);
        gpu_mean_add(&temp, gpu->temp_c);
        gpu_mean_add(&power, gpu->power_w);
        gpu_mean_add(&limit, gpu->power_limit_w);
        all.mem_used_mb += gpu->mem_used_mb;
        all.mem_total_mb += gpu->mem_total_mb;
    }
    all.utilization = gpu_mean_value(&utilization);
    all.temp_c = gpu_mean_value(&temp);
    all.power_w = gpu_mean_value(&power);
    all.power_limit_w = gpu_mean_value(&limit);
    return all;
}

void
gpu_make_up(struct gpu_set *set, size_t count, double vram_mb, int64_t queue_depth)
{
    static const double limit_w = 300;
    double queue = queue_depth < 0 ? 0 : (double)queue_depth;
    double base = fmin(5 + 8 * queue, 95);

    set->count = count < GPU_COUNT_MAX ? count : GPU_COUNT_MAX;
    set->made_up = true;
    for (size_t i = 0; i < set->count; i++) {
        double utilization = fmin(base + 3 * (double)i, 100);
        set->gpus[i] = (struct gpu){
            .utilization = utilization,
            .mem_used_mb = vram_mb * utilization / 100,
            .mem_total_mb = vram_mb,
            .temp_c = 35 + 0.5 * utilization,
            .power_w = limit_w * utilization / 100,
            .power_limit_w = limit_w,
        };
    }
}
