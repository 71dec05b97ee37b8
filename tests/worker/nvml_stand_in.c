/* A stand-in for libnvidia-ml.so.1 with two cards; the second has no thermometer, and from the
 * second look on it is gone. */
#include <stdint.h>

struct utilization {
    unsigned gpu, memory;
};
struct memory {
    unsigned long long total, free, used;
};

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetUtilizationRates(void *device, struct utilization *out);
int nvmlDeviceGetMemoryInfo(void *device, struct memory *out);
int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius);
int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts);
int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts);

static char cards[2];
static int handles_given;

int
nvmlInit_v2(void)
{
    return 0;
}

int
nvmlShutdown(void)
{
    return 0;
}

int
nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = 2;
    return 0;
}

int
nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    *device = &cards[index];
    return ++handles_given > 3 ? 15 : 0;
}

int
nvmlDeviceGetUtilizationRates(void *device, struct utilization *out)
{
    out->gpu = 50 + (unsigned)((char *)device - cards);
    return 0;
}

int
nvmlDeviceGetMemoryInfo(void *device, struct memory *out)
{
    (void)device;
    *out =
        (struct memory){ .total = 24576ULL << 20, .free = 23552ULL << 20, .used = 1024ULL << 20 };
    return 0;
}

int
nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
    *celsius = 60;
    return device == &cards[0] && sensor == 0 ? 0 : 3;
}

int
nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts)
{
    (void)device;
    *milliwatts = 123456;
    return 0;
}

int
nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts)
{
    (void)device;
    *milliwatts = 300000;
    return 0;
}
