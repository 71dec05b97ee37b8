/* worker_facts.h: what a worker tells in a heartbeat or when it registers (wire contract 1.1),
 * checked and brought into the ranges that the tables take, so that no row can spoil a batch. */
#ifndef INVENTIV_API_WORKER_FACTS_H
#define INVENTIV_API_WORKER_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define WORKER_FACTS_UNTOLD (-1)

/* Texts live in the arena; NULL and WORKER_FACTS_UNTOLD: not told. */
struct worker_facts_told {
    const char *instance_id;
    const char *worker_id;
    const char *model_id;
    const char *ip_address;
    const char *secret; /* worker_secret, 64 hex digits */
    const char *status; /* starting, ready or draining; whatever else is told is "starting" */
    int64_t health_port;
    int64_t vllm_port;
    int64_t generation; /* 0: not told */
    int64_t queue_depth;
    int64_t requests_running;
    int64_t period_ms;
    int64_t tokens_total;
    double gpu_utilization;
    double gpu_mem_used_mb;
    json_t *agent_info; /* borrowed from the body, an object or NULL */
    json_t *metadata;   /* likewise */
    bool has_metadata;
    int64_t metadata_hash; /* of what seldom changes; see worker_facts.c */
};

/* ERR_INPUT: no instance id, or a text that cannot be. */
MUST_CHECK struct error
worker_facts_read(struct arena *arena, const json_t *body, struct worker_facts_told *out);

#endif
