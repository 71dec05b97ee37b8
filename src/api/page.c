#include "api/page.h"

#include <string.h>

bool
page_read(struct exchange *exchange, struct page *out)
{
    const char *after = exchange_query(exchange, "after");
    const char *id = after == NULL ? NULL : strchr(after, '_');

    *out = (struct page){
        .most = config_count(exchange->api->config, SETTING_API_LIST_ROWS_MAX),
    };
    if (after == NULL) {
        return true;
    }
    if (id == NULL || !digest_is_uuid(id + 1) ||
        strspn(after, "0123456789") != (size_t)(id - after)) {
        exchange_refuse(exchange, 400, "invalid_request", "\"after\" is not from X-Next-After");
        return false;
    }
    out->after_us = arena_strndup(exchange->arena, after, (size_t)(id - after));
    out->after_id = id + 1;
    return true;
}

void
page_add_next(struct exchange *exchange, const struct db_rows *rows, const struct page *page,
              const char *time_column)
{
    if ((int64_t)rows->count < page->most) {
        return;
    }
    size_t last = rows->count - 1;
    exchange_add_header(exchange, "X-Next-After",
                        arena_printf(exchange->arena, "%s_%s", row_text(rows, last, time_column),
                                     row_text(rows, last, "id")));
}
