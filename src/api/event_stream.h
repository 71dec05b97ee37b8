/* event_stream.h: those who watch: each has a place in the event feed's ring (event_feed.h) and is
 * sent what follows when it can take it.  Nothing is queued for anybody: who falls so far behind
 * that the ring has moved on is told to look anew ("resync"). */
#ifndef INVENTIV_API_EVENT_STREAM_H
#define INVENTIV_API_EVENT_STREAM_H

#include "api/event_ring.h"
#include "api/exchange.h"

#define EVENT_STREAM_PATH "/events/stream"

enum event_resume {
    EVENT_RESUME_NOTHING, /* a new watcher */
    EVENT_RESUME_AFTER,   /* back again; has seen what is up to the key */
    EVENT_RESUME_UNKNOWN, /* back again, with an id that is none of ours */
};

/* What somebody wants to watch. */
struct event_wish {
    bool kinds[EVENT_ACTION + 1];
    bool one_instance; /* actions of this one alone */
    unsigned char instance[PG_UUID_BYTES];
    enum event_resume resume;
    struct event_key after;
};

struct event_streams;

/* Begins to read the changes.  Freed after the server, NULL accepted. */
struct event_streams *event_streams_new(struct api *api);
void event_streams_free(struct event_streams *streams);

/* Answers the exchange's request: with a stream, or 503 where there are too many. */
void event_streams_add(struct event_streams *streams, struct exchange *exchange,
                       const struct event_wish *wish);

#endif
