/* ingest_batch.h: heartbeats on their way into the database: one statement a batch, one entry an
 * instance, sorted by id, and another for those whose metadata is not stored as they tell it; then
 * the answers.  Batches and their memory belong to ingest_batch.c, the queue before them to
 * ingest.c. */
#ifndef INVENTIV_API_INGEST_BATCH_H
#define INVENTIV_API_INGEST_BATCH_H

#include "api/worker_facts.h"
#include "base/buffer.h"
#include "base/digest.h"
#include "base/http_server.h"
#include "store/db_async.h"
#include "store/pg_array.h"
#include "store/wake.h"

/* A heartbeat; lives in its request's arena. */
struct beat {
    struct beat *next;  /* in the queue */
    struct beat *alike; /* an earlier one of the same worker in this batch: answered the same */
    struct http_request *request;
    unsigned char id[PG_UUID_BYTES];
    uint64_t number; /* of arrival */
    unsigned char token_hash[DIGEST_BYTES];
    struct worker_facts_told told;
};

struct batch_writer {
    struct db_async *db;
    struct wake *wake;
    const char *api_id;
    int64_t retry_after_s;
    size_t in_flight;               /* statements */
    void (*on_room)(void *context); /* a batch has ended */
    void *context;
    struct buffer *arrays; /* the parameters of the statement being built */
};

void batch_writer_start(struct batch_writer *writer);
void batch_writer_stop(struct batch_writer *writer);

/* Sorts, joins and sends; each beat is answered later, or now where the database is away.  Beats
 * that cannot go with the others of their instance are given back as a list. */
struct beat *batch_send(struct batch_writer *writer, struct beat **beats, size_t count);

/* 503 with Retry-After, for the beat and those alike. */
void batch_refuse_for_now(const struct batch_writer *writer, struct beat *beat, const char *code);

#endif
