/* list.h: lists of things, filtered and in pages, in the manner of either API. */
#ifndef INVENTIV_MOCKCLOUD_LIST_H
#define INVENTIV_MOCKCLOUD_LIST_H

#include "mockcloud/call.h"

struct list_shape {
    const char *name; /* "servers" */
    json_t *table;
    bool is_block;     /* page_size and total_count, else per_page and X-Total-Count */
    bool newest_first; /* else in order of birth */
    /* Beyond zone, tags, name and project; NULL: all. */
    bool (*wanted)(const struct call *call, const json_t *thing);
    json_t *(*view)(const struct call *call, json_t *thing); /* a new reference */
};

/* Answers the call. */
void list_reply(struct call *call, const struct list_shape *shape);

/* Answers with one page of things already gathered (an array or an object, stolen). */
void list_reply_page(struct call *call, const char *name, bool is_block, json_t *things);

#endif
