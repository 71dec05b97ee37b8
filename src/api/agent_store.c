#include "api/agent_store.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* A copy that is not whole yet, or was left behind; nobody finds it by its hash. */
#define AGENT_STORE_UNFINISHED "new-"

enum { AGENT_STORE_PIECE = 1 << 20, AGENT_STORE_SUFFIX_BYTES = 8 };

struct agent_store_entry {
    const char *path;
    struct timespec stored_at;
};

struct agent_store_list {
    struct agent_store_entry *entries;
    size_t count;
    size_t room;
};

bool
agent_store_is_hash(const char *text)
{
    return strlen(text) == DIGEST_HEX_SIZE - 1 &&
           strspn(text, "0123456789abcdefABCDEF") == DIGEST_HEX_SIZE - 1;
}

/* 0, or the errno. */
static int
agent_store_copy_content(int from, int to)
{
    ssize_t sent;

    do {
        sent = sendfile(to, from, NULL, AGENT_STORE_PIECE);
    } while (sent > 0 || (sent < 0 && errno == EINTR));
    return sent < 0 || fsync(to) != 0 ? errno : 0;
}

static int
agent_store_copy(const char *path, const char *copy)
{
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = from < 0 ? -1 : open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int reason = to < 0 ? errno : agent_store_copy_content(from, to);

    if (to >= 0 && close(to) != 0 && reason == 0) {
        reason = errno;
    }
    if (from >= 0) {
        close(from);
    }
    return reason;
}

static bool
agent_store_is_ours(const char *name)
{
    return agent_store_is_hash(name) ||
           strncmp(name, AGENT_STORE_UNFINISHED, sizeof AGENT_STORE_UNFINISHED - 1) == 0;
}

static void
agent_store_list_add(struct arena *arena, struct agent_store_list *list, const char *path)
{
    struct stat about;

    if (lstat(path, &about) != 0 || !S_ISREG(about.st_mode)) {
        return;
    }
    if (list->count == list->room) {
        struct agent_store_entry *old = list->entries;
        list->room = list->room * 2 + 16;
        list->entries = arena_alloc(arena, list->room * sizeof *list->entries);
        if (list->count > 0) {
            memcpy(list->entries, old, list->count * sizeof *old);
        }
    }
    list->entries[list->count++] = (struct agent_store_entry){ path, about.st_mtim };
}

static int
agent_store_newest_first(const void *left, const void *right)
{
    const struct timespec *a = &((const struct agent_store_entry *)left)->stored_at;
    const struct timespec *b = &((const struct agent_store_entry *)right)->stored_at;

    if (a->tv_sec != b->tv_sec) {
        return a->tv_sec > b->tv_sec ? -1 : 1;
    }
    return (a->tv_nsec < b->tv_nsec) - (a->tv_nsec > b->tv_nsec);
}

/* Unfinished ones count too, so that what a crash leaves behind goes in the end. */
static void
agent_store_prune(struct arena *arena, const char *folder, size_t keep)
{
    struct agent_store_list list = { 0 };
    DIR *all = opendir(folder);
    const struct dirent *entry;

    if (all == NULL) {
        return;
    }
    while ((entry = readdir(all)) != NULL) {
        if (agent_store_is_ours(entry->d_name)) {
            agent_store_list_add(arena, &list, arena_printf(arena, "%s/%s", folder, entry->d_name));
        }
    }
    closedir(all);
    if (list.count > keep) {
        qsort(list.entries, list.count, sizeof *list.entries, agent_store_newest_first);
    }
    for (size_t i = keep; i < list.count; i++) {
        unlink(list.entries[i].path);
    }
}

struct error
agent_store_add(struct arena *arena, const char *folder, const char *path, size_t keep,
                char hash[DIGEST_HEX_SIZE])
{
    char suffix[2 * AGENT_STORE_SUFFIX_BYTES + 1];

    digest_random_hex(suffix, AGENT_STORE_SUFFIX_BYTES);
    const char *copy = arena_printf(arena, "%s/%s%s", folder, AGENT_STORE_UNFINISHED, suffix);
    int reason = mkdir(folder, 0755) != 0 && errno != EEXIST ? errno : 0;
    if (reason == 0) {
        reason = agent_store_copy(path, copy);
    }
    if (reason == 0 && !digest_file_sha256_hex(copy, hash)) {
        reason = EIO;
    }
    if (reason == 0 && rename(copy, arena_printf(arena, "%s/%s", folder, hash)) != 0) {
        reason = errno;
    }
    if (reason != 0) {
        unlink(copy);
        return error_make(arena, ERR_IO, "cannot keep a copy of '%s' in '%s': %s", path, folder,
                          strerror(reason));
    }
    agent_store_prune(arena, folder, keep);
    return NO_ERROR;
}

const char *
agent_store_find(struct arena *arena, const char *folder, const char *hash)
{
    struct stat about;

    if (folder[0] == '\0' || !agent_store_is_hash(hash)) {
        return NULL;
    }
    char *path = arena_printf(arena, "%s/%s", folder, hash);
    for (char *c = path + strlen(folder); *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return lstat(path, &about) == 0 && S_ISREG(about.st_mode) ? path : NULL;
}
