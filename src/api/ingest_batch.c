#include "api/ingest_batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

/* Parallel to the parameters of ingest_heartbeats.sql. */
enum batch_column {
    BATCH_ID,
    BATCH_BEARER,
    BATCH_GENERATION,
    BATCH_STATUS,
    BATCH_MODEL,
    BATCH_QUEUE,
    BATCH_RUNNING,
    BATCH_GPU,
    BATCH_GPU_MEMORY,
    BATCH_PERIOD,
    BATCH_TOKENS,
    BATCH_HASH,
    BATCH_COLUMNS,
};

static const enum pg_type batch_types[BATCH_COLUMNS] = {
    PG_UUID, PG_UUID,   PG_INT4,   PG_TEXT, PG_TEXT, PG_INT4,
    PG_INT4, PG_FLOAT4, PG_FLOAT4, PG_INT4, PG_INT8, PG_INT8,
};

static const char batch_accepted[] = "{\"status\":\"ok\"}";

struct batch {
    struct batch_writer *writer;
    void (*send)(
        struct batch *batch); /* what it was made for: again, beat by beat, after a failure */
    size_t count;
    struct beat *beats[]; /* sorted by id, one an instance */
};

void
batch_writer_start(struct batch_writer *writer)
{
    writer->arrays = mem_zalloc(BATCH_COLUMNS * sizeof(struct buffer));
}

void
batch_writer_stop(struct batch_writer *writer)
{
    for (size_t i = 0; i < BATCH_COLUMNS; i++) {
        buffer_free(&writer->arrays[i]);
    }
    mem_free(writer->arrays);
}

static void
batch_answer(struct beat *beat, int status, const char *body)
{
    while (beat != NULL) {
        struct beat *next = beat->alike; /* the beat goes with its request */
        http_request_reply(beat->request, status, "application/json", body, strlen(body));
        beat = next;
    }
}

void
batch_refuse_for_now(const struct batch_writer *writer, struct beat *beat, const char *code)
{
    while (beat != NULL) {
        struct beat *next = beat->alike;
        struct arena *arena = http_request_arena(beat->request);
        http_request_add_header(beat->request, "Retry-After",
                                arena_printf(arena, "%lld", (long long)writer->retry_after_s));
        http_request_reply_error(beat->request, 503, code, "try again later");
        beat = next;
    }
}

static void
batch_answer_verdict(const struct batch_writer *writer, struct beat *beat, int64_t verdict)
{
    switch (verdict) {
    case 404:
        batch_answer(beat, 404, "{\"error\":\"instance_not_found\"}");
        return;
    case 410:
        batch_answer(beat, 410, "{\"error\":\"gone\",\"directive\":\"stop\"}");
        return;
    case 401:
    case 409: /* an enrolment token is no bearer for beats */
        batch_answer(beat, 401, "{\"error\":\"unauthorized\"}");
        return;
    default:
        batch_refuse_for_now(writer, beat, "unavailable");
    }
}

static struct batch *
batch_new(struct batch_writer *writer, size_t room, void (*send)(struct batch *batch))
{
    struct batch *batch = mem_zalloc(sizeof *batch + room * sizeof(struct beat *));

    batch->writer = writer;
    batch->send = send;
    writer->in_flight++;
    return batch;
}

static void
batch_end(struct batch *batch)
{
    struct batch_writer *writer = batch->writer;

    mem_free(batch);
    writer->in_flight--;
    writer->on_room(writer->context);
}

static void
batch_refuse_all(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        batch_refuse_for_now(batch->writer, batch->beats[i], "unavailable");
    }
}

/* The parameters are the first so many arrays, and a text where one is given. */
static void
batch_run(struct batch *batch, enum query_id query, size_t columns, const char *text,
          db_async_done done)
{
    struct batch_writer *writer = batch->writer;
    struct db_async_param params[BATCH_COLUMNS + 1];

    for (size_t i = 0; i < columns; i++) {
        params[i] = (struct db_async_param){ writer->arrays[i].bytes, writer->arrays[i].length };
    }
    params[columns] = (struct db_async_param){ text, 0 };
    if (!db_async_send(writer->db, query, params, columns + (text != NULL), done, batch)) {
        batch_refuse_all(batch);
        batch_end(batch);
    }
}

static void
batch_start_arrays(struct batch *batch, const enum pg_type *types, size_t columns)
{
    for (size_t i = 0; i < columns; i++) {
        pg_array_start(&batch->writer->arrays[i], types[i], batch->count);
    }
}

