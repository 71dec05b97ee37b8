/* page.h: lists that come in pages.  The reply's X-Next-After says where the next one begins, and is
 * passed back as ?after=: the time (us since 1970) and the id of the last row, which the statement's
 * order goes by. */
#ifndef INVENTIV_API_PAGE_H
#define INVENTIV_API_PAGE_H

#include "api/exchange.h"
#include "store/db.h"

struct page {
    int64_t most; /* rows */
    const char *after_us;
    const char *after_id; /* both NULL: the first page */
};

/* False after a 400. */
bool page_read(struct exchange *exchange, struct page *out);
/* time_column: of the rows, in us.  Nothing is added when the page is not full. */
void page_add_next(struct exchange *exchange, const struct db_rows *rows, const struct page *page,
                   const char *time_column);

#endif
