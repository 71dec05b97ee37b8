#include "domain/backoff.h"

int64_t
backoff_ms(int64_t base_ms, int64_t max_ms, int64_t failures, uint32_t random)
{
    int64_t delay_ms = base_ms;

    for (int64_t i = 1; i < failures && delay_ms != 0 && delay_ms < max_ms; i++) {
        delay_ms = delay_ms > max_ms / 2 ? max_ms : delay_ms * 2;
    }
    if (delay_ms > max_ms) {
        delay_ms = max_ms;
    }
    int64_t half_ms = delay_ms / 2;
    return delay_ms - half_ms + (half_ms == 0 ? 0 : (int64_t)random % (half_ms + 1));
}
