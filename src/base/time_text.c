#include "base/time_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS };
static const int64_t DAY_MS = 24 * (int64_t)HOUR_MS;

const char *
time_span(struct arena *arena, int64_t ms)
{
    long long span = ms < 0 ? 0 : ms;

    if (span < SECOND_MS) {
        return arena_printf(arena, "%lld ms", span);
    }
    if (span < MINUTE_MS) {
        return arena_printf(arena, "%lld.%lld s", span / SECOND_MS, span % SECOND_MS / 100);
    }
    if (span < HOUR_MS) {
        return arena_printf(arena, "%lld m %02lld s", span / MINUTE_MS,
                            span % MINUTE_MS / SECOND_MS);
    }
    if (span < DAY_MS) {
        return arena_printf(arena, "%lld h %02lld m", span / HOUR_MS, span % HOUR_MS / MINUTE_MS);
    }
    return arena_printf(arena, "%lld d %02lld h", (long long)(span / DAY_MS),
                        (long long)(span % DAY_MS / HOUR_MS));
}

const char *
time_age(struct arena *arena, int64_t ms)
{
    long long span = ms < 0 ? 0 : ms;

    if (span < MINUTE_MS) {
        return arena_printf(arena, "%lld s", span / SECOND_MS);
    }
    if (span < HOUR_MS) {
        return arena_printf(arena, "%lld m", span / MINUTE_MS);
    }
    if (span < DAY_MS) {
        return arena_printf(arena, "%lld h", span / HOUR_MS);
    }
    return arena_printf(arena, "%lld d", (long long)(span / DAY_MS));
}

const char *
time_elapsed(struct arena *arena, int64_t ms)
{
    return ms < MINUTE_MS ? time_age(arena, ms) : time_span(arena, ms);
}

/* ".123456" as ms; *end is moved behind it. */
static int64_t
time_fraction(const char **end)
{
    int64_t ms = 0;
    int64_t weight = 100;

    if (**end != '.') {
        return 0;
    }
    for ((*end)++; isdigit((unsigned char)**end) != 0; (*end)++) {
        ms += (**end - '0') * weight;
        weight /= 10;
    }
    return ms;
}

/* "Z" or "+02:00", to the end of the text. */
static bool
time_offset(const char *text, int64_t *out)
{
    int hours;
    int minutes;
    int length = 0;
    bool behind = text[0] == '-';

    *out = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0) {
        return true;
    }
    if ((text[0] != '+' && !behind) || isdigit((unsigned char)text[1]) == 0 ||
        sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &length) != 2 || text[1 + length] != '\0') {
        return false;
    }
    *out = ((int64_t)hours * HOUR_MS + (int64_t)minutes * MINUTE_MS) * (behind ? -1 : 1);
    return true;
}

bool
time_parse(const char *text, int64_t *out)
{
    struct tm parts = { 0 };
    int64_t offset_ms;

    if (text == NULL) {
        return false;
    }
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
    if (end == NULL) {
        return false;
    }
    int64_t ms = time_fraction(&end);
    if (!time_offset(end, &offset_ms)) {
        return false;
    }
    *out = (int64_t)timegm(&parts) * SECOND_MS + ms - offset_ms;
    return true;
}

static const char *
time_show(struct arena *arena, const char *text, int length)
{
    char out[CLOCK_TEXT_SIZE];
    int64_t at_ms;

    if (!time_parse(text, &at_ms)) {
        return "";
    }
    clock_format(at_ms, out);
    out[10] = ' ';
    return arena_printf(arena, "%.*s", length, out);
}

const char *
time_second(struct arena *arena, const char *text)
{
    return time_show(arena, text, 19);
}

const char *
time_moment(struct arena *arena, const char *text)
{
    return time_show(arena, text, 23);
}