static void
batch_on_classified(struct error error, const struct db_rows *rows, void *context)
{
    struct batch *batch = context;

    if (error_is(error) || rows->count != batch->count) {
        batch_refuse_all(batch);
    } else {
        for (size_t i = 0; i < batch->count; i++) {
            size_t position = (size_t)row_i64(rows, i, "position", 1) - 1;
            batch_answer_verdict(batch->writer, batch->beats[position],
                                 row_i64(rows, i, "verdict", 503));
        }
    }
    batch_end(batch);
}

/* The batch holds what was not written: why? */
static void
batch_classify(struct batch *batch)
{
    enum { ID, TOKEN, GENERATION, COLUMNS };
    static const enum pg_type types[COLUMNS] = { PG_UUID, PG_TEXT, PG_INT4 };
    struct buffer *arrays = batch->writer->arrays;
    char hash[DIGEST_HEX_SIZE];

    batch_start_arrays(batch, types, COLUMNS);
    for (size_t i = 0; i < batch->count; i++) {
        pg_array_uuid(&arrays[ID], batch->beats[i]->id);
        digest_hex(batch->beats[i]->token_hash, DIGEST_BYTES, hash);
        pg_array_text(&arrays[TOKEN], hash);
        pg_array_int4(&arrays[GENERATION], (int32_t)batch->beats[i]->told.generation);
    }
    batch_run(batch, Q_INGEST_CLASSIFY, COLUMNS, NULL, batch_on_classified);
}

/* With what the batch still holds. */
static void
batch_go_on(struct batch *batch, void (*next)(struct batch *batch))
{
    if (batch->count > 0) {
        next(batch);
    } else {
        batch_end(batch);
    }
}

/* Answers what was written, moves to 'untold' those whose metadata is still to be, and keeps the
 * rest in the batch.  True: some worker's status changed. */
static bool
batch_take_written(struct batch *batch, const struct db_rows *rows, struct batch *untold)
{
    bool changed = false;
    size_t left = 0;

    for (size_t row = 0; row < rows->count; row++) {
        size_t position = (size_t)row_i64(rows, row, "position", 1) - 1;
        struct beat *beat = batch->beats[position];
        batch->beats[position] = NULL;
        changed = changed || row_bool(rows, row, "changed");
        if (row_bool(rows, row, "stored") || !beat->told.has_metadata) {
            batch_answer(beat, 200, batch_accepted);
        } else {
            untold->beats[untold->count++] = beat;
        }
    }
    for (size_t i = 0; i < batch->count; i++) {
        if (batch->beats[i] != NULL) {
            batch->beats[left++] = batch->beats[i];
        }
    }
    batch->count = left;
    return changed;
}

/* One bad row has spoilt them all: each again by itself. */
static void
batch_split(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch *single = batch_new(batch->writer, 1, batch->send);
        single->beats[0] = batch->beats[i];
        single->count = 1;
        single->send(single);
    }
}

static void
batch_fail(struct batch *batch, struct error error)
{
    if (error.code == ERR_UNAVAILABLE || error.code == ERR_TIMEOUT) {
        batch_refuse_all(batch);
        return;
    }
    log_warn("heartbeats could not be written", LOG_I64(COUNT, batch->count),
             LOG_STR(ERROR_CODE, error_code_name(error.code)), LOG_STR(ERROR, error.message));
    if (batch->count > 1) {
        batch_split(batch);
    } else if (error.code == ERR_INPUT) {
        batch_answer(batch->beats[0], 400, "{\"error\":\"invalid_body\"}");
    } else {
        batch_answer(batch->beats[0], 500,
                     "{\"error\":\"db_error\",\"message\":\"the row was not written\"}");
    }
}

static void
batch_add_int4(struct buffer *array, int64_t value)
{
    if (value == WORKER_FACTS_UNTOLD) {
        pg_array_null(array);
    } else {
        pg_array_int4(array, (int32_t)value);
    }
}

static void
batch_add_int8(struct buffer *array, int64_t value)
{
    if (value == WORKER_FACTS_UNTOLD) {
        pg_array_null(array);
    } else {
        pg_array_int8(array, value);
    }
}

static void
batch_add_float4(struct buffer *array, double value)
{
    if (value < 0) {
        pg_array_null(array);
    } else {
        pg_array_float4(array, (float)value);
    }
}

