/* watch_vanish.h: job-watch-dog's part about machines of ours that their zone's list does not show, or
 * shows stopped.  It records what was seen and makes the rows due; what follows is decided as always
 * (domain/vanish_rules.c, domain/loss_rules.c). */
#ifndef INVENTIV_ORCHESTRATOR_WATCH_VANISH_H
#define INVENTIV_ORCHESTRATOR_WATCH_VANISH_H

#include "orchestrator/watch.h"

/* All zones at once, in a fixed number of statements. */
MUST_CHECK struct error
vanish_watch_run(struct job_cycle *cycle, struct watched_zone *zones, size_t count);

#endif
