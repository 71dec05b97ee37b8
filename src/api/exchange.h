/* exchange.h: one request and the reply to it, as a handler in a pool sees them.  The handler runs
 * while the loop's thread leaves the request alone; its reply goes out from the loop. */
#ifndef INVENTIV_API_EXCHANGE_H
#define INVENTIV_API_EXCHANGE_H

#include <jansson.h>

#include "api/api.h"
#include "api/person.h"

struct endpoint;

enum { EXCHANGE_ID_SIZE = 33, EXCHANGE_HEADERS_MAX = 4 };

struct exchange_header {
    const char *name;
    const char *value;
};

/* Lives in its own arena. */
struct exchange {
    struct api *api;
    struct http_request *request;
    const struct endpoint *endpoint;
    struct arena *arena;
    char id[EXCHANGE_ID_SIZE]; /* the request's, and the correlation id of what it starts */
    const char *path_id;       /* {id} of the path; NULL where it has none */
    const char *peer;          /* the client's address, seen through trusted proxies */
    bool is_https;
    struct person person; /* who asks; role NOBODY on public routes */
    json_t *body;         /* an object, where the route takes one */

    int status; /* the reply; 0: none yet */
    json_t *reply;
    struct exchange_header headers[EXCHANGE_HEADERS_MAX];
    size_t header_count;
    void (*on_loop)(struct exchange *exchange); /* gives the reply itself, later, on the loop */
    void *on_loop_context;
};

/* Once each; JSON is stolen. */
void exchange_reply(struct exchange *exchange, int status, json_t *reply);
/* {"error": code, "message": message} */
void exchange_refuse(struct exchange *exchange, int status, const char *code, const char *message);
/* 503 with Retry-After. */
void exchange_refuse_for_now(struct exchange *exchange, const char *code, const char *message);
/* Instead of a reply: answer(exchange) does so on the loop; the context may live in the arena. */
void exchange_answer_on_loop(struct exchange *exchange, void (*answer)(struct exchange *exchange),
                             void *context);
void exchange_add_header(struct exchange *exchange, const char *name, const char *value);

/* The path's {id}, checked; NULL after a 404 where it is no id at all. */
const char *exchange_path_id(struct exchange *exchange);
/* A parameter of the query, NULL where it is missing or empty. */
const char *exchange_query(const struct exchange *exchange, const char *name);
/* False after a 400: it is there and is no id. */
bool exchange_query_id(struct exchange *exchange, const char *name, const char **out);

#endif
