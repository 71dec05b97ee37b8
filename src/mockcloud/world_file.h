/* world_file.h: the state file: written whole and atomically before any reply that depends on it,
 * locked against a second local cloud. */
#ifndef INVENTIV_MOCKCLOUD_WORLD_FILE_H
#define INVENTIV_MOCKCLOUD_WORLD_FILE_H

#include "base/error.h"
#include "mockcloud/world.h"

/* ERR_CONFLICT when another process holds the state file; held until this process ends. */
MUST_CHECK struct error world_file_lock(struct arena *arena, const char *path);

/* A missing file is an empty world. */
MUST_CHECK struct error world_file_load(struct arena *arena, const char *path, struct world *world);

/* Temporary file, fsync, rename; clears world->changed. */
MUST_CHECK struct error world_file_save(struct arena *arena, const char *path, struct world *world);

#endif
