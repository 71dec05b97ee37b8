/* watch.h: what job-watch-dog does with a zone once its machines are listed.  Every part gets all
 * claimed zones at once, and leaves alone those whose list was not answered. */
#ifndef INVENTIV_ORCHESTRATOR_WATCH_H
#define INVENTIV_ORCHESTRATOR_WATCH_H

#include "orchestrator/job.h"

struct watched_zone {
    const struct db_rows *claimed; /* of sql/queries/shard_claim.sql */
    size_t row;
    const char *zone_id;
    const char *zone; /* its code */
    int64_t token;
    struct provider *provider;        /* NULL: cannot be opened */
    const struct provider_call *list; /* the fleet's machines there; whole when ANSWER_OK */
    int64_t listed_at_ms;             /* before the list was asked for */

    /* Set by the vanish part: all that the list does not show was looked up, and not too much is missed
     * at once.  Else what is absent there may be there. */
    bool is_plausible;

    /* Set by the parts: the zone is looked at again no later than that, and what went wrong. */
    int64_t next_run_ms;
    bool failed;
    const char *error_code;
    const char *message;
};

/* The list was answered: what it shows and does not show counts. */
bool watched_zone_is_listed(const struct watched_zone *zone);
/* The zone is looked at again no later than that. */
void watched_zone_due(struct watched_zone *zone, int64_t at_ms);

#endif
