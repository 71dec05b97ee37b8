/* guest_init.h: the init of one machine, a process of its own that outlives the local cloud.  It
 * starts what an image starts (the SSH banner), then does what cloud-init does: the per-boot hooks
 * at every boot, the user data at the first one only.  Every process of the machine is its
 * descendant, also one that went into the background; none outlives it when it is told to end. */
#ifndef INVENTIV_MOCKCLOUD_GUEST_INIT_H
#define INVENTIV_MOCKCLOUD_GUEST_INIT_H

#include "base/config.h"

/* The program `--guest-init`, in the machine's folder.  Ends at SIGTERM. */
int guest_init_main(const struct config *config);

#endif
