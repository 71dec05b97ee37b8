/* worker_options.h: what one worker was told at its start.  Read once from the settings, never
 * changed; texts belong to the settings, which outlive it. */
#ifndef INVENTIV_WORKER_WORKER_OPTIONS_H
#define INVENTIV_WORKER_WORKER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/digest.h"

struct worker_options {
    const char *plane_url; /* no slash at its end; "" = say nothing */
    const char *enrolment_token;
    const char *auth_token;
    const char *auth_token_file;
    const char *plane_token;
    const char *instance_id;
    const char *worker_id;
    const char *model_id; /* "" = any */
    int64_t generation;

    const char *listen_address;
    int64_t health_port;
    int64_t vllm_port;
    const char *engine_models_url;
    const char *engine_metrics_url;
    const char *engine_command;
    const char *state_dir;
    const char *event_file;
    const char *disk_path;
    const char *advertise_ip;
    size_t simulated_gpus;
    double simulated_vram_mb;

    int64_t heartbeat_ms;
    int64_t heartbeat_max_ms;
    int64_t heartbeat_stopped_ms;
    int64_t backoff_min_ms;
    int64_t backoff_max_ms;
    int64_t call_timeout_ms;
    int64_t sample_ms;
    int64_t engine_watch_ms;
    int64_t engine_probe_ms;
    int64_t engine_probe_fall;
    int64_t engine_restart_max_ms;
    int64_t engine_stable_ms;
    int64_t engine_drain_ms;
    int64_t engine_stop_ms;
    int64_t request_timeout_ms;
    size_t connections_max;
    size_t reply_max;
    size_t log_max_bytes;
    size_t log_keep_lines;

    char version[32];
    const char *build_date;
    char checksum[DIGEST_HEX_SIZE]; /* of the running program; "" where it cannot be read */
    char program_path[512];
};

/* Texts that are made here live in the arena, which must outlive *out. */
void
worker_options_read(struct arena *arena, const struct config *config, struct worker_options *out);

#endif
