/* http_server.h: HTTP/1.1 over libmicrohttpd in external epoll mode, on a loop (loop.h).  Owns
 * connections, strictness (two Content-Length, Transfer-Encoding other than chunked, two Host,
 * blanks in header names, %00, CONNECT: refused), limits and time limits; routes are the
 * caller's.
 *
 * A handler is called on the loop's thread once the request is whole.  It answers then or later,
 * on the same thread (loop_post() gets there), exactly once. */
#ifndef INVENTIV_BASE_HTTP_SERVER_H
#define INVENTIV_BASE_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/loop.h"

struct http_server;
struct http_request;

typedef void (*http_handler)(struct http_request *request, void *context);

struct http_server_options {
    const char *listen; /* "127.0.0.1:8003"; port 0 = any */
    http_handler handler;
    void *context;
    size_t body_max;
    size_t connections_max;
    size_t connections_soft;    /* see http_request_is_surplus(); 0: none */
    int64_t request_timeout_ms; /* from a request's first line to the end of its reply; idle
                                 * connections and slow first lines get it once each */
    const char *stream_path; /* connections that begin with it go to a daemon of their own, so that
                                 * many streams do not slow down the rest; NULL: none */
    bool loopback_only;      /* refuse to listen elsewhere */
};

/* ERR_IO says which address and why.  Several servers may share a loop.  SIGPIPE must be ignored
 * (program_start() sees to it). */
MUST_CHECK struct error
http_server_new(struct loop *loop, struct arena *arena, const struct http_server_options *options,
                struct http_server **out);
int http_server_port(const struct http_server *server);

/* Accepts nothing new and ends streams; calls done(argument) on the loop when the last request has ended, or after
 * limit_ms, when it has cut the rest.  Then http_server_free(), which accepts NULL; a reply that
 * is still owed then may be given later and goes nowhere. */
void http_server_drain(struct http_server *server, int64_t limit_ms, loop_fn done, void *argument);
void http_server_free(struct http_server *server);

/* What was asked; borrowed, until the reply. */
const char *http_request_method(const struct http_request *request);
const char *http_request_path(const struct http_request *request); /* decoded, no query */
const char *http_request_query(const struct http_request *request, const char *name);  /* or NULL */
const char *http_request_header(const struct http_request *request, const char *name); /* or NULL */
const char *http_request_body(const struct http_request *request, size_t *length);
const char *http_request_peer(const struct http_request *request); /* "127.0.0.1", no port */
struct arena *http_request_arena(struct http_request *request);    /* lives as long as it does */
int64_t http_request_age_ms(const struct http_request *request);
/* Its connection came when more than connections_soft were open: for the caller to turn away. */
bool http_request_is_surplus(const struct http_request *request);
/* True when the client has hung up, or at least ended its side; the reply is still owed. */
bool http_request_hung_up(const struct http_request *request);

/* Before the reply: adds a header to it.  Name and value are copied. */
void http_request_add_header(struct http_request *request, const char *name, const char *value);
/* The body is copied; content_type NULL: none. */
void http_request_reply(struct http_request *request, int status, const char *content_type,
                        const void *body, size_t length);
/* Streams a file; 404 when it cannot be opened. */
void
http_request_reply_file(struct http_request *request, const char *path, const char *content_type);
/* {"error": code, "message": message} */
void http_request_reply_error(struct http_request *request, int status, const char *code,
                              const char *message);
/* A body that comes bit by bit and has no length, for as long as it likes: no time limit holds but
 * that a client which does not take what is there, for request_timeout_ms, is cut. */
enum { HTTP_STREAM_OVER = -1 };
struct http_stream {
    /* On the loop, whenever the client can take more: puts at most room bytes there and returns how
     * many; 0: none for now, http_request_wake() when there are; or HTTP_STREAM_OVER. */
    ssize_t (*fill)(void *context, char *bytes, size_t room);
    /* On the loop, once, however it ended (the client hung up, the server drains); the request is
     * gone with it. */
    void (*ended)(void *context);
    void *context;
};
/* Frees the request's arena. */
void http_request_reply_stream(struct http_request *request, const char *content_type,
                               const struct http_stream *stream);
void http_request_wake(struct http_request *request);
/* Instead of a reply: these raw bytes (length 0: none), as far as they can be sent at once, then
 * the end of the connection.  How a server that must break off in the middle does so. */
void http_request_abort(struct http_request *request, const void *bytes, size_t length);

#endif
