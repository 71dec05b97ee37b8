/* state_dir.h: the worker's folder and the small files in it.  One worker holds it at a time. */
#ifndef INVENTIV_WORKER_STATE_DIR_H
#define INVENTIV_WORKER_STATE_DIR_H

#include <stddef.h>

#include "base/error.h"

/* Makes the folder (0700) and holds its lock until this process ends.  ERR_CONFLICT: another
 * worker holds it; ERR_IO names the folder. */
MUST_CHECK struct error state_dir_open(struct arena *arena, const char *dir);

/* NULL when there is no such file, or it cannot be read; texts of at most 64 KiB. */
const char *state_file_read(struct arena *arena, const char *path);
/* Whole or not at all, also over a crash; mode 0600. */
MUST_CHECK struct error state_file_write(struct arena *arena, const char *path, const char *text);

#endif
