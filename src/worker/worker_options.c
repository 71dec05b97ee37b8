#include "worker/worker_options.h"

#include <string.h>
#include <unistd.h>

#include "base/program.h"
#include "worker/build_date.h"

/* A base URL without the slashes at its end. */
static const char *
worker_options_base_url(struct arena *arena, const char *url)
{
    size_t length = strlen(url);

    while (length > 0 && url[length - 1] == '/') {
        length--;
    }
    return arena_strndup(arena, url, length);
}

static void
worker_options_read_identity(struct arena *arena, const struct config *config,
                             struct worker_options *out)
{
    out->plane_url = worker_options_base_url(arena, config_text(config, SETTING_CONTROL_PLANE_URL));
    out->enrolment_token = config_text(config, SETTING_ENROLMENT_TOKEN);
    out->auth_token = config_text(config, SETTING_WORKER_AUTH_TOKEN);
    out->auth_token_file = config_text(config, SETTING_WORKER_AUTH_TOKEN_FILE);
    out->plane_token = config_text(config, SETTING_WORKER_PLANE_TOKEN);
    out->instance_id = config_text(config, SETTING_INSTANCE_ID);
    out->generation = config_count(config, SETTING_INSTANCE_GENERATION);
    out->model_id = config_text(config, SETTING_MODEL_ID);
    out->worker_id = config_text(config, SETTING_WORKER_ID);
    if (out->worker_id[0] == '\0') {
        char *made = arena_alloc(arena, UUID_TEXT_SIZE);
        digest_uuid(made);
        out->worker_id = made;
    }
}

static void
worker_options_read_places(struct arena *arena, const struct config *config,
                           struct worker_options *out)
{
    const char *engine = worker_options_base_url(arena, config_text(config, SETTING_VLLM_BASE_URL));
    const char *metrics = config_text(config, SETTING_VLLM_METRICS_URL);
    const char *events = config_text(config, SETTING_WORKER_LOG_FILE);

    out->listen_address = config_text(config, SETTING_WORKER_LISTEN_ADDRESS);
    out->health_port = config_count(config, SETTING_WORKER_HEALTH_PORT);
    out->vllm_port = config_count(config, SETTING_WORKER_VLLM_PORT);
    out->engine_models_url = arena_printf(arena, "%s/v1/models", engine);
    out->engine_metrics_url =
        metrics[0] != '\0' ? metrics : arena_printf(arena, "%s/metrics", engine);
    out->engine_command = config_text(config, SETTING_ENGINE_COMMAND);
    out->state_dir = config_text(config, SETTING_WORKER_STATE_DIR);
    out->event_file =
        events[0] != '\0' ? events : arena_printf(arena, "%s/worker-events.log", out->state_dir);
    out->disk_path = config_text(config, SETTING_WORKER_DISK_PATH);
    out->advertise_ip = config_text(config, SETTING_WORKER_ADVERTISE_IP);
    out->simulated_gpus = (size_t)config_count(config, SETTING_WORKER_SIMULATE_GPU_COUNT);
    out->simulated_vram_mb = (double)config_count(config, SETTING_WORKER_SIMULATE_GPU_VRAM_MB);
}

static void
worker_options_read_limits(const struct config *config, struct worker_options *out)
{
    out->heartbeat_ms = config_ms(config, SETTING_WORKER_HEARTBEAT_INTERVAL_S);
    out->heartbeat_max_ms = config_ms(config, SETTING_WORKER_HEARTBEAT_MAX_SECONDS);
    out->heartbeat_stopped_ms = config_ms(config, SETTING_WORKER_STOPPED_BEAT_SECONDS);
    out->backoff_min_ms = config_ms(config, SETTING_WORKER_BACKOFF_MIN_SECONDS);
    out->backoff_max_ms = config_ms(config, SETTING_WORKER_BACKOFF_MAX_SECONDS);
    out->call_timeout_ms = config_ms(config, SETTING_WORKER_CALL_TIMEOUT_SECONDS);
    out->sample_ms = config_ms(config, SETTING_WORKER_SAMPLE_SECONDS);
    out->engine_watch_ms = config_ms(config, SETTING_ENGINE_WATCH_SECONDS);
    out->engine_probe_ms = config_ms(config, SETTING_ENGINE_PROBE_SECONDS);
    out->engine_probe_fall = config_count(config, SETTING_ENGINE_PROBE_FALL);
    out->engine_restart_max_ms = config_ms(config, SETTING_ENGINE_RESTART_MAX_SECONDS);
    out->engine_stable_ms = config_ms(config, SETTING_ENGINE_STABLE_SECONDS);
    out->engine_drain_ms = config_ms(config, SETTING_ENGINE_DRAIN_SECONDS);
    out->engine_stop_ms = config_ms(config, SETTING_ENGINE_STOP_SECONDS);
    out->request_timeout_ms = config_ms(config, SETTING_WORKER_REQUEST_TIMEOUT_SECONDS);
    out->connections_max = (size_t)config_count(config, SETTING_WORKER_CONNECTIONS_MAX);
    out->reply_max = (size_t)config_count(config, SETTING_WORKER_REPLY_MAX_BYTES);
    out->log_max_bytes = (size_t)config_count(config, SETTING_WORKER_LOG_MAX_BYTES);
    out->log_keep_lines = (size_t)config_count(config, SETTING_WORKER_LOG_KEEP_LINES);
}

/* The running file itself, not its path, which may have been replaced meanwhile. */
static void
worker_options_read_program(struct worker_options *out)
{
    const char *version = program_version();
    size_t length = strcspn(version, " ");

    length = length < sizeof out->version - 1 ? length : sizeof out->version - 1;
    memcpy(out->version, version, length);
    out->version[length] = '\0';
    out->build_date = WORKER_BUILD_DATE;
    if (!digest_file_sha256_hex("/proc/self/exe", out->checksum)) {
        out->checksum[0] = '\0';
    }
    ssize_t got = readlink("/proc/self/exe", out->program_path, sizeof out->program_path - 1);
    out->program_path[got < 0 ? 0 : got] = '\0';
}

void
worker_options_read(struct arena *arena, const struct config *config, struct worker_options *out)
{
    worker_options_read_identity(arena, config, out);
    worker_options_read_places(arena, config, out);
    worker_options_read_limits(config, out);
    worker_options_read_program(out);
}
