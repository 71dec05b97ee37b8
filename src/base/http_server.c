/* http_server.c: MHD in external epoll mode.  It runs once at the end of each turn in which it
 * has something to do; all its callbacks, and so all handlers, are called from there. */
#include "base/http_server.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/http_parts.h"
#include "base/log.h"
#include "base/mem.h"

enum { HTTP_FILES_BESIDE = 256 };

/* Per connection; half of it takes the request's line and headers. */
static const size_t http_server_memory[HTTP_DAEMON_COUNT_] = {
    [HTTP_DAEMON_ORDINARY] = 16 * 1024,
    [HTTP_DAEMON_STREAMS] = 8 * 1024,
};

static void
http_server_panic(void *argument, const char *file, unsigned line, const char *reason)
{
    (void)argument;
    log_fail("libmicrohttpd gave up", LOG_STR(FILE_PATH, file), LOG_I64(COUNT, line),
             LOG_STR(REASON, reason));
    abort();
}

void
http_server_ask_run(struct http_daemon *daemon)
{
    daemon->is_due = true;
    loop_turn_end_ask(daemon->server->turn);
}

static void
http_server_on_event(void *argument)
{
    http_server_ask_run(argument);
}

static void
http_server_on_timer(void *argument)
{
    struct http_server *server = argument;

    for (size_t i = 0; i < HTTP_DAEMON_COUNT_; i++) {
        if (server->daemons[i].mhd != NULL) {
            http_server_ask_run(&server->daemons[i]);
        }
    }
}

/* Until the first of them has something to do by itself. */
static void
http_server_wait(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG first_ms = INT64_MAX;

    for (size_t i = 0; i < HTTP_DAEMON_COUNT_; i++) {
        MHD_UNSIGNED_LONG_LONG wait_ms;
        if (server->daemons[i].mhd != NULL &&
            MHD_get_timeout(server->daemons[i].mhd, &wait_ms) == MHD_YES && wait_ms < first_ms) {
            first_ms = wait_ms;
        }
    }
    if (first_ms < INT64_MAX) {
        loop_timer_start(server->daemon_timer, (int64_t)first_ms);
    } else {
        loop_timer_stop(server->daemon_timer);
    }
}

static void
http_server_end_drain(struct http_server *server)
{
    loop_fn done = server->drain_done;
    void *argument = server->drain_argument;

    server->drained = true;
    loop_timer_stop(server->drain_timer);
    done(argument); /* may free the server */
}

static void
http_server_turn(void *argument)
{
    struct http_server *server = argument;

    for (size_t i = 0; i < HTTP_DAEMON_COUNT_; i++) {
        struct http_daemon *daemon = &server->daemons[i];
        if (daemon->is_due) {
            daemon->is_due = false;
            MHD_run(daemon->mhd);
        }
    }
    http_server_wait(server);
    if (server->draining && !server->drained && server->requests == 0) {
        http_server_end_drain(server);
    }
}

static void
http_server_on_drain_limit(void *argument)
{
    struct http_server *server = argument;

    if (!server->drained) {
        http_connection_cut(server, true);
        http_server_end_drain(server);
    }
}

/* "127.0.0.1:8003", "[::1]:8003". */
static bool
http_server_resolve(struct arena *arena, const char *listen_on, struct addrinfo **out)
{
    const char *colon = strrchr(listen_on, ':');
    const struct addrinfo hints = { .ai_family = AF_UNSPEC,
                                    .ai_socktype = SOCK_STREAM,
                                    .ai_flags = AI_PASSIVE | AI_NUMERICSERV };

    if (colon == NULL) {
        return false;
    }
    bool bracketed = listen_on[0] == '[' && colon > listen_on && colon[-1] == ']';
    const char *host = bracketed ? listen_on + 1 : listen_on;
    size_t length = (size_t)(colon - host) - bracketed;
    const char *name = length == 0 ? NULL : arena_strndup(arena, host, length);
    return getaddrinfo(name, colon + 1, &hints, out) == 0;
}

static bool
http_server_is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        return ntohl(four.sin_addr.s_addr) >> 24 == 127;
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        return IN6_IS_ADDR_LOOPBACK(&six.sin6_addr);
    }
    return false;
}

/* The socket, or -1 and errno. */
static int
http_server_bind(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0) {
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* what it accepts inherits it */
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) {
        return fd;
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static struct error
http_server_listen(struct arena *arena, const struct http_server_options *options, int *out)
{
    struct addrinfo *address = NULL;

    if (!http_server_resolve(arena, options->listen, &address)) {
        return error_make(arena, ERR_IO, "cannot listen on '%s': not an address:port",
                          options->listen);
    }
    if (options->loopback_only && !http_server_is_loopback(address->ai_addr)) {
        freeaddrinfo(address);
        return error_make(arena, ERR_IO, "cannot listen on '%s': only loopback is allowed",
                          options->listen);
    }
    int fd = http_server_bind(address);
    int reason = errno;
    freeaddrinfo(address);
    if (fd < 0) {
        return error_make(arena, ERR_IO, "cannot listen on '%s': %s", options->listen,
                          strerror(reason));
    }
    *out = fd;
    return NO_ERROR;
}

static int
http_server_find_port(int fd)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    getsockname(fd, (struct sockaddr *)&address, &length);
    memcpy(&four, &address, sizeof four);
    memcpy(&six, &address, sizeof six);
    return ntohs(address.ss_family == AF_INET6 ? six.sin6_port : four.sin_port);
}

