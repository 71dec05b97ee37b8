#include "cli/progress_bar.h"

#include "base/buffer.h"
#include "base/time_text.h"
#include "cli/clean_text.h"

enum { BAR_CELLS_MAX = 30, BAR_CELLS_MIN = 5, BAR_SHARE = 4 };

static int64_t
progress_bound(int64_t percent)
{
    return percent < 0 ? 0 : percent > 100 ? 100 : percent;
}

const char *
progress_bar(struct arena *arena, int64_t percent, size_t cells, bool unicode)
{
    CLEANUP_BUFFER struct buffer out = { 0 };
    size_t full = cells * (size_t)progress_bound(percent) / 100;

    buffer_add_text(&out, unicode ? "" : "[");
    for (size_t i = 0; i < cells; i++) {
        buffer_add_text(&out, i < full ? (unicode ? "\xe2\x96\x88" : "#")
                                       : (unicode ? "\xe2\x96\x91" : "."));
    }
    buffer_add_text(&out, unicode ? "" : "]");
    return arena_strndup(arena, out.bytes, out.length);
}

const char *
progress_line(struct arena *arena, const struct progress *progress, size_t width, bool unicode)
{
    size_t cells = width / BAR_SHARE;

    cells = cells > BAR_CELLS_MAX ? BAR_CELLS_MAX : cells < BAR_CELLS_MIN ? BAR_CELLS_MIN : cells;
    const char *line = arena_printf(arena, "%s %3lld %%  %s  %s  %s",
                                    progress_bar(arena, progress->percent, cells, unicode),
                                    (long long)progress_bound(progress->percent), progress->state,
                                    time_elapsed(arena, progress->elapsed_ms), progress->now);
    return clean_cut(arena, line, width, unicode);
}

const char *
progress_plain(struct arena *arena, const struct progress *progress)
{
    return arena_printf(arena, "%9s  %3lld %%  %-12s  %s", time_span(arena, progress->elapsed_ms),
                        (long long)progress_bound(progress->percent), progress->state,
                        progress->now);
}
