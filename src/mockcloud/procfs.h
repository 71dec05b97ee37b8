/* procfs.h: which processes a machine consists of, as /proc tells: the descendants of its init,
 * and whatever carries its folder in its environment. */
#ifndef INVENTIV_MOCKCLOUD_PROCFS_H
#define INVENTIV_MOCKCLOUD_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"

struct procfs_entry {
    pid_t pid;
    pid_t parent;
};

struct procfs_list {
    struct procfs_entry *entries;
    size_t count;
};

/* All processes at this moment, by process id; lives in the arena. */
struct procfs_list procfs_list_all(struct arena *arena);
bool procfs_descends(const struct procfs_list *list, pid_t pid, pid_t ancestor);

/* True when the process was started with exactly this argument. */
bool procfs_has_argument(pid_t pid, const char *argument);
/* True when the file name of argument 0 begins with this name. */
bool procfs_is_program(pid_t pid, const char *name);

/* SIGKILL for every process whose environment says INVENTIV_ROOT=something that is doomed, until
 * none is left or a bound is reached; true when none is left. */
bool
procfs_kill_doomed(bool (*doomed)(const char *root, const void *argument), const void *argument);
/* The same for one folder. */
bool procfs_kill_marked(const char *root);

#endif
