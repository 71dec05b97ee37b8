#include "worker/machine_sampler.h"

#include <stdio.h>

#include "base/clock.h"
#include "worker/nvml.h"
#include "worker/plane_address.h"

/* An address seldom changes and looking for it may ask a name server. */
enum { SAMPLES_PER_ADDRESS = 60 };

static void
machine_sampler_gpus(const struct worker_options *options, struct nvml *nvml,
                     const struct engine_figures *figures, struct gpu_set *out)
{
    *out = (struct gpu_set){ 0 };
    if (nvml != NULL && nvml_read(nvml, out)) {
        return;
    }
    if (options->simulated_gpus > 0) {
        gpu_make_up(out, options->simulated_gpus, options->simulated_vram_mb,
                    engine_figures_queue(figures));
    }
}

static void
machine_sampler_address(const struct worker_options *options, struct machine_facts *machine)
{
    if (options->advertise_ip[0] != '\0') {
        snprintf(machine->ip, sizeof machine->ip, "%s", options->advertise_ip);
    } else {
        plane_address_find(options->plane_url, machine->ip, sizeof machine->ip);
    }
}

/* False when the worker is to end. */
static bool
machine_sampler_wait(struct worker_state *state, uint64_t *seen, int64_t until_ms)
{
    struct worker_facts facts;

    do {
        worker_state_read(state, &facts);
        if (!facts.ending) {
            worker_state_wait(state, seen, until_ms);
        }
    } while (!facts.ending && clock_monotonic_ms() < until_ms);
    return !facts.ending;
}

void *
machine_sampler_run(void *argument)
{
    const struct machine_sampler *sampler = argument;
    const struct worker_options *options = sampler->options;
    struct host_sampler host = { 0 };
    struct machine_facts machine = { 0 };
    struct nvml *nvml = nvml_new();
    uint64_t seen = 0;

    for (unsigned long sample = 0;; sample++) {
        struct worker_facts facts;
        worker_state_read(sampler->state, &facts);
        host_sample(&host, options->disk_path, &machine.host);
        machine_sampler_gpus(options, nvml, &facts.engine.figures, &machine.gpus);
        if (machine.ip[0] == '\0' || sample % SAMPLES_PER_ADDRESS == 0) {
            machine_sampler_address(options, &machine);
        }
        worker_state_set_machine(sampler->state, &machine);
        if (!machine_sampler_wait(sampler->state, &seen,
                                  clock_monotonic_ms() + options->sample_ms)) {
            break;
        }
    }
    nvml_free(nvml);
    return NULL;
}
