/* http_client.h: HTTP calls, any number at once, on one libcurl multi handle.  The calling thread
 * blocks until all have ended; each call is bounded by its own time limit.  One client belongs to
 * one thread at a time. */
#ifndef INVENTIV_BASE_HTTP_CLIENT_H
#define INVENTIV_BASE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum http_outcome {
    HTTP_NOT_SENT,  /* surely nothing reached the server: refused, no route, no name */
    HTTP_NO_ANSWER, /* sent, perhaps done: timeout, reset, cut reply, reply too long */
    HTTP_ANSWERED,
};

/* Zero-initialise, fill the first part, read the second after http_client_run(). */
struct http_call {
    const char *method; /* "GET" */
    const char *url;
    const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
    const char *body;           /* NULL: none */
    size_t body_length;
    int64_t timeout_ms; /* from the start of http_client_run() to the last byte; > 0; what is
                         * not begun to be sent by then never is */
    int64_t connect_timeout_ms; /* 0: timeout_ms */
    size_t reply_max;           /* longer replies are cut: HTTP_NO_ANSWER */
    bool fresh;                 /* never on a kept connection: libcurl repeats a request that such a
                         * connection swallowed, which a paid call must not be */
    void (*on_sent)(void *argument); /* may be NULL; once, when the request is on the wire */
    void *on_sent_argument;
    const char *wanted_header; /* a header of the reply whose value to keep; may be NULL */

    enum http_outcome outcome;
    int status;        /* when HTTP_ANSWERED */
    const char *reply; /* NUL-terminated, in the arena; "" when empty */
    size_t reply_length;
    const char *content_type; /* "" when none */
    int64_t retry_after_ms;   /* -1: not told */
    int64_t total_count;      /* X-Total-Count; -1: not told */
    const char *header;       /* the first value of wanted_header; "" when none */
    int64_t duration_ms;
    const char *failure; /* what went wrong, for people; "" when answered */
};

struct http_client;

/* at_once: connections to one host at the same time.  Freed by the caller; NULL accepted. */
struct http_client *http_client_new(size_t at_once);
void http_client_free(struct http_client *client);

/* Replies live in the arena.  Follows no redirects, uses no proxy and no cookies. */
void http_client_run(struct http_client *client, struct arena *arena, struct http_call **calls,
                     size_t count);

/* "http://address:port", of an address as PostgreSQL and people write it. */
const char *http_url_of(struct arena *arena, const char *address, int64_t port);

#endif
