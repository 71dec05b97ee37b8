/* nvml.h: reads real GPUs through NVIDIA's management library, loaded when there is one.  Used by
 * one thread. */
#ifndef INVENTIV_WORKER_NVML_H
#define INVENTIV_WORKER_NVML_H

#include <stdbool.h>

#include "worker/gpu.h"

struct nvml;

/* NULL where the machine has no such library or it does not start; freed with nvml_free(). */
struct nvml *nvml_new(void);
void nvml_free(struct nvml *nvml);

/* Fills the set; false, the set untouched, when a GPU's load or memory cannot be read: half a
 * picture would pass for a machine with less. */
bool nvml_read(struct nvml *nvml, struct gpu_set *set);

#endif
