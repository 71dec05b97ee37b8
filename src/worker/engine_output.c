#include "worker/engine_output.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

const char *
engine_output_path(struct arena *arena, const struct worker_options *options)
{
    return arena_printf(arena, "%s/engine.log", options->state_dir);
}

static void
engine_output_copy(int from, const char *path, size_t length)
{
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    while (to >= 0 && length > 0) {
        ssize_t sent = sendfile(to, from, NULL, length);
        length = sent > 0 ? length - (size_t)sent : 0;
    }
    if (to >= 0) {
        close(to);
    }
}

void
engine_output_trim(const struct worker_options *options)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *path = engine_output_path(arena, options);
    struct stat file;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        return;
    }
    if (fstat(fd, &file) == 0 && (size_t)file.st_size > options->log_max_bytes) {
        engine_output_copy(fd, arena_printf(arena, "%s.1", path), (size_t)file.st_size);
        int ignored = ftruncate(fd, 0);
        (void)ignored;
    }
    close(fd);
}
