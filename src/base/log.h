/* log.h: one line a fact, on standard error: JSON by default, readable text on request.  Fields
 * are declared in log_fields.def; adding one is adding a row there.  Only edges log (main, request
 * handler, job runner, a thread's own loop); library code returns errors.
 *
 *     log_info("listening", LOG_STR(ADDRESS, "127.0.0.1"), LOG_I64(PORT, 8003));
 */
#ifndef INVENTIV_BASE_LOG_H
#define INVENTIV_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

enum log_field_id {
#define X(id, name) LOG_FIELD_##id,
#include "base/log_fields.def"
#undef X
};

struct log_field {
    enum log_field_id id;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

#define LOG_STR(id, value) ((struct log_field){ LOG_FIELD_##id, (value) == NULL ? "" : (value), 0 })
#define LOG_I64(id, value) ((struct log_field){ LOG_FIELD_##id, NULL, (int64_t)(value) })

/* component: the program's name, kept as a pointer.  level_name: debug, info, warn, error. */
void log_start(const char *component, const char *level_name, bool as_json);
bool log_enabled(enum log_level level);
void
log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count);

#define LOG_AT(level, message, ...)                                                                \
    log_write((level), (message), (const struct log_field[]){ __VA_ARGS__ },                       \
              sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
#define log_debug(...) LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) LOG_AT(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_fail(...) LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__)

#endif
