#include "mockcloud/procfs.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"

enum { PROCFS_STAT_MAX = 512, PROCFS_DEPTH_MAX = 64, PROCFS_KILL_ROUNDS = 50 };
#define PROCFS_MARK "INVENTIV_ROOT="

/* Zero: no process (any more). */
static size_t
procfs_read(pid_t pid, const char *name, struct buffer *content)
{
    char path[64];
    char piece[4096];
    ssize_t got;

    buffer_clear(content);
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    while ((got = read(fd, piece, sizeof piece)) > 0) {
        buffer_add(content, piece, (size_t)got);
    }
    close(fd);
    return content->length;
}

/* The parent stands behind the name, which is in brackets and may hold anything. */
static pid_t
procfs_parent(pid_t pid, struct buffer *content)
{
    int parent = 0;
    char state;

    if (procfs_read(pid, "stat", content) == 0) {
        return 0;
    }
    const char *rest = strrchr(content->bytes, ')');
    return rest != NULL && sscanf(rest, ") %c %d", &state, &parent) == 2 ? parent : 0;
}

static size_t
procfs_count(DIR *folder)
{
    size_t count = 0;

    while (readdir(folder) != NULL) {
        count++;
    }
    rewinddir(folder);
    return count;
}

static int
procfs_compare(const void *a, const void *b)
{
    const struct procfs_entry *left = a;
    const struct procfs_entry *right = b;

    return (left->pid > right->pid) - (left->pid < right->pid);
}

struct procfs_list
procfs_list_all(struct arena *arena)
{
    CLEANUP_BUFFER struct buffer content = { 0 };
    struct procfs_list list = { 0 };
    DIR *folder = opendir("/proc");
    struct dirent *entry;

    if (folder == NULL) {
        return list;
    }
    size_t room = procfs_count(folder);
    list.entries = arena_array(arena, struct procfs_entry, room + 1);
    while ((entry = readdir(folder)) != NULL && list.count < room) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0) {
            list.entries[list.count++] =
                (struct procfs_entry){ .pid = pid, .parent = procfs_parent(pid, &content) };
        }
    }
    closedir(folder);
    qsort(list.entries, list.count, sizeof *list.entries, procfs_compare);
    return list;
}

static pid_t
procfs_listed_parent(const struct procfs_list *list, pid_t pid)
{
    const struct procfs_entry key = { .pid = pid };
    const struct procfs_entry *found =
        list->count == 0 ? NULL
                         : bsearch(&key, list->entries, list->count, sizeof key, procfs_compare);

    return found == NULL ? 0 : found->parent;
}

bool
procfs_descends(const struct procfs_list *list, pid_t pid, pid_t ancestor)
{
    for (int depth = 0; depth < PROCFS_DEPTH_MAX && pid > 1; depth++) {
        pid = procfs_listed_parent(list, pid);
        if (pid == ancestor) {
            return true;
        }
    }
    return false;
}

/* Whether a list of NUL-terminated texts holds this one. */
static bool
procfs_holds(const struct buffer *content, const char *wanted)
{
    for (size_t at = 0; at < content->length; at += strlen(content->bytes + at) + 1) {
        if (strcmp(content->bytes + at, wanted) == 0) {
            return true;
        }
    }
    return false;
}

bool
procfs_has_argument(pid_t pid, const char *argument)
{
    CLEANUP_BUFFER struct buffer content = { 0 };

    return procfs_read(pid, "cmdline", &content) > 0 && procfs_holds(&content, argument);
}

bool
procfs_is_program(pid_t pid, const char *name)
{
    CLEANUP_BUFFER struct buffer content = { 0 };

    if (procfs_read(pid, "cmdline", &content) == 0) {
        return false;
    }
    const char *slash = strrchr(content.bytes, '/');
    const char *last = slash == NULL ? content.bytes : slash + 1;
    return strncmp(last, name, strlen(name)) == 0;
}

/* What its environment says of its folder, or NULL; borrowed from the content. */
static const char *
procfs_root(pid_t pid, struct buffer *content)
{
    size_t length = procfs_read(pid, "environ", content);

    for (size_t at = 0; at < length; at += strlen(content->bytes + at) + 1) {
        if (strncmp(content->bytes + at, PROCFS_MARK, strlen(PROCFS_MARK)) == 0) {
            return content->bytes + at + strlen(PROCFS_MARK);
        }
    }
    return NULL;
}

static size_t
procfs_kill_round(bool (*doomed)(const char *root, const void *argument), const void *argument)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_BUFFER struct buffer content = { 0 };
    struct procfs_list list = procfs_list_all(arena);
    size_t found = 0;

    for (size_t i = 0; i < list.count; i++) {
        pid_t pid = list.entries[i].pid;
        const char *root = procfs_root(pid, &content);
        if (pid != getpid() && root != NULL && doomed(root, argument)) {
            kill(pid, SIGKILL);
            found++;
        }
    }
    return found;
}

bool
procfs_kill_doomed(bool (*doomed)(const char *root, const void *argument), const void *argument)
{
    for (int round = 0; round < PROCFS_KILL_ROUNDS; round++) {
        if (procfs_kill_round(doomed, argument) == 0) {
            return true;
        }
    }
    return false;
}

static bool
procfs_is_root(const char *root, const void *argument)
{
    return strcmp(root, argument) == 0;
}

bool
procfs_kill_marked(const char *root)
{
    return procfs_kill_doomed(procfs_is_root, root);
}
