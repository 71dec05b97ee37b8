/* ingest.h: heartbeats, on the loop's own thread and with a connection of their own.  A heartbeat
 * is read, waits for the end of the loop's turn, goes out in a batch (ingest_batch.h) and is
 * answered when its row is visible.  What waits is bounded; the rest is refused with 503. */
#ifndef INVENTIV_API_INGEST_H
#define INVENTIV_API_INGEST_H

#include "api/api.h"

struct ingest *ingest_new(struct api *api);
/* What waits is answered with 503. */
void ingest_free(struct ingest *ingest);

/* POST /internal/worker/heartbeat */
void ingest_take(struct api *api, struct http_request *request, const char *path_id);

#endif
