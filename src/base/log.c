#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"

static const char *const log_field_names[] = {
#define X(id, name) [LOG_FIELD_##id] = (name),
#include "base/log_fields.def"
#undef X
};

static const char *const log_level_names[] = { "debug", "info", "warn", "error" };

static struct {
    const char *component;
    enum log_level level;
    bool json;
} log_state = { .component = "inventiv", .level = LOG_LEVEL_INFO, .json = true };

void
log_start(const char *component, const char *level_name, bool as_json)
{
    log_state.component = component;
    log_state.json = as_json;
    for (size_t i = 0; i < sizeof log_level_names / sizeof log_level_names[0]; i++) {
        if (strcmp(level_name, log_level_names[i]) == 0) {
            log_state.level = (enum log_level)i;
        }
    }
}

bool
log_enabled(enum log_level level)
{
    return level >= log_state.level;
}

/* Escapes what JSON forbids and what a terminal might obey; bytes over 0x7f pass. */
static void
log_add_escaped(struct buffer *line, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\') {
            buffer_printf(line, "\\%c", byte);
        } else if (byte == '\n') {
            buffer_add_text(line, "\\n");
        } else if (byte < 0x20 || byte == 0x7f) {
            buffer_printf(line, "\\u%04x", byte);
        } else {
            buffer_add(line, c, 1);
        }
    }
}

static void
log_add_field(struct buffer *line, const struct log_field *field)
{
    const char *name = log_field_names[field->id];

    buffer_printf(line, log_state.json ? ",\"%s\":" : " %s=", name);
    if (field->text == NULL) {
        buffer_printf(line, "%lld", (long long)field->number);
        return;
    }
    bool quoted = log_state.json || strpbrk(field->text, " \"\n\t=") != NULL;
    buffer_add_text(line, quoted ? "\"" : "");
    log_add_escaped(line, field->text);
    buffer_add_text(line, quoted ? "\"" : "");
}

static void
log_add_head(struct buffer *line, enum log_level level, const char *message)
{
    char ts[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_ms(), ts);
    if (!log_state.json) {
        buffer_printf(line, "%.12s %-5s %-21s ", ts + 11, log_level_names[level],
                      log_state.component);
        log_add_escaped(line, message);
        return;
    }
    buffer_printf(line, "{\"ts\":\"%s\",\"level\":\"%s\",\"component\":\"%s\",\"msg\":\"", ts,
                  log_level_names[level], log_state.component);
    log_add_escaped(line, message);
    buffer_add_text(line, "\"");
}

void
log_write(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    CLEANUP_BUFFER struct buffer line = { 0 };

    if (!log_enabled(level)) {
        return;
    }
    log_add_head(&line, level, message);
    for (size_t i = 0; i < count; i++) {
        log_add_field(&line, &fields[i]);
    }
    buffer_add_text(&line, log_state.json ? "}\n" : "\n");
    /* One write a line, so that lines of several threads and processes do not mix. */
    ssize_t ignored = write(STDERR_FILENO, line.bytes, line.length);
    (void)ignored;
}
