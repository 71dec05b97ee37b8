#include "worker/engine_figures.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { FIGURE_VALUE_MAX = 64 };

static const struct {
    const char *name;
    size_t offset;
} engine_figures_names[] = {
    { "num_requests_waiting", offsetof(struct engine_figures, requests_waiting) },
    { "requests_waiting", offsetof(struct engine_figures, requests_waiting) },
    { "num_requests_running", offsetof(struct engine_figures, requests_running) },
    { "requests_running", offsetof(struct engine_figures, requests_running) },
    { "prompt_tokens_total", offsetof(struct engine_figures, prompt_tokens_total) },
    { "generation_tokens_total", offsetof(struct engine_figures, generation_tokens_total) },
};

/* The place for this name's value, or NULL. */
static double *
engine_figures_place(struct engine_figures *figures, const char *name, size_t length)
{
    static const size_t prefix = sizeof "vllm:" - 1;

    if (length <= prefix ||
        (strncmp(name, "vllm:", prefix) != 0 && strncmp(name, "vllm_", prefix) != 0)) {
        return NULL;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(engine_figures_names); i++) {
        const char *known = engine_figures_names[i].name;
        if (strlen(known) == length - prefix &&
            memcmp(known, name + prefix, length - prefix) == 0) {
            return (double *)(void *)((char *)figures + engine_figures_names[i].offset);
        }
    }
    return NULL;
}

/* Behind the labels' closing brace; a brace within quotes does not count.  NULL: none closes. */
static const char *
engine_figures_skip_labels(const char *at, const char *end)
{
    bool quoted = false;

    for (; at < end; at++) {
        if (quoted && *at == '\\') {
            at++;
        } else if (*at == '"') {
            quoted = !quoted;
        } else if (!quoted && *at == '}') {
            return at + 1;
        }
    }
    return NULL;
}

/* False unless the text up to 'end' begins with a finite number of at least 0. */
static bool
engine_figures_value(const char *at, const char *end, double *out)
{
    char value[FIGURE_VALUE_MAX];
    char *stop;

    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    size_t length = (size_t)(end - at) < sizeof value - 1 ? (size_t)(end - at) : sizeof value - 1;
    memcpy(value, at, length);
    value[length] = '\0';
    *out = strtod(value, &stop);
    return stop != value && (*stop == '\0' || isspace((unsigned char)*stop)) && isfinite(*out) &&
           *out >= 0;
}

static void
engine_figures_read_line(struct engine_figures *figures, const char *line, const char *end)
{
    const char *at = line;
    double value;

    while (at < end && *at != '{' && *at != ' ' && *at != '\t') {
        at++;
    }
    double *place = engine_figures_place(figures, line, (size_t)(at - line));
    if (place == NULL) {
        return;
    }
    if (at < end && *at == '{') {
        at = engine_figures_skip_labels(at, end);
    }
    if (at != NULL && engine_figures_value(at, end, &value)) {
        *place = *place < 0 ? value : *place + value;
    }
}

struct engine_figures
engine_figures_read(const char *text, size_t length)
{
    struct engine_figures figures = ENGINE_FIGURES_NONE;
    const char *end = text + length;

    for (const char *line = text; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        next = next == NULL ? end : next;
        engine_figures_read_line(&figures, line, next);
        line = next + 1;
    }
    return figures;
}

bool
engine_figures_known(const struct engine_figures *figures)
{
    return figures->requests_waiting >= 0 || figures->requests_running >= 0 ||
           figures->prompt_tokens_total >= 0 || figures->generation_tokens_total >= 0;
}

int64_t
engine_figures_queue(const struct engine_figures *figures)
{
    /* Above this no double is a whole number for sure; no queue is so long. */
    static const double largest = 9007199254740992.0;

    if (figures->requests_waiting < 0) {
        return -1;
    }
    return (int64_t)fmin(figures->requests_waiting, largest);
}
