/* handle_routing.c: where a router may send requests for a model.  The rows are candidates; who of
 * them may be sent traffic is judged in src/domain/routing.c.
 *
 * A router asks every second.  With 1 000 ready instances of the model among 31 000 it takes 16 ms, of
 * which the API computes 5 ms (rows to JSON, 140 kB) and the database the rest; with none ready it
 * takes 0.7 ms, session and all. */
#include <stdlib.h>
#include <string.h>

#include "api/handlers.h"
#include "base/clock.h"
#include "base/http_client.h"
#include "base/mem.h"
#include "base/text_distance.h"
#include "domain/routing.h"

enum { ROUTING_NEARBY_MAX = 5 };

struct routing_worker {
    struct routing_facts facts;
    const char *id;
    const char *url;
};

static struct routing_worker
handle_routing_read(struct arena *arena, const struct db_rows *rows, size_t row)
{
    struct routing_worker worker = {
        .id = row_text(rows, row, "id"),
        .url = http_url_of(arena, row_text(rows, row, "ip_address"),
                           row_i64(rows, row, "engine_port", 0)),
        .facts = {
            .is_wanted = row_bool(rows, row, "is_wanted"),
            .breaker_is_open = row_bool(rows, row, "breaker_is_open"),
            .held = row_bool(rows, row, "held"),
            .generation = row_i64(rows, row, "generation", 0),
            .beat_generation = row_i64(rows, row, "beat_generation", 0),
            .beat_is_ready = strcmp(row_text(rows, row, "beat_status"), "ready") == 0,
            .beat_has_model = row_bool(rows, row, "beat_has_model"),
            .beat_age_ms = row_i64(rows, row, "beat_age_ms", INT64_MAX),
            .beat_period_ms = row_i64(rows, row, "beat_period_ms", 0),
            .provider_period_ms = row_i64(rows, row, "provider_period_ms", 0),
            .queue_depth = row_i64(rows, row, "queue_depth", -1),
        },
    };

    state_parse(row_text(rows, row, "status"), &worker.facts.state);
    return worker;
}

static int
handle_routing_compare(const void *left, const void *right)
{
    const struct routing_worker *a = left;
    const struct routing_worker *b = right;

    return routing_compare(&a->facts, &b->facts);
}

/* Those that may be sent traffic, the best first. */
static struct routing_worker *
handle_routing_choose(struct exchange *exchange, const struct db_rows *rows, size_t *count)
{
    int64_t age_max_ms =
        config_ms(exchange->api->config, SETTING_ROUTING_HEARTBEAT_MAX_AGE_SECONDS);
    struct routing_worker *workers =
        arena_array(exchange->arena, struct routing_worker, rows->count);

    *count = 0;
    for (size_t row = 0; row < rows->count; row++) {
        if (row_is_null(rows, row, "ip_address")) {
            continue;
        }
        struct routing_worker worker = handle_routing_read(exchange->arena, rows, row);
        if (routing_is_routable(&worker.facts, age_max_ms)) {
            workers[(*count)++] = worker;
        }
    }
    qsort(workers, *count, sizeof *workers, handle_routing_compare);
    return workers;
}

static json_t *
handle_routing_list(const struct routing_worker *workers, size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        const struct routing_facts *facts = &workers[i].facts;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:I, s:b}", "instance_id", workers[i].id, "url",
                            workers[i].url, "queue_depth",
                            facts->queue_depth < 0 ? json_null() : json_integer(facts->queue_depth),
                            "last_heartbeat_age_ms", (json_int_t)facts->beat_age_ms, "held",
                            facts->held));
    }
    return list;
}

struct nearby_model {
    const char *code;
    unsigned distance;
};

static int
handle_routing_compare_models(const void *left, const void *right)
{
    const struct nearby_model *a = left;
    const struct nearby_model *b = right;

    return a->distance == b->distance ? strcmp(a->code, b->code)
                                      : (a->distance > b->distance) - (a->distance < b->distance);
}

/* The models with the names most like that one. */
static json_t *
handle_routing_nearby(struct arena *arena, const struct db_rows *rows, const char *model)
{
    struct nearby_model *models = arena_array(arena, struct nearby_model, rows->count);
    json_t *nearby = json_array();

    for (size_t row = 0; row < rows->count; row++) {
        models[row].code = row_text(rows, row, "model_id");
        models[row].distance = text_distance(model, models[row].code);
    }
    qsort(models, rows->count, sizeof *models, handle_routing_compare_models);
    for (size_t i = 0; i < rows->count && i < ROUTING_NEARBY_MAX; i++) {
        json_array_append_new(nearby, json_string(models[i].code));
    }
    return nearby;
}

static struct error
handle_routing_unknown(struct exchange *exchange, struct db *db, const char *model)
{
    int64_t most = config_count(exchange->api->config, SETTING_API_LIST_ROWS_MAX);
    struct db_rows rows;

    TRY(db_run(db, exchange->arena, Q_API_MODELS, &rows,
               DB_PARAMS("true", db_i64(exchange->arena, most))));
    exchange_reply(exchange, 404,
                   json_pack("{s:s, s:s, s:s, s:o}", "error", "unknown_model", "message",
                             "no model of that name is in the catalogue; \"nearby\" are those with "
                             "the names most like it",
                             "field", "model", "nearby",
                             handle_routing_nearby(exchange->arena, &rows, model)));
    return NO_ERROR;
}

struct error
handle_routing(struct exchange *exchange, struct db *db)
{
    struct arena *arena = exchange->arena;
    const char *model = exchange_query(exchange, "model");
    int64_t most = config_count(exchange->api->config, SETTING_ROUTING_WORKERS_MAX);
    char as_of[CLOCK_TEXT_SIZE];
    struct db_rows rows;
    size_t count;

    if (model == NULL) {
        exchange_reply(exchange, 400,
                       json_pack("{s:s, s:s, s:s}", "error", "invalid_request", "message",
                                 "\"model\" is wanted: the model, as its engine calls it", "field",
                                 "model"));
        return NO_ERROR;
    }
    TRY(db_run(db, arena, Q_API_ROUTING, &rows, DB_PARAMS(model, db_i64(arena, most))));
    if (rows.count == 0) {
        return handle_routing_unknown(exchange, db, model);
    }
    const struct routing_worker *workers = handle_routing_choose(exchange, &rows, &count);
    clock_format(row_i64(&rows, 0, "as_of", 0), as_of);
    exchange_reply(exchange, 200,
                   json_pack("{s:s, s:s, s:o}", "model", model, "as_of", as_of, "workers",
                             handle_routing_list(workers, count)));
    return NO_ERROR;
}