/* The soft limit of descriptors is often 1024; the hard one is what the machine allows. */
static void
http_server_raise_files(size_t connections_max)
{
    struct rlimit files;
    rlim_t wanted = connections_max + HTTP_FILES_BESIDE;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted) {
        files.rlim_cur = files.rlim_max < wanted ? files.rlim_max : wanted;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static bool
http_server_start_daemon(struct http_server *server, size_t which)
{
    const struct http_server_options *options = &server->options;
    struct http_daemon *daemon = &server->daemons[which];
    unsigned idle_seconds = (unsigned)((options->request_timeout_ms + 999) / 1000);

    daemon->server = server;
    daemon->mhd = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET, 0, NULL, NULL,
        http_request_on_call, server, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)options->connections_max, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, http_server_memory[which], MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION,
        http_connection_notify, daemon, MHD_OPTION_NOTIFY_COMPLETED, http_request_on_completed,
        server, MHD_OPTION_URI_LOG_CALLBACK, http_request_on_uri, server, MHD_OPTION_END);
    if (daemon->mhd == NULL) {
        return false;
    }
    int epoll_fd = MHD_get_daemon_info(daemon->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    daemon->watch = loop_watch_new(server->loop, epoll_fd, http_server_on_event, daemon);
    return true;
}

static void
http_server_stop_daemon(struct http_daemon *daemon)
{
    loop_watch_free(daemon->watch);
    if (daemon->mhd != NULL) {
        MHD_stop_daemon(daemon->mhd);
    }
}

static bool
http_server_start_daemons(struct http_server *server)
{
    return http_server_start_daemon(server, HTTP_DAEMON_ORDINARY) &&
           (server->options.stream_path == NULL ||
            http_server_start_daemon(server, HTTP_DAEMON_STREAMS));
}

static void
http_server_attach(struct http_server *server)
{
    struct loop *loop = server->loop;

    server->turn = loop_turn_end_new(loop, http_server_turn, server);
    server->accept_watch = loop_watch_new(loop, server->accept_fd, http_accept_on_event, server);
    server->hangup_watch =
        loop_watch_new(loop, server->hangup_fd, http_connection_on_hangup, server);
    server->daemon_timer = loop_timer_new(loop, http_server_on_timer, server);
    server->sweep_timer = loop_timer_new(loop, http_connection_sweep, server);
    server->drain_timer = loop_timer_new(loop, http_server_on_drain_limit, server);
    http_connection_start_sweep(server);
    http_accept_resume(server);
}

/* What http_server_new() has come to; the parts that are not there are NULL or -1. */
static void
http_server_drop(struct http_server *server)
{
    http_accept_end(server);
    for (size_t i = 0; i < HTTP_DAEMON_COUNT_; i++) {
        http_server_stop_daemon(&server->daemons[i]);
    }
    close(server->accept_fd);
    close(server->hangup_fd);
    mem_free(server);
}

struct error
http_server_new(struct loop *loop, struct arena *arena, const struct http_server_options *options,
                struct http_server **out)
{
    int fd = -1;

    TRY(http_server_listen(arena, options, &fd));
    struct http_server *server = mem_zalloc(sizeof *server);
    MHD_set_panic_func(http_server_panic, NULL);
    http_server_raise_files(options->connections_max);
    server->loop = loop;
    server->options = *options;
    server->port = http_server_find_port(fd);
    server->listen_fd = fd;
    server->accept_fd = epoll_create1(EPOLL_CLOEXEC);
    server->hangup_fd = epoll_create1(EPOLL_CLOEXEC);
    if (server->accept_fd < 0 || server->hangup_fd < 0 || !http_server_start_daemons(server)) {
        http_server_drop(server);
        return error_make(arena, ERR_IO, "cannot serve on '%s': no descriptors left",
                          options->listen);
    }
    http_server_attach(server);
    *out = server;
    return NO_ERROR;
}

int
http_server_port(const struct http_server *server)
{
    return server->port;
}

void
http_server_drain(struct http_server *server, int64_t limit_ms, loop_fn done, void *argument)
{
    assert(!server->draining);
    server->draining = true;
    server->drain_done = done;
    server->drain_argument = argument;
    http_accept_end(server);
    http_connection_cut(server, false);
    http_connection_end_streams(server);
    loop_timer_start(server->drain_timer, limit_ms);
    loop_turn_end_ask(server->turn);
}

void
http_server_free(struct http_server *server)
{
    if (server == NULL) {
        return;
    }
    for (struct http_connection *each = server->connections; each != NULL; each = each->next) {
        if (each->request != NULL && each->request->handed && !each->request->replied) {
            http_request_orphan(each->request);
        } else if (each->request != NULL) {
            http_request_wake(each->request); /* MHD must not be stopped with one suspended */
        }
    }
    loop_watch_free(server->accept_watch);
    loop_watch_free(server->hangup_watch);
    loop_timer_free(server->daemon_timer);
    loop_timer_free(server->sweep_timer);
    loop_timer_free(server->drain_timer);
    loop_turn_end_free(server->turn);
    http_server_drop(server);
}
