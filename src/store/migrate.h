/* migrate.h: brings the schema up to date and applies catalogue files. */
#ifndef INVENTIV_STORE_MIGRATE_H
#define INVENTIV_STORE_MIGRATE_H

#include "base/config.h"
#include "base/error.h"

/* Applies the migrations that are missing, in order, each in a transaction, under an advisory
 * lock: whoever comes first migrates, the others wait for it.  Refuses (ERR_CONFIG) a database
 * whose applied migrations differ from ours, or that is ahead of us. */
MUST_CHECK struct error migrate_run(struct arena *arena, const struct config *config);

/* Applies a catalogue file (deploy/catalogue/): providers with regions and zones, models.  The
 * same file twice changes nothing. */
MUST_CHECK struct error
migrate_seed(struct arena *arena, const struct config *config, const char *path);

#endif
