#include "worker/state_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/host_sample.h"

enum { STATE_FILE_MAX = 64 * 1024 };

static bool
state_dir_make(struct arena *arena, const char *dir)
{
    char *path = arena_strdup(arena, dir);

    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

struct error
state_dir_open(struct arena *arena, const char *dir)
{
    if (!state_dir_make(arena, dir)) {
        return error_make(arena, ERR_IO, "cannot make the folder %s: %s", dir, strerror(errno));
    }
    const char *path = arena_printf(arena, "%s/lock", dir);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return error_make(arena, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return error_make(arena, ERR_CONFLICT, "another worker uses %s", dir);
    }
    return NO_ERROR; /* The descriptor stays open: it is the lock. */
}

const char *
state_file_read(struct arena *arena, const char *path)
{
    char *text = arena_alloc(arena, STATE_FILE_MAX);

    return host_read_file(path, text, STATE_FILE_MAX) ? text : NULL;
}

static bool
state_file_fill(const char *path, const char *text)
{
    size_t length = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd < 0) {
        return false;
    }
    bool filled =
        fchmod(fd, 0600) == 0 && write(fd, text, length) == (ssize_t)length && fsync(fd) == 0;
    return close(fd) == 0 && filled;
}

struct error
state_file_write(struct arena *arena, const char *path, const char *text)
{
    const char *draft = arena_printf(arena, "%s.new", path);

    if (!state_file_fill(draft, text) || rename(draft, path) != 0) {
        int reason = errno;
        unlink(draft);
        return error_make(arena, ERR_IO, "cannot write %s: %s", path, strerror(reason));
    }
    return NO_ERROR;
}
