/* call.h: one request to the local cloud, and the replies in the provider's form.  A reply leaves
 * only after what it tells of is in the state file: replies wait for the end of the loop's turn,
 * where one write serves them all. */
#ifndef INVENTIV_MOCKCLOUD_CALL_H
#define INVENTIV_MOCKCLOUD_CALL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/http_server.h"
#include "mockcloud/cloud.h"
#include "mockcloud/world.h"

struct route;

/* How a reply ends: as it should, in its middle, before its first byte. */
enum call_end { CALL_WHOLE, CALL_CUT, CALL_LOST };

/* Lives in the request's arena. */
struct call {
    struct cloud *cloud;
    struct world *world;
    struct http_request *request;
    struct arena *arena;
    const struct route *route;
    const char *zone; /* of the path; NULL where it has none */
    const char *id;   /* {id} of the path */
    const char *key;  /* {key} of the path */
    json_t *body;     /* an object where the route takes JSON, else NULL */
    int64_t now_ms;

    int status; /* the reply, once there is one */
    const char *content_type;
    const char *reply;
    size_t reply_length;
    enum call_end end;
    struct call *next;
};

void call_start(struct cloud *cloud); /* before the first call */
void call_stop(struct cloud *cloud);

/* Saves the world before the loop sleeps again; for changes that no request made. */
void call_ask_save(struct cloud *cloud);

/* Exactly one of these a call.  JSON is stolen; NULL: no body. */
void call_reply(struct call *call, int status, json_t *body);
void call_reply_text(struct call *call, int status, const char *text);

/* {name: thing}, as the Instance API wraps what it tells. */
void call_reply_named(struct call *call, int status, const char *name, json_t *thing);

/* Another reply in place of the one that waits to be sent. */
void call_replace(struct call *call, int status, json_t *body);

/* The provider's errors, in the forms that its public clients read. */
void call_unknown_route(struct call *call, const char *message);
void call_not_found(struct call *call, const char *resource, const char *id);
void call_invalid(struct call *call, const char *argument, const char *reason, const char *hint);
/* status: 400 in the Instance API, 412 in the Block API. */
void call_precondition(struct call *call, int status, const char *precondition, const char *hint);
void call_transient(struct call *call, const char *resource, const char *id, const char *state);
void call_denied(struct call *call, const char *reason);
void call_throttled(struct call *call, int64_t calls_a_second, int64_t retry_seconds);
void call_quota_exceeded(struct call *call, const char *message, const char *resource, int quota);
void call_locked(struct call *call, const char *resource, const char *id);

#endif
