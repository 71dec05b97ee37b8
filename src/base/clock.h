/* clock.h: the only place that reads a clock.  All times are int64_t milliseconds.  What decides is
 * handed the time (now_ms), so that a test can hand in its own. */
#ifndef INVENTIV_BASE_CLOCK_H
#define INVENTIV_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_monotonic_ms(void);
int64_t clock_wall_ms(void);

/* Writes RFC 3339 UTC with milliseconds ("2026-01-06T10:00:00.123Z"); room for 25 bytes. */
enum { CLOCK_TEXT_SIZE = 25 };
void clock_format(int64_t wall_ms, char out[CLOCK_TEXT_SIZE]);

/* Blocks the calling thread.  For back-off in programs' own threads; never in a test and never
 * on a loop. */
void clock_pause_ms(int64_t duration_ms);

#endif
