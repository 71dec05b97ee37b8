#include "base/config_suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/config.h"
#include "base/text_distance.h"

enum { NAME_MAX_LENGTH = 96 };

static const char *const config_prefixes[] = {
    "WORKER_",   "HEALTH_CHECK_", "RECOVERY_",  "VOLUME_",       "CIRCUIT_BREAKER_", "JOB_",
    "ORPHAN_",   "PROVIDER_",     "PROVISION_", "HEARTBEAT_",    "MOCKCLOUD_",       "ENGINE_",
    "DECISION_", "DRAIN_",        "API_",       "ORCHESTRATOR_", "WATCH_DOG_",       "INGEST_",
};

static bool
config_is_known(const char *name)
{
    size_t length = strlen(name);

    for (int id = 0; id < SETTING_COUNT_; id++) {
        size_t known = strlen(settings[id].name);
        bool as_file = settings[id].type == SETTING_SECRET && length == known + 5 &&
                       strcmp(name + known, "_FILE") == 0;
        if (strncmp(name, settings[id].name, known) == 0 && (length == known || as_file)) {
            return true;
        }
    }
    return false;
}

static bool
config_looks_ours(const char *name)
{
    for (size_t i = 0; i < sizeof config_prefixes / sizeof config_prefixes[0]; i++) {
        if (strncmp(name, config_prefixes[i], strlen(config_prefixes[i])) == 0) {
            return true;
        }
    }
    return false;
}

static const char *
config_nearest(const char *name)
{
    const char *nearest = settings[0].name;

    for (int id = 1; id < SETTING_COUNT_; id++) {
        if (text_distance(name, settings[id].name) < text_distance(name, nearest)) {
            nearest = settings[id].name;
        }
    }
    return nearest;
}

void
config_warn_unknown(char *const *environment, void (*warn)(const char *name, const char *nearest))
{
    for (char *const *entry = environment; entry != NULL && *entry != NULL; entry++) {
        char name[NAME_MAX_LENGTH + 1] = { 0 };
        size_t length = strcspn(*entry, "=");
        if (length > NAME_MAX_LENGTH) {
            continue;
        }
        memcpy(name, *entry, length);
        if (config_looks_ours(name) && !config_is_known(name)) {
            warn(name, config_nearest(name));
        }
    }
}
