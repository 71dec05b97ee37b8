#include "mockcloud/bill.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static const struct {
    const char *kind;
    const char *total;
} bill_kinds[] = {
    { "server", "servers" },
    { "volume", "volumes" },
    { "address", "addresses" },
};

void
bill_open(struct world *world, const char *kind, const json_t *thing, int64_t now_ms)
{
    json_t *tags = json_object_get(thing, "tags");

    json_array_append_new(world->bill, json_pack("{s:s, s:s, s:s, s:O*, s:I, s:n}", "kind", kind,
                                                 "id", json_get_string(thing, "id", ""), "zone",
                                                 json_get_string(thing, "zone", ""), "tags", tags,
                                                 "since_ms", (json_int_t)now_ms, "until_ms"));
    world->changed = true;
}

void
bill_close(struct world *world, const char *id, int64_t now_ms)
{
    size_t index;
    json_t *item;

    json_array_foreach(world->bill, index, item)
    {
        if (json_is_null(json_object_get(item, "until_ms")) &&
            strcmp(json_get_string(item, "id", ""), id) == 0) {
            world_set_i64(world, item, "until_ms", now_ms);
        }
    }
}

static json_t *
bill_item_view(const json_t *item, int64_t now_ms)
{
    int64_t since_ms = json_get_i64(item, "since_ms", 0);
    int64_t until_ms = json_get_i64(item, "until_ms", 0);
    int64_t end_ms = until_ms == 0 ? now_ms : until_ms;
    json_t *tags = json_object_get(item, "tags");

    return json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:f}", "kind", json_get_string(item, "kind", ""), "id",
        json_get_string(item, "id", ""), "zone", json_get_string(item, "zone", ""), "tags",
        json_is_array(tags) ? json_incref(tags) : json_array(), "since", world_date(since_ms),
        "until", world_date(until_ms), "seconds", (double)(end_ms - since_ms) / 1000);
}

json_t *
bill_view(const struct world *world, int64_t now_ms)
{
    int64_t rented[ARRAY_LENGTH(bill_kinds)] = { 0 };
    json_t *items = json_array();
    json_t *view = json_object();
    size_t index;
    json_t *item;

    json_array_foreach(world->bill, index, item)
    {
        json_array_append_new(items, bill_item_view(item, now_ms));
        for (size_t i = 0; i < ARRAY_LENGTH(bill_kinds); i++) {
            rented[i] += json_is_null(json_object_get(item, "until_ms")) &&
                         strcmp(json_get_string(item, "kind", ""), bill_kinds[i].kind) == 0;
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(bill_kinds); i++) {
        json_object_set_new(view, bill_kinds[i].total, json_integer(rented[i]));
    }
    json_object_set_new(view, "items", items);
    return view;
}
