/* backoff.h: how long to wait before trying again. */
#ifndef INVENTIV_DOMAIN_BACKOFF_H
#define INVENTIV_DOMAIN_BACKOFF_H

#include <stdint.h>

/* The pause before attempt failures + 1: base_ms doubled for each failure after the first, at most
 * max_ms, of which one half is fixed and the other random ("equal jitter").  failures < 1 counts as
 * 1; random is any number, drawn by the caller. */
int64_t backoff_ms(int64_t base_ms, int64_t max_ms, int64_t failures, uint32_t random);

#endif
