/* api.h: what the parts of the API share for as long as the program runs.  One loop thread serves
 * HTTP and heartbeats; whatever may block runs in a pool, each of whose threads has a database
 * connection of its own. */
#ifndef INVENTIV_API_API_H
#define INVENTIV_API_API_H

#include <stdatomic.h>

#include "base/config.h"
#include "base/digest.h"
#include "base/http_server.h"
#include "base/loop.h"
#include "base/thread_pool.h"
#include "store/db.h"
#include "store/wake.h"

/* Pools apart, so that nothing that takes long holds up anything else. */
#define API_POOLS(X)                                                                               \
    X(ORDINARY, "request", SETTING_API_THREADS)                                                    \
    X(PASSWORD, "password", SETTING_PASSWORD_HASHES_AT_ONCE)                                       \
    X(ENROLMENT, "enrolment", SETTING_REGISTRATIONS_AT_ONCE)                                       \
    X(ASK, "ask", SETTING_ASKS_AT_ONCE)

enum api_pool {
#define X(id, name, setting) API_POOL_##id,
    API_POOLS(X)
#undef X
        API_POOL_COUNT_
};

struct agent_binary;
struct event_streams;
struct ingest;

struct api {
    const struct config *config;
    struct loop *loop;
    struct http_server *server;
    struct thread_pool *pools[API_POOL_COUNT_];
    struct db **connections[API_POOL_COUNT_]; /* one a thread */
    struct wake *wake;
    struct ingest *ingest;        /* NULL until the schema is there */
    struct event_streams *events; /* likewise */
    struct agent_binary *agent;
    char id[UUID_TEXT_SIZE]; /* of this process */
    char *unknown_hash;      /* a password hash that nobody's password has */
    atomic_bool ready;       /* the schema is there */
    size_t exchanges;        /* under way; the loop's own */
};

/* The pools and their connections, which connect when first used. */
struct api *api_new(const struct config *config, struct loop *loop);
/* Waits for what runs in the pools. */
void api_free(struct api *api);

#endif
