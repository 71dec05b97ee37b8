#include "mockcloud/list.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "mockcloud/fault_lists.h"
#include "mockcloud/ghosts.h"

enum { LIST_PAGE_DEFAULT = 50, LIST_PAGE_MAX = 100 };

struct list_page {
    size_t first;
    size_t count;
};

/* A whole number from 1 to max, the fallback where none is given, 0 when it is neither. */
static size_t
list_number(const struct call *call, const char *name, size_t fallback, size_t max)
{
    const char *text = http_request_query(call->request, name);
    char *end;

    if (text == NULL || text[0] == '\0') {
        return fallback;
    }
    unsigned long long number = strtoull(text, &end, 10);
    return *end != '\0' || number > max || text[0] == '-' ? 0 : (size_t)number;
}

static bool
list_page_read(struct call *call, bool is_block, struct list_page *out)
{
    const char *size_name = is_block ? "page_size" : "per_page";
    size_t size = list_number(call, size_name, LIST_PAGE_DEFAULT, LIST_PAGE_MAX);
    size_t page = list_number(call, "page", 1, SIZE_MAX / LIST_PAGE_MAX);

    if (size == 0 || page == 0) {
        call_invalid(call, size == 0 ? size_name : "page", "constraint",
                     "must be a whole number from 1 to 100");
        return false;
    }
    *out = (struct list_page){ .first = (page - 1) * size, .count = size };
    return true;
}

static json_t *
list_cut_array(const json_t *things, const struct list_page *page)
{
    json_t *cut = json_array();

    for (size_t i = page->first; i < json_array_size(things) && i - page->first < page->count;
         i++) {
        json_array_append(cut, json_array_get(things, i));
    }
    return cut;
}

static json_t *
list_cut_object(json_t *things, const struct list_page *page)
{
    json_t *cut = json_object();
    const char *key;
    json_t *thing;
    size_t i = 0;

    json_object_foreach(things, key, thing)
    {
        if (i >= page->first && i - page->first < page->count) {
            json_object_set(cut, key, thing);
        }
        i++;
    }
    return cut;
}

void
list_reply_page(struct call *call, const char *name, bool is_block, json_t *things)
{
    bool is_array = json_is_array(things);
    size_t total = is_array ? json_array_size(things) : json_object_size(things);
    struct list_page page;

    if (!list_page_read(call, is_block, &page)) {
        json_decref(things);
        return;
    }
    json_t *cut = is_array ? list_cut_array(things, &page) : list_cut_object(things, &page);
    fault_lists_shorten(call, cut);
    json_t *reply = json_pack("{s:o}", name, cut);
    if (is_block) {
        json_object_set_new(reply, "total_count", json_integer((json_int_t)total));
    } else {
        http_request_add_header(call->request, "X-Total-Count",
                                arena_printf(call->arena, "%zu", total));
    }
    json_decref(things);
    call_reply(call, 200, reply);
}

static bool
list_has_tag(const json_t *tags, const char *wanted, size_t length)
{
    size_t index;
    json_t *tag;

    json_array_foreach(tags, index, tag)
    {
        const char *text = json_string_value(tag);
        if (text != NULL && strlen(text) == length && strncmp(text, wanted, length) == 0) {
            return true;
        }
    }
    return false;
}

/* Every one of the comma-separated tags. */
static bool
list_has_tags(const json_t *thing, const char *wanted)
{
    const json_t *tags = json_object_get(thing, "tags");

    while (wanted != NULL && wanted[0] != '\0') {
        size_t length = strcspn(wanted, ",");
        if (length > 0 && !list_has_tag(tags, wanted, length)) {
            return false;
        }
        wanted += length + (wanted[length] == ',' ? 1 : 0);
    }
    return true;
}

static bool
list_wants(const struct call *call, const struct list_shape *shape, const json_t *thing)
{
    const char *name = http_request_query(call->request, "name");
    const char *project =
        http_request_query(call->request, shape->is_block ? "project_id" : "project");

    if (strcmp(json_get_string(thing, "zone", ""), call->zone) != 0 ||
        !list_has_tags(thing, http_request_query(call->request, "tags"))) {
        return false;
    }
    if (name != NULL && strstr(json_get_string(thing, "name", ""), name) == NULL) {
        return false;
    }
    if (project != NULL && strcmp(project, call->world->project) != 0) {
        return false;
    }
    return shape->wanted == NULL || shape->wanted(call, thing);
}

/* A new reference: the table as a list knows it that is lag_ms behind, in order of birth. */
static json_t *
list_gather(const struct call *call, json_t *table, int64_t lag_ms)
{
    json_t *rows = json_array();
    const char *id;
    json_t *thing;

    json_object_foreach(table, id, thing)
    {
        int64_t age_ms = call->now_ms - json_get_i64(thing, "created_ms", 0);
        if (lag_ms == 0 || age_ms >= lag_ms) {
            json_array_append(rows, thing);
        }
    }
    ghosts_merge(call->world, table, lag_ms, call->now_ms, rows);
    return rows;
}

void
list_reply(struct call *call, const struct list_shape *shape)
{
    json_t *rows = list_gather(call, shape->table, fault_lists_lag_ms(call));
    json_t *things = json_array();
    size_t index;
    json_t *row;

    json_array_foreach(rows, index, row)
    {
        if (!list_wants(call, shape, row)) {
            continue;
        }
        if (shape->newest_first) {
            json_array_insert_new(things, 0, shape->view(call, row));
        } else {
            json_array_append_new(things, shape->view(call, row));
        }
    }
    json_decref(rows);
    list_reply_page(call, shape->name, shape->is_block, things);
}
