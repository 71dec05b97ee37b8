/* guest_folder.h: the folders that machines see: one a machine, which is its whole disk, and the
 * image, which all share and none may write (our own binary and the engine that comes
 * "preinstalled"). */
#ifndef INVENTIV_MOCKCLOUD_GUEST_FOLDER_H
#define INVENTIV_MOCKCLOUD_GUEST_FOLDER_H

#include "base/config.h"
#include "base/error.h"

/* Makes the image; *base is the absolute path of MOCKCLOUD_GUEST_DIR, in the arena.  ERR_CONFIG
 * when machines' user could not reach it. */
MUST_CHECK struct error
guest_folder_start(struct arena *arena, const struct config *config, const char **base);

/* In the arena. */
const char *guest_folder_path(struct arena *arena, const char *base, const char *server_id);
const char *guest_folder_program(struct arena *arena, const char *base);

/* Makes what is missing of a machine's folder, owned by its user. */
MUST_CHECK struct error
guest_folder_prepare(struct arena *arena, const struct config *config, const char *folder);

/* The folder and all in it; what cannot be removed stays. */
void guest_folder_remove(const char *folder);

#endif