static void
batch_add_row(struct buffer *arrays, const struct beat *beat)
{
    const struct worker_facts_told *told = &beat->told;

    pg_array_uuid(&arrays[BATCH_ID], beat->id);
    pg_array_uuid(&arrays[BATCH_BEARER], beat->token_hash); /* its first half */
    pg_array_int4(&arrays[BATCH_GENERATION], (int32_t)told->generation);
    pg_array_text(&arrays[BATCH_STATUS], told->status);
    pg_array_text(&arrays[BATCH_MODEL], told->model_id);
    batch_add_int4(&arrays[BATCH_QUEUE], told->queue_depth);
    batch_add_int4(&arrays[BATCH_RUNNING], told->requests_running);
    batch_add_float4(&arrays[BATCH_GPU], told->gpu_utilization);
    batch_add_float4(&arrays[BATCH_GPU_MEMORY], told->gpu_mem_used_mb);
    batch_add_int4(&arrays[BATCH_PERIOD], told->period_ms);
    batch_add_int8(&arrays[BATCH_TOKENS], told->tokens_total);
    pg_array_int8(&arrays[BATCH_HASH], told->metadata_hash);
}

static void
batch_on_told(struct error error, const struct db_rows *rows, void *context)
{
    struct batch *batch = context;

    (void)rows;
    if (error_is(error)) {
        batch_fail(batch, error);
    } else {
        for (size_t i = 0; i < batch->count; i++) {
            batch_answer(batch->beats[i], 200, batch_accepted);
        }
    }
    batch_end(batch);
}

static void
batch_tell(struct batch *batch)
{
    enum { ID, BEARER, HASH, WORKER, BODY, COLUMNS };
    static const enum pg_type types[COLUMNS] = { PG_UUID, PG_UUID, PG_INT8, PG_TEXT, PG_JSONB };
    struct buffer *arrays = batch->writer->arrays;

    batch_start_arrays(batch, types, COLUMNS);
    for (size_t i = 0; i < batch->count; i++) {
        const struct beat *beat = batch->beats[i];
        size_t length;
        const char *body = http_request_body(beat->request, &length);
        pg_array_uuid(&arrays[ID], beat->id);
        pg_array_uuid(&arrays[BEARER], beat->token_hash);
        pg_array_int8(&arrays[HASH], beat->told.metadata_hash);
        pg_array_text(&arrays[WORKER], beat->told.worker_id);
        pg_array_jsonb(&arrays[BODY], body, length);
    }
    batch_run(batch, Q_INGEST_METADATA, COLUMNS, NULL, batch_on_told);
}

static void
batch_on_written(struct error error, const struct db_rows *rows, void *context)
{
    struct batch *batch = context;
    struct batch_writer *writer = batch->writer;

    if (error_is(error)) {
        batch_fail(batch, error);
        batch_end(batch);
        return;
    }
    struct batch *untold = batch_new(writer, rows->count, batch_tell);
    if (batch_take_written(batch, rows, untold)) {
        wake_publish(writer->wake, WAKE_JOBS, "job-health-check");
    }
    batch_go_on(untold, batch_tell);
    batch_go_on(batch, batch_classify);
}

static void
batch_write(struct batch *batch)
{
    batch_start_arrays(batch, batch_types, BATCH_COLUMNS);
    for (size_t i = 0; i < batch->count; i++) {
        batch_add_row(batch->writer->arrays, batch->beats[i]);
    }
    batch_run(batch, Q_INGEST_HEARTBEATS, BATCH_COLUMNS, batch->writer->api_id, batch_on_written);
}

static int
batch_compare(const void *left, const void *right)
{
    const struct beat *a = *(const struct beat *const *)left;
    const struct beat *b = *(const struct beat *const *)right;
    int order = memcmp(a->id, b->id, sizeof a->id);

    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

/* Whether the later beat stands for the earlier one of the same instance. */
static bool
batch_is_same_worker(const struct beat *a, const struct beat *b)
{
    return memcmp(a->token_hash, b->token_hash, sizeof a->token_hash) == 0 &&
           a->told.generation == b->told.generation;
}

struct beat *
batch_send(struct batch_writer *writer, struct beat **beats, size_t count)
{
    struct batch *batch = batch_new(writer, count, batch_write);
    struct beat *put_off = NULL;

    qsort(beats, count, sizeof(struct beat *), batch_compare);
    for (size_t i = 0; i < count; i++) {
        struct beat *last = batch->count == 0 ? NULL : batch->beats[batch->count - 1];
        if (last == NULL || memcmp(last->id, beats[i]->id, sizeof last->id) != 0) {
            batch->beats[batch->count++] = beats[i];
        } else if (batch_is_same_worker(last, beats[i])) {
            beats[i]->alike = last;
            batch->beats[batch->count - 1] = beats[i];
        } else {
            beats[i]->next = put_off;
            put_off = beats[i];
        }
    }
    batch_write(batch);
    return put_off;
}
