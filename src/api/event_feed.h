/* event_feed.h: reads the fleet's changes from the database as they become final, into a ring.  One a
 * process, on the loop, with a connection of its own, on which PostgreSQL notifies of new ones.
 * Only changes below the oldest transaction under way are read: what was shown is never preceded by
 * something later, and nothing is passed over. */
#ifndef INVENTIV_API_EVENT_FEED_H
#define INVENTIV_API_EVENT_FEED_H

#include "api/api.h"
#include "api/event_ring.h"
#include "store/db_async.h"

struct event_feed;

/* news(context) after each round of reading.  Freed by the caller, NULL accepted. */
struct event_feed *event_feed_new(struct api *api, loop_fn news, void *context);
void event_feed_free(struct event_feed *feed);

const struct event_ring *event_feed_ring(const struct event_feed *feed);
/* Also for the sessions of those who watch. */
struct db_async *event_feed_database(const struct event_feed *feed);

/* Has a round begin soon that sees all that is final now; its number. */
uint64_t event_feed_ask(struct event_feed *feed);
/* The number of the last round that is over; 0: none yet. */
uint64_t event_feed_rounds(const struct event_feed *feed);

#endif
