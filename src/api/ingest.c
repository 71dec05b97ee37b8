#include "api/ingest.h"

#include <string.h>

#include "api/access.h"
#include "api/ingest_batch.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

struct ingest {
    struct api *api;
    struct batch_writer writer;
    struct loop_turn_end *turn_end;
    struct beat *first; /* the queue */
    struct beat **last;
    size_t waiting;
    uint64_t arrived;
    size_t batch_rows;
    size_t in_flight_max;
    size_t waiting_max;
    int64_t metadata_refresh_ms;
    struct beat **taken; /* room for a batch */
    bool ending;
};

static size_t
ingest_take_waiting(struct ingest *ingest)
{
    size_t count = 0;

    while (ingest->first != NULL && count < ingest->batch_rows) {
        ingest->taken[count++] = ingest->first;
        ingest->first = ingest->first->next;
    }
    if (ingest->first == NULL) {
        ingest->last = &ingest->first;
    }
    ingest->waiting -= count;
    return count;
}

static void
ingest_put_back(struct ingest *ingest, struct beat *beats)
{
    while (beats != NULL) {
        struct beat *next = beats->next;
        beats->next = ingest->first;
        if (ingest->first == NULL) {
            ingest->last = &beats->next;
        }
        ingest->first = beats;
        ingest->waiting++;
        beats = next;
    }
}

/* The end of a turn: as many batches as there is room for. */
static void
ingest_turn(void *argument)
{
    struct ingest *ingest = argument;

    while (ingest->first != NULL && ingest->writer.in_flight < ingest->in_flight_max) {
        size_t count = ingest_take_waiting(ingest);
        ingest_put_back(ingest, batch_send(&ingest->writer, ingest->taken, count));
    }
}

static void
ingest_on_room(void *argument)
{
    struct ingest *ingest = argument;

    if (ingest->first != NULL && !ingest->ending) {
        loop_turn_end_ask(ingest->turn_end);
    }
}

struct ingest *
ingest_new(struct api *api)
{
    static const enum query_id prepared[] = { Q_INGEST_HEARTBEATS, Q_INGEST_METADATA,
                                              Q_INGEST_CLASSIFY };
    const struct config *config = api->config;
    struct ingest *ingest = mem_zalloc(sizeof *ingest);

    ingest->api = api;
    ingest->last = &ingest->first;
    ingest->batch_rows = (size_t)config_count(config, SETTING_HEARTBEAT_BATCH_ROWS);
    ingest->in_flight_max = (size_t)config_count(config, SETTING_HEARTBEAT_BATCHES_IN_FLIGHT);
    ingest->waiting_max = (size_t)config_count(config, SETTING_HEARTBEAT_WAITING_MAX);
    ingest->metadata_refresh_ms = config_ms(config, SETTING_METADATA_REFRESH_SECONDS);
    ingest->taken = mem_zalloc(ingest->batch_rows * sizeof(struct beat *));
    ingest->turn_end = loop_turn_end_new(api->loop, ingest_turn, ingest);
    ingest->writer = (struct batch_writer){
        .db = db_async_new(&(struct db_async_options){ .loop = api->loop,
                                                       .config = config,
                                                       .name = "inventiv-api-heartbeats",
                                                       .session = Q_INGEST_SESSION,
                                                       .prepared = prepared,
                                                       .prepared_count = ARRAY_LENGTH(prepared) }),
        .wake = api->wake,
        .api_id = api->id,
        .retry_after_s = config_count(config, SETTING_API_RETRY_AFTER_SECONDS),
        .on_room = ingest_on_room,
        .context = ingest,
    };
    batch_writer_start(&ingest->writer);
    return ingest;
}

void
ingest_free(struct ingest *ingest)
{
    if (ingest == NULL) {
        return;
    }
    ingest->ending = true;
    while (ingest->first != NULL) {
        struct beat *beat = ingest->first;
        ingest->first = beat->next;
        batch_refuse_for_now(&ingest->writer, beat, "unavailable");
    }
    db_async_free(ingest->writer.db);
    batch_writer_stop(&ingest->writer);
    loop_turn_end_free(ingest->turn_end);
    mem_free(ingest->taken);
    mem_free(ingest);
}

static void
ingest_append(struct ingest *ingest, struct beat *beat)
{
    *ingest->last = beat;
    ingest->last = &beat->next;
    ingest->waiting++;
    loop_turn_end_ask(ingest->turn_end);
}

/* What moves with every beat is no part of the hash; that it is stored now and then is seen to by
 * making the hash a new one at times, which lie apart for the instances and are the same in every
 * API. */
static void
ingest_age_metadata(const struct ingest *ingest, struct beat *beat)
{
    int64_t offset;

    memcpy(&offset, beat->id, sizeof offset);
    int64_t slot = (clock_wall_ms() + (offset & INT32_MAX)) / ingest->metadata_refresh_ms;
    beat->told.metadata_hash ^= (int64_t)((uint64_t)slot * 0x9e3779b97f4a7c15ULL);
}

/* ERR_INPUT: the body is not acceptable. */
static struct error
ingest_read(struct ingest *ingest, struct http_request *request, struct beat *beat)
{
    const json_t *body;
    struct arena *arena = http_request_arena(request);
    size_t length;
    const char *text = http_request_body(request, &length);

    TRY(json_parse_in(arena, text, length, &body));
    TRY(worker_facts_read(arena, body, &beat->told));
    if (beat->told.status == NULL) {
        return error_static(ERR_INPUT, "missing_status");
    }
    pg_uuid_bytes(beat->told.instance_id, beat->id);
    ingest_age_metadata(ingest, beat);
    return NO_ERROR;
}

void
ingest_take(struct api *api, struct http_request *request, const char *path_id)
{
    struct ingest *ingest = api->ingest;
    const char *bearer = access_bearer(request);
    struct beat *beat = arena_alloc(http_request_arena(request), sizeof *beat);

    (void)path_id;
    *beat = (struct beat){ .request = request };
    if (ingest == NULL || !db_async_is_up(ingest->writer.db) ||
        ingest->waiting >= ingest->waiting_max) {
        struct batch_writer nobody = { .retry_after_s = config_count(
                                           api->config, SETTING_API_RETRY_AFTER_SECONDS) };
        batch_refuse_for_now(&nobody, beat, "unavailable");
        return;
    }
    struct error error = ingest_read(ingest, request, beat);
    if (error_is(error)) {
        http_request_reply_error(request, 400, "invalid_body", error.message);
        return;
    }
    if (bearer == NULL) {
        static const char refused[] = "{\"error\":\"unauthorized\"}";
        http_request_reply(request, 401, "application/json", refused, sizeof refused - 1);
        return;
    }
    beat->number = ingest->arrived++;
    digest_sha256(bearer, strlen(bearer), beat->token_hash);
    ingest_append(ingest, beat);
}
