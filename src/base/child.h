/* child.h: starts and ends other programs.  A child leads its own session and process group, so
 * that ending the group ends all that it started. */
#ifndef INVENTIV_BASE_CHILD_H
#define INVENTIV_BASE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct child_options {
    const char *const *argv;        /* NULL-terminated; argv[0] is a path */
    const char *const *environment; /* NULL-terminated "NAME=value"; the whole of it */
    const char *directory;          /* working directory; NULL: ours */
    const char *output_path;        /* standard output and error are appended here; NULL: ours */
    const char *user;               /* run as this user, when we are root; NULL: as we are */
    int64_t address_space_max;      /* bytes; 0: no limit */
    int64_t processes_max;          /* 0: no limit */
    bool die_with_parent;           /* SIGTERM for it when our thread that started it ends */
};

/* ERR_IO names the program.  *out: its process id, which is its group's, too. */
MUST_CHECK struct error
child_start(struct arena *arena, const struct child_options *options, pid_t *out);

/* When the process began, in clock ticks since boot (/proc/PID/stat), or -1: with the id it names
 * a process for good. */
int64_t child_start_time(pid_t pid);
bool child_is_alive(pid_t pid, int64_t start_time);

/* True when it has ended, with its wait status; collects it. Never blocks. */
bool child_ended(pid_t pid, int *wait_status);

/* Signals the whole group; a group that is gone is no error. */
void child_signal_group(pid_t pid, int signal_number);

#endif
