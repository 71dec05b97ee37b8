/* scaleway_list.c: reads lists whole, page by page.  A list that ends before the total that it
 * states is no answer: whoever compares it with the records would take things for gone. */
#include <string.h>

#include "base/buffer.h"
#include "provider/scaleway_step.h"

static void
scaleway_list_tags(struct scaleway_step *step, struct buffer *query, const char *separator)
{
    for (size_t i = 0; i < step->call->tag_count; i++) {
        buffer_printf(query, "%s%s", i == 0 ? "&tags=" : separator,
                      scaleway_encode(step->arena, step->call->tags[i]));
    }
}

bool
scaleway_list_ask(struct scaleway_step *step, const char *rest, bool filtered)
{
    CLEANUP_BUFFER struct buffer query = { 0 };
    buffer_printf(&query, "%s?page=%zu&per_page=%zu", rest, step->page, step->driver->page_rows);
    if (filtered) {
        buffer_printf(&query, "&project=%s",
                      scaleway_encode(step->arena, step->driver->project_id));
        scaleway_list_tags(step, &query, "%2C");
    }
    return scaleway_ask(step, "GET", scaleway_url(step, "instance", query.bytes));
}

/* This API's tags filter is satisfied by one tag of several. */
bool
scaleway_list_ask_block(struct scaleway_step *step, const char *rest)
{
    CLEANUP_BUFFER struct buffer query = { 0 };
    buffer_printf(&query, "%s?page=%zu&page_size=%zu&project_id=%s", rest, step->page,
                  step->driver->page_rows, scaleway_encode(step->arena, step->driver->project_id));
    scaleway_list_tags(step, &query, "&tags=");
    return scaleway_ask(step, "GET", scaleway_url(step, "block", query.bytes));
}

void *
scaleway_list_add(struct scaleway_step *step, size_t row_size)
{
    if (step->row_count == step->row_capacity) {
        size_t capacity =
            step->row_capacity == 0 ? step->driver->page_rows : step->row_capacity * 2;
        char *rows = arena_alloc(step->arena, capacity * row_size);
        if (step->row_count > 0) {
            memcpy(rows, step->rows, step->row_count * row_size);
        }
        step->rows = rows;
        step->row_capacity = capacity;
    }
    return (char *)step->rows + step->row_count++ * row_size;
}

void
scaleway_list_next_stage(struct scaleway_step *step)
{
    step->stage = SCALEWAY_SECOND;
    step->page = 1;
    step->seen_count = 0;
}

/* Counts a row once a stage and keeps it once a call; false: garbage. */
static bool
scaleway_list_row(struct scaleway_step *step, const char *id, const json_t *row,
                  bool (*keep)(struct scaleway_step *step, const char *id, const json_t *row))
{
    if (id[0] == '\0' || !json_is_object(row)) {
        return false;
    }
    const json_t *before = json_object_get(step->seen, id);
    if (before != NULL && json_integer_value(before) == (json_int_t)step->stage) {
        return true;
    }
    step->seen_count++;
    if (json_object_set_new(step->seen, id, json_integer((json_int_t)step->stage)) != 0) {
        return false;
    }
    return before != NULL || keep(step, id, row);
}

static bool
scaleway_list_rows(struct scaleway_step *step, const json_t *rows,
                   bool (*keep)(struct scaleway_step *step, const char *id, const json_t *row))
{
    size_t index;
    const char *key;
    json_t *row;
    json_t *walked = (json_t *)(uintptr_t)rows; /* jansson's walk takes no const */
    json_array_foreach(walked, index, row)
    {
        if (!scaleway_list_row(step, json_get_string(row, "id", ""), row, keep)) {
            return false;
        }
    }
    json_object_foreach(walked, key, row)
    {
        if (!scaleway_list_row(step, key, row, keep)) {
            return false;
        }
    }
    return true;
}

/* What the reply says of the whole list: a header in one API, a member in the other. */
static int64_t
scaleway_list_total(const struct scaleway_step *step, const json_t *body)
{
    return step->http.total_count >= 0 ? step->http.total_count
                                       : json_get_i64(body, "total_count", -1);
}

static enum scaleway_verdict
scaleway_list_garbage(struct scaleway_step *step, const char *note)
{
    step->note = note;
    return SCALEWAY_GARBAGE;
}

/* A page with nothing new ends the list; a total that is exactly reached spares that page.  Rows
 * that come and go meanwhile make the total move: below what was seen it proves nothing. */
enum scaleway_verdict
scaleway_list_take(struct scaleway_step *step, const json_t *body, const char *member,
                   bool (*keep)(struct scaleway_step *step, const char *id, const json_t *row))
{
    const json_t *rows = json_object_get(body, member);
    if (!json_is_array(rows) && !json_is_object(rows)) {
        return scaleway_list_garbage(step, "the reply holds no list");
    }
    size_t before = step->seen_count;
    if (!scaleway_list_rows(step, rows, keep)) {
        return scaleway_list_garbage(step, "a row of the list cannot be understood");
    }
    int64_t total = scaleway_list_total(step, body);
    if (total == (int64_t)step->seen_count) {
        return SCALEWAY_DONE;
    }
    if (step->seen_count == before) {
        return total > (int64_t)step->seen_count
                   ? scaleway_list_garbage(step, "the list ended before the total it stated")
                   : SCALEWAY_DONE;
    }
    if (step->page >= step->driver->pages_max) {
        return scaleway_list_garbage(step, "the list has more pages than PROVIDER_PAGES_MAX");
    }
    step->page++;
    return SCALEWAY_MORE;
}
