#include "base/config.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/config_suggest.h"
#include "base/mem.h"

const struct setting settings[SETTING_COUNT_] = {
#define X(name, type, fallback, min, max, programs, text)                                          \
    { #name, SETTING_##type, fallback, min, max, programs, text },
#include "base/settings.def"
#undef X
};

struct config_value {
    char *text;
    int64_t number; /* BOOL 0/1, COUNT, SECONDS in ms */
};

struct config {
    char program;
    struct config_value values[SETTING_COUNT_];
};

static bool
config_reads(const struct setting *setting, char program)
{
    return strchr(setting->programs, program) != NULL;
}

static bool
config_parse_bool(const char *text, int64_t *out)
{
    static const char *const truths[] = { "true", "1", "yes", "on" };
    static const char *const lies[] = { "false", "0", "no", "off" };

    for (size_t i = 0; i < ARRAY_LENGTH(truths); i++) {
        if (strcasecmp(text, truths[i]) == 0 || strcasecmp(text, lies[i]) == 0) {
            *out = strcasecmp(text, truths[i]) == 0;
            return true;
        }
    }
    return false;
}

static bool
config_parse_number(const struct setting *setting, const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || errno != 0 || !isfinite(number)) {
        return false;
    }
    if (number < setting->min || number > setting->max) {
        return false;
    }
    if (setting->type == SETTING_COUNT && number != floor(number)) {
        return false;
    }
    *out = (int64_t)llround(setting->type == SETTING_SECONDS ? number * 1000 : number);
    return true;
}

static struct error
config_refuse(struct arena *arena, const struct setting *setting, const char *value)
{
    switch (setting->type) {
    case SETTING_BOOL:
        return error_make(arena, ERR_CONFIG, "%s=%s: must be true or false", setting->name, value);
    case SETTING_COUNT:
        return error_make(arena, ERR_CONFIG, "%s=%s: must be a whole number from %.0f to %.0f",
                          setting->name, value, setting->min, setting->max);
    case SETTING_SECONDS:
        return error_make(arena, ERR_CONFIG, "%s=%s: must be a number of seconds from %g to %g",
                          setting->name, value, setting->min, setting->max);
    case SETTING_SECRET:
        return error_make(arena, ERR_CONFIG, "%s: must be %.0f to %.0f bytes long", setting->name,
                          setting->min, setting->max);
    case SETTING_TEXT:
        break;
    }
    return error_make(arena, ERR_CONFIG, "%s: not allowed", setting->name);
}

static bool
config_value_parse(const struct setting *setting, const char *text, int64_t *number)
{
    size_t length = strlen(text);

    switch (setting->type) {
    case SETTING_BOOL:
        return config_parse_bool(text, number);
    case SETTING_COUNT:
    case SETTING_SECONDS:
        return config_parse_number(setting, text, number);
    case SETTING_SECRET:
        return length == 0 || setting->max == 0 ||
               ((double)length >= setting->min && (double)length <= setting->max);
    case SETTING_TEXT:
        break;
    }
    return true;
}

struct error
config_set(struct config *config, struct arena *arena, enum setting_id id, const char *value)
{
    int64_t number = 0;

    if (!config_value_parse(&settings[id], value, &number)) {
        return config_refuse(arena, &settings[id], value);
    }
    mem_free(config->values[id].text);
    config->values[id] = (struct config_value){ mem_strdup(value), number };
    return NO_ERROR;
}

struct config *
config_defaults(char program)
{
    struct config *config = mem_zalloc(sizeof *config);

    config->program = program;
    for (int id = 0; id < SETTING_COUNT_; id++) {
        int64_t number = 0;
        config_value_parse(&settings[id], settings[id].fallback, &number);
        config->values[id] = (struct config_value){ mem_strdup(settings[id].fallback), number };
    }
    return config;
}

void
config_free(struct config *config)
{
    if (config == NULL) {
        return;
    }
    for (int id = 0; id < SETTING_COUNT_; id++) {
        mem_free(config->values[id].text);
    }
    mem_free(config);
}

/* A secret's file, without its last newline. */
static struct error
config_read_file(struct arena *arena, const char *name, const char *path, const char **out)
{
    char *text = arena_alloc(arena, 64 * 1024);
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return error_make(arena, ERR_CONFIG, "%s=%s: cannot be read: %s", name, path,
                          strerror(errno));
    }
    size_t length = fread(text, 1, 64 * 1024 - 1, file);
    fclose(file);
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    *out = text;
    return NO_ERROR;
}

/* *out stays NULL where neither NAME nor (for secrets) NAME_FILE is set. */
static struct error
config_lookup(struct arena *arena, const char *name, bool secret, const char **out)
{
    const char *file_name = arena_printf(arena, "%s_FILE", name);
    const char *path = secret ? getenv(file_name) : NULL;

    *out = getenv(name);
    if (*out == NULL && path != NULL && path[0] != '\0') {
        return config_read_file(arena, file_name, path, out);
    }
    return NO_ERROR;
}

struct error
config_load(struct arena *arena, char program, char *const *environment,
            void (*warn)(const char *name, const char *nearest), struct config **out)
{
    struct config *config = config_defaults(program);

    for (int id = 0; id < SETTING_COUNT_; id++) {
        const struct setting *setting = &settings[id];
        const char *value = NULL;
        struct error error = NO_ERROR;
        if (config_reads(setting, program)) {
            /* The worker itself reads and writes WORKER_AUTH_TOKEN_FILE, which may not exist yet. */
            bool file_too = setting->type == SETTING_SECRET && id != SETTING_WORKER_AUTH_TOKEN;
            error = config_lookup(arena, setting->name, file_too, &value);
        }
        if (!error_is(error) && value != NULL) {
            error = config_set(config, arena, (enum setting_id)id, value);
        }
        if (error_is(error)) {
            config_free(config);
            return error;
        }
    }
    if (warn != NULL) {
        config_warn_unknown(environment, warn);
    }
    *out = config;
    return NO_ERROR;
}

const char *
config_text(const struct config *config, enum setting_id id)
{
    return config->values[id].text;
}

bool
config_bool(const struct config *config, enum setting_id id)
{
    return config->values[id].number != 0;
}

int64_t
config_count(const struct config *config, enum setting_id id)
{
    return config->values[id].number;
}

int64_t
config_ms(const struct config *config, enum setting_id id)
{
    return config->values[id].number;
}

const char *
config_prefixed(struct arena *arena, const char *prefix, const char *suffix)
{
    const char *value = NULL;
    const char *name = arena_printf(arena, "%s%s", prefix, suffix);
    struct error error = config_lookup(arena, name, true, &value);

    return error_is(error) ? NULL : value;
}

void
config_print(const struct config *config, FILE *out)
{
    for (int id = 0; id < SETTING_COUNT_; id++) {
        const char *text = config->values[id].text;
        bool hidden = settings[id].type == SETTING_SECRET && text[0] != '\0';
        if (config_reads(&settings[id], config->program)) {
            fprintf(out, "%s=%s\n", settings[id].name, hidden ? "***" : text);
        }
    }
}
