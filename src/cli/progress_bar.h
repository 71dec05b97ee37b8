/* progress_bar.h: how far an instance is, on one line. */
#ifndef INVENTIV_CLI_PROGRESS_BAR_H
#define INVENTIV_CLI_PROGRESS_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct progress {
    int64_t percent; /* outside 0..100 counts as the nearer end */
    const char *state;
    const char *now; /* what happens at this moment */
    int64_t elapsed_ms;
};

/* "[#####.....]", 'cells' wide between its ends. */
const char *progress_bar(struct arena *arena, int64_t percent, size_t cells, bool unicode);
/* One line of at most 'width' columns, without a line end. */
const char *
progress_line(struct arena *arena, const struct progress *progress, size_t width, bool unicode);
/* The same without a bar, for logs. */
const char *progress_plain(struct arena *arena, const struct progress *progress);

#endif
