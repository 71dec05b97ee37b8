/* endpoint.h: what the API answers to, as one table (routes.c): method, path, who may, where it
 * runs.  The roles of a route stand here and nowhere else. */
#ifndef INVENTIV_API_ENDPOINT_H
#define INVENTIV_API_ENDPOINT_H

#include <stdio.h>

#include "api/exchange.h"

enum endpoint_body { ENDPOINT_NO_BODY, ENDPOINT_JSON, ENDPOINT_WORKER_JSON };

/* Exactly one of the two handlers is set. */
struct endpoint {
    const char *method;
    const char *path; /* {id} stands for one segment */
    enum role role;   /* the least that is needed; WORKER: the handler looks at the bearer */
    enum endpoint_body body;
    enum api_pool pool;
    struct error (*in_pool)(struct exchange *exchange, struct db *db);
    void (*on_loop)(struct api *api, struct http_request *request, const char *path_id);
};

extern const struct endpoint endpoints[];
extern const size_t endpoint_count;

/* NULL: no such path, or (*allowed set, in the arena) no such method on it.  HEAD is GET. */
const struct endpoint *endpoint_find(struct arena *arena, const char *method, const char *path,
                                     const char **path_id, const char **allowed);

/* One line a route, for people and tests. */
void endpoint_print(FILE *out);

#endif
