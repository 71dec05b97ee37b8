/* http_parts.h: what the files of the HTTP server share; nobody else includes it.
 *   http_server.c      the daemon on its loop: listening, driving, draining
 *   http_accept.c      new connections, until their first bytes
 *   http_connection.c  connections: their list, hang-ups, time limits
 *   http_request.c     requests: from the first line to the handler
 *   http_strict.c      which requests are refused unseen
 *   http_reply.c       replies
 *
 * Who frees a request: MHD's completed callback; and http_request_reply(), where the server went
 * while the handler still owed the reply. */
#ifndef INVENTIV_BASE_HTTP_PARTS_H
#define INVENTIV_BASE_HTTP_PARTS_H

#include <microhttpd.h>
#include <netinet/in.h>

#include "base/buffer.h"
#include "base/http_server.h"

/* One TCP connection. */
struct http_connection {
    struct http_connection *next;
    struct http_connection **link; /* what points to this one */
    struct http_server *server;
    struct http_daemon *daemon;
    struct http_request *request; /* the present one, or NULL */
    int fd;                       /* MHD's; we only ever shut it down */
    int64_t since_ms;             /* the request's start, or when the last one ended */
    int64_t hung_up_ms;           /* when the client ended its side; 0: not yet */
    bool surplus;                 /* came above the soft limit */
    char peer[INET6_ADDRSTRLEN];
};

struct http_header {
    struct http_header *next;
    const char *name;
    const char *value;
};

struct http_refusal {
    int status;
    const char *code;
    const char *message;
};

struct http_request {
    struct MHD_Connection *mhd; /* NULL: the server went, the reply has nowhere to go */
    struct http_connection *connection;
    struct arena *arena; /* made when first asked for */
    struct buffer body;
    const char *method;
    const char *path;
    const char *peer;
    const struct http_refusal *refusal; /* of the URI, found before the headers */
    size_t path_offset;                 /* of the path in an absolute URI */
    size_t body_seen;
    int64_t started_ms;
    bool begun;     /* the headers have been looked at */
    bool handed;    /* the handler has it, and owes a reply until 'replied' */
    bool in_call;   /* inside MHD's call, which queues the reply itself */
    bool suspended; /* MHD looks at the connection no more, until the reply or the next bytes */
    bool replied;
    int status;
    struct MHD_Response *response; /* set with 'replied', until queued */
    struct http_header *headers;
    struct http_stream stream; /* fill NULL: the reply is none */
};

enum { HTTP_DAEMON_ORDINARY, HTTP_DAEMON_STREAMS, HTTP_DAEMON_COUNT_ };

struct http_daemon {
    struct http_server *server;
    struct MHD_Daemon *mhd; /* NULL: this server has no streams */
    struct loop_watch *watch;
    bool is_due; /* runs at the end of this turn */
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct http_daemon daemons[HTTP_DAEMON_COUNT_];
    int port;
    int listen_fd;  /* -1: accepts no more */
    int accept_fd;  /* an epoll of it and of the fresh ones */
    int hangup_fd;  /* an epoll of all connections, for hang-ups alone */
    bool listening; /* it is in that epoll */
    struct http_fresh *fresh;
    size_t fresh_count;
    struct loop_watch *accept_watch;
    struct loop_watch *hangup_watch;
    struct loop_timer *daemon_timer;
    struct loop_timer *sweep_timer;
    struct loop_timer *drain_timer;
    struct loop_turn_end *turn;
    struct http_connection *connections;
    size_t connection_count;
    size_t requests;
    bool draining;
    bool drained;
    loop_fn drain_done;
    void *drain_argument;
};

/* Has it run at the end of this turn. */
void http_server_ask_run(struct http_daemon *daemon);

void http_accept_on_event(void *server);
/* There is room again. */
void http_accept_resume(struct http_server *server);
/* Closes those on which nothing comes. */
void http_accept_sweep(struct http_server *server, int64_t now_ms);
/* Accepts nothing any more. */
void http_accept_end(struct http_server *server);

void http_connection_notify(void *daemon, struct MHD_Connection *mhd, void **socket_context,
                            enum MHD_ConnectionNotificationCode code);
void http_connection_on_hangup(void *server);
/* Ends what takes too long, and comes back. */
void http_connection_sweep(void *server);
void http_connection_start_sweep(struct http_server *server);
/* Shuts the connections down; all, or those without a request that could still be answered. */
void http_connection_cut(struct http_server *server, bool all);
/* The server drains: streams end, those whose client does not take what is there at once. */
void http_connection_end_streams(struct http_server *server);

void *http_request_on_uri(void *server, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result http_request_on_call(void *server, struct MHD_Connection *mhd, const char *url,
                                     const char *method, const char *version, const char *upload,
                                     size_t *upload_length, void **request);
void http_request_on_completed(void *server, struct MHD_Connection *mhd, void **request,
                               enum MHD_RequestTerminationCode code);
/* The server goes; the handler still owes the reply. */
void http_request_orphan(struct http_request *request);
void http_request_free(struct http_request *request);

/* NULL: accepted.  *path_offset: where the path begins in an absolute URI. */
const struct http_refusal *http_strict_uri(const char *uri, size_t *path_offset);
const struct http_refusal *
http_strict_headers(struct MHD_Connection *mhd, const char *method, const char *version,
                    size_t body_max, size_t *content_length);

enum MHD_Result http_reply_queue(struct http_request *request);

#endif
