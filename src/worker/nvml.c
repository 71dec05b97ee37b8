#include "worker/nvml.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

/* The few declarations of NVML that are used, from its public reference; stable since CUDA 4. */
struct nvml_device; /* opaque */
enum { NVML_OK = 0, NVML_SENSOR_GPU = 0 };

struct nvml_utilization {
    unsigned gpu;
    unsigned memory;
};

struct nvml_memory {
    unsigned long long total;
    unsigned long long free;
    unsigned long long used;
};

struct nvml {
    void *library;
    int (*start)(void);
    int (*end)(void);
    int (*get_count)(unsigned *count);
    int (*get_device)(unsigned index, struct nvml_device **device);
    int (*get_utilization)(struct nvml_device *device, struct nvml_utilization *out);
    int (*get_memory)(struct nvml_device *device, struct nvml_memory *out);
    int (*get_temperature)(struct nvml_device *device, int sensor, unsigned *celsius);
    int (*get_power)(struct nvml_device *device, unsigned *milliwatts);
    int (*get_power_limit)(struct nvml_device *device, unsigned *milliwatts);
};

/* dlsym() gives an object pointer where ours is to a function; POSIX lets the bytes be copied. */
static bool
nvml_find(struct nvml *nvml, const char *name, void *place)
{
    void *symbol = dlsym(nvml->library, name);

    memcpy(place, &symbol, sizeof symbol);
    return symbol != NULL;
}

static bool
nvml_bind(struct nvml *nvml)
{
    return nvml_find(nvml, "nvmlInit_v2", &nvml->start) &&
           nvml_find(nvml, "nvmlShutdown", &nvml->end) &&
           nvml_find(nvml, "nvmlDeviceGetCount_v2", &nvml->get_count) &&
           nvml_find(nvml, "nvmlDeviceGetHandleByIndex_v2", &nvml->get_device) &&
           nvml_find(nvml, "nvmlDeviceGetUtilizationRates", &nvml->get_utilization) &&
           nvml_find(nvml, "nvmlDeviceGetMemoryInfo", &nvml->get_memory) &&
           nvml_find(nvml, "nvmlDeviceGetTemperature", &nvml->get_temperature) &&
           nvml_find(nvml, "nvmlDeviceGetPowerUsage", &nvml->get_power) &&
           nvml_find(nvml, "nvmlDeviceGetEnforcedPowerLimit", &nvml->get_power_limit);
}

struct nvml *
nvml_new(void)
{
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        return NULL;
    }
    struct nvml *nvml = mem_zalloc(sizeof *nvml);
    nvml->library = library;
    if (nvml_bind(nvml) && nvml->start() == NVML_OK) {
        return nvml;
    }
    dlclose(library);
    mem_free(nvml);
    return NULL;
}

void
nvml_free(struct nvml *nvml)
{
    if (nvml == NULL) {
        return;
    }
    nvml->end();
    dlclose(nvml->library);
    mem_free(nvml);
}

static double
nvml_watts(int (*read)(struct nvml_device *, unsigned *), struct nvml_device *device)
{
    unsigned milliwatts;

    return read(device, &milliwatts) == NVML_OK ? milliwatts / 1000.0 : NAN;
}

static bool
nvml_read_one(struct nvml *nvml, unsigned index, struct gpu *out)
{
    static const double mb = 1024.0 * 1024.0;
    struct nvml_device *device;
    struct nvml_utilization load;
    struct nvml_memory memory;
    unsigned celsius;

    if (nvml->get_device(index, &device) != NVML_OK ||
        nvml->get_utilization(device, &load) != NVML_OK ||
        nvml->get_memory(device, &memory) != NVML_OK) {
        return false;
    }
    bool warm = nvml->get_temperature(device, NVML_SENSOR_GPU, &celsius) == NVML_OK;
    *out = (struct gpu){
        .utilization = load.gpu,
        .mem_used_mb = (double)memory.used / mb,
        .mem_total_mb = (double)memory.total / mb,
        .temp_c = warm ? (double)celsius : (double)NAN,
        .power_w = nvml_watts(nvml->get_power, device),
        .power_limit_w = nvml_watts(nvml->get_power_limit, device),
    };
    return true;
}

bool
nvml_read(struct nvml *nvml, struct gpu_set *set)
{
    struct gpu_set seen = { 0 };
    unsigned count;

    if (nvml->get_count(&count) != NVML_OK || count == 0) {
        return false;
    }
    for (unsigned i = 0; i < count && i < GPU_COUNT_MAX; i++) {
        if (!nvml_read_one(nvml, i, &seen.gpus[i])) {
            return false;
        }
        seen.count++;
    }
    *set = seen;
    return true;
}
