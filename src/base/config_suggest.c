#include "base/config_suggest.h"

#include <stdbool.h>
#include <string.h>

#include "base/config.h"

enum { NAME_MAX_LENGTH = 96 };

static const char *const config_prefixes[] = {
    "WORKER_",   "HEALTH_CHECK_", "RECOVERY_",  "VOLUME_",       "CIRCUIT_BREAKER_", "JOB_",
    "ORPHAN_",   "PROVIDER_",     "PROVISION_", "HEARTBEAT_",    "MOCKCLOUD_",       "ENGINE_",
    "DECISION_", "DRAIN_",        "API_",       "ORCHESTRATOR_", "WATCH_DOG_",       "INGEST_",
};

/* Levenshtein's distance, of names cut at NAME_MAX_LENGTH. */
static unsigned
config_distance(const char *a, const char *b)
{
    size_t length_b = strnlen(b, NAME_MAX_LENGTH);
    unsigned row[NAME_MAX_LENGTH + 1];

    for (size_t j = 0; j <= length_b; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 0; a[i] != '\0' && i < NAME_MAX_LENGTH; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < length_b; j++) {
            unsigned change = diagonal + (a[i] != b[j]);
            unsigned step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < step ? change : step;
        }
    }
    return row[length_b];
}

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
        if (config_distance(name, settings[id].name) < config_distance(name, nearest)) {
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
