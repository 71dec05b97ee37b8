/* stop_machines.h: ends all machines of a state file whose local cloud is not running. */
#ifndef INVENTIV_MOCKCLOUD_STOP_MACHINES_H
#define INVENTIV_MOCKCLOUD_STOP_MACHINES_H

#include "base/config.h"

/* The program `--stop-machines`: what is rented stays rented; the next start boots again what ran.
 * 0, or 1 with a reason on the log: the state cannot be read, something would not end, or the
 * local cloud runs. */
int stop_machines_main(const struct config *config);

#endif
