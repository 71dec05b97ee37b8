/* time_text.h: times and spans of time as people read them. */
#ifndef INVENTIV_BASE_TIME_TEXT_H
#define INVENTIV_BASE_TIME_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

/* "850 ms", "12.3 s", "1 m 05 s", "2 h 03 m", "3 d 04 h"; a negative span counts as none. */
const char *time_span(struct arena *arena, int64_t ms);
/* The same in whole seconds, as something that is drawn again and again shows it. */
const char *time_elapsed(struct arena *arena, int64_t ms);
/* One unit: "45 s", "12 m", "3 h", "5 d". */
const char *time_age(struct arena *arena, int64_t ms);

/* RFC 3339, as the API writes it; false when it is none. */
bool time_parse(const char *text, int64_t *out);
/* "2026-01-06 10:00:00", UTC; "" when the text is no time. */
const char *time_second(struct arena *arena, const char *text);
/* The same with milliseconds. */
const char *time_moment(struct arena *arena, const char *text);

#endif
