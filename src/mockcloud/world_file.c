#include "mockcloud/world_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/json.h"

struct error
world_file_lock(struct arena *arena, const char *path)
{
    const char *lock = arena_printf(arena, "%s.lock", path);
    int fd = open(lock, O_CREAT | O_RDWR | O_CLOEXEC, 0600);

    if (fd < 0) {
        return error_make(arena, ERR_IO, "cannot open %s: %s", lock, strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return error_make(arena, ERR_CONFLICT, "another local cloud uses %s", path);
    }
    return NO_ERROR; /* fd stays open: the lock is this process's */
}

static struct error
world_file_read(struct arena *arena, const char *path, int fd, struct buffer *content)
{
    char piece[65536];
    ssize_t got;

    while ((got = read(fd, piece, sizeof piece)) > 0) {
        buffer_add(content, piece, (size_t)got);
    }
    if (got < 0) {
        return error_make(arena, ERR_IO, "cannot read %s: %s", path, strerror(errno));
    }
    return NO_ERROR;
}

struct error
world_file_load(struct arena *arena, const char *path, struct world *world)
{
    CLEANUP_BUFFER struct buffer content = { 0 };
    CLEANUP_JSON json_t *document = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT) {
        return NO_ERROR;
    }
    if (fd < 0) {
        return error_make(arena, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    struct error error = world_file_read(arena, path, fd, &content);
    close(fd);
    TRY(error);
    error =
        json_parse(arena, content.bytes == NULL ? "" : content.bytes, content.length, &document);
    if (!error_is(error)) {
        error = world_adopt(world, arena, document);
    }
    if (error_is(error)) {
        return error_make(arena, ERR_INPUT, "%s: %s", path, error.message);
    }
    return NO_ERROR;
}

static bool
world_file_write(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t done = write(fd, text, left);
        if (done < 0 && errno != EINTR) {
            return false;
        }
        if (done > 0) {
            text += done;
            left -= (size_t)done;
        }
    }
    return fsync(fd) == 0;
}

struct error
world_file_save(struct arena *arena, const char *path, struct world *world)
{
    const char *draft = arena_printf(arena, "%s.draft", path);
    int fd = open(draft, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

    if (fd < 0) {
        return error_make(arena, ERR_IO, "cannot open %s: %s", draft, strerror(errno));
    }
    bool written = world_file_write(fd, json_text(arena, world->document));
    close(fd);
    if (!written || rename(draft, path) != 0) {
        return error_make(arena, ERR_IO, "cannot write %s: %s", path, strerror(errno));
    }
    world->changed = false;
    return NO_ERROR;
}
