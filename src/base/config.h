/* config.h: settings from the environment, checked against the one table in settings.def. */
#ifndef INVENTIV_BASE_CONFIG_H
#define INVENTIV_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum setting_id {
#define X(name, type, fallback, min, max, programs, text) SETTING_##name,
#include "base/settings.def"
#undef X
    SETTING_COUNT_
};

enum setting_type {
    SETTING_TEXT,
    SETTING_SECRET,
    SETTING_BOOL,
    SETTING_COUNT,
    SETTING_SECONDS,
};

struct setting {
    const char *name;
    enum setting_type type;
    const char *fallback;
    double min;
    double max;
    const char *programs;
    const char *text;
};

extern const struct setting settings[SETTING_COUNT_];

struct config;

/* Reads what 'program' (one letter, see settings.def) reads from the environment.  ERR_CONFIG
 * names the variable, the value (secrets never) and what is allowed.  Unknown names with a known
 * prefix go to 'warn' (may be NULL), with the nearest known name.  The caller frees *out. */
MUST_CHECK struct error
config_load(struct arena *arena, char program, char *const *environment,
            void (*warn)(const char *name, const char *nearest), struct config **out);
void config_free(struct config *config);

/* For tests: the defaults alone, then single values. */
struct config *config_defaults(char program);
MUST_CHECK struct error
config_set(struct config *config, struct arena *arena, enum setting_id id, const char *value);

const char *config_text(const struct config *config, enum setting_id id); /* never NULL */
bool config_bool(const struct config *config, enum setting_id id);
int64_t config_count(const struct config *config, enum setting_id id);
int64_t config_ms(const struct config *config, enum setting_id id);

/* A variable named by data: PREFIX + SUFFIX ("MOCK" "_SECRET_KEY"), also as ..._FILE.
 * NULL when neither is set; the text lives in the arena. */
const char *config_prefixed(struct arena *arena, const char *prefix, const char *suffix);

void config_print(const struct config *config, FILE *out); /* NAME=value lines; secrets as *** */
void config_help(char program, FILE *out);
void config_markdown(FILE *out); /* docs/configuration.md */

#endif
