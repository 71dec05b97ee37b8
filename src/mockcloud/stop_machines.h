/* stop_machines.h: ends all machines of a state file. */
#ifndef INVENTIV_MOCKCLOUD_STOP_MACHINES_H
#define INVENTIV_MOCKCLOUD_STOP_MACHINES_H

#include "base/config.h"

/* The program `--stop-machines`: what is rented stays rented.  Where the local cloud does not run,
 * its next start boots again what ran; where it does, the machines count as shut down from within.
 * 0, or 1 with a reason on the log: the state cannot be read, or something would not end. */
int stop_machines_main(const struct config *config);

#endif
