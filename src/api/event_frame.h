/* event_frame.h: what is sent to those who watch, as text/event-stream.  Each frame has the key of
 * the place after it as its id, so that whoever comes back with it misses and repeats nothing. */
#ifndef INVENTIV_API_EVENT_FRAME_H
#define INVENTIV_API_EVENT_FRAME_H

#include "api/event_stream.h"
#include "base/buffer.h"

/* ring NULL: without an id. */
void event_frame_hello(struct buffer *frame, const struct event_ring *ring, uint64_t position);
void event_frame_keepalive(struct buffer *frame, const struct event_ring *ring, uint64_t position);
void event_frame_resync(struct buffer *frame, const struct event_ring *ring, uint64_t position);

/* The next changes that are wished for, of one kind; moves the position behind them.  Adds nothing
 * where there are none up to the ring's end. */
void event_frame_changes(struct buffer *frame, const struct event_ring *ring,
                         const struct event_wish *wish, uint64_t *position);

#endif
