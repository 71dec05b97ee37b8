#include "orchestrator/user_data.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "orchestrator/installers.h"

/* The agent's hash, kept until its file changes: an upgrade need not restart us. */
static struct {
    pthread_mutex_t lock;
    struct timespec changed;
    off_t size;
    char sha256[DIGEST_HEX_SIZE];
} user_data_agent = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool
user_data_agent_is_same(const struct stat *about)
{
    return user_data_agent.sha256[0] != '\0' && user_data_agent.size == about->st_size &&
           user_data_agent.changed.tv_sec == about->st_mtim.tv_sec &&
           user_data_agent.changed.tv_nsec == about->st_mtim.tv_nsec;
}

static struct error
user_data_agent_hash(struct arena *arena, const struct config *config, const char **out)
{
    const char *path = config_text(config, SETTING_AGENT_BINARY);
    struct stat about;

    pthread_mutex_lock(&user_data_agent.lock);
    bool known = stat(path, &about) == 0;
    if (known && !user_data_agent_is_same(&about)) {
        known = digest_file_sha256_hex(path, user_data_agent.sha256);
        user_data_agent.size = about.st_size;
        user_data_agent.changed = about.st_mtim;
    }
    *out = arena_strdup(arena, known ? user_data_agent.sha256 : "");
    pthread_mutex_unlock(&user_data_agent.lock);
    return known ? NO_ERROR
                 : error_make(arena, ERR_CONFIG, "AGENT_BINARY=%s: cannot be read", path);
}

struct error
user_data_start(struct arena *arena, const struct config *config)
{
    const char *sha256;

    return user_data_agent_hash(arena, config, &sha256);
}

/* NAME='value' with every quote in the value spelt '\''. */
static void
user_data_assign(struct buffer *text, const char *name, const char *value)
{
    buffer_printf(text, "%s='", name);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\'') {
            buffer_add_text(text, "'\\''");
        } else {
            buffer_add(text, c, 1);
        }
    }
    buffer_add_text(text, "'\n");
}

static void
user_data_assign_number(struct buffer *text, const char *name, int64_t value)
{
    buffer_printf(text, "%s='%lld'\n", name, (long long)value);
}

/* What opens /info and /logs of that installation to us: derived, so that nobody has to keep it. */
static void
user_data_plane_token(const struct config *config, const struct instance_case *one,
                      char out[DIGEST_HEX_SIZE])
{
    CLEANUP_BUFFER struct buffer text = { 0 };

    buffer_printf(&text, "plane-token:%s:%s:%lld", config_text(config, SETTING_ORCHESTRATOR_TOKEN),
                  one->id, (long long)one->instance.generation);
    digest_sha256_hex(text.bytes, text.length, out);
}

static const char *
user_data_profile(const char *name)
{
    for (size_t i = 0; i < installer_count; i++) {
        if (strcmp(installers[i].profile, name) == 0) {
            return installers[i].script;
        }
    }
    return NULL;
}

struct error
user_data_render(struct arena *arena, const struct config *config, const struct instance_case *one,
                 const char *enrolment_token, const char **out)
{
    CLEANUP_BUFFER struct buffer text = { 0 };
    const char *script = user_data_profile(one->around.install_profile);
    char plane_token[DIGEST_HEX_SIZE];
    const char *sha256 = "";

    if (script == NULL) {
        return error_make(arena, ERR_CONFIG, "no installer for profile '%s'",
                          one->around.install_profile);
    }
    TRY(user_data_agent_hash(arena, config, &sha256));
    user_data_plane_token(config, one, plane_token);
    buffer_add_text(&text, "#!/bin/sh\n");
    user_data_assign(&text, "PLANE_URL", config_text(config, SETTING_API_PUBLIC_URL));
    user_data_assign(&text, "INSTANCE_ID", one->id);
    user_data_assign_number(&text, "GENERATION", one->instance.generation);
    user_data_assign(&text, "ENROLMENT_TOKEN", enrolment_token);
    user_data_assign(&text, "AGENT_SHA256", sha256);
    user_data_assign(&text, "MODEL_ID", one->around.model);
    user_data_assign(&text, "ENGINE_COMMAND", one->around.engine_command);
    user_data_assign_number(&text, "HEALTH_PORT", one->around.worker_port);
    user_data_assign_number(&text, "VLLM_PORT", one->around.engine_port);
    user_data_assign_number(&text, "HEARTBEAT_SECONDS", one->around.heartbeat_seconds);
    user_data_assign(&text, "PLANE_TOKEN", plane_token);
    buffer_add_text(&text, script);
    *out = arena_strndup(arena, text.bytes, text.length);
    return NO_ERROR;
}
