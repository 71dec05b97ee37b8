/* http_accept.c: accepts connections and shares them out among the daemons, by their first bytes: MHD
 * walks all connections that rest whenever one goes on, so those that mostly rest have a daemon of
 * their own. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/http_parts.h"
#include "base/mem.h"

enum { HTTP_ACCEPTS_AT_ONCE = 64, HTTP_ACCEPT_PEEK = 256 };

/* A connection on which nothing has come yet. */
struct http_fresh {
    struct http_fresh *next;
    struct http_fresh **link; /* what points to this one */
    int fd;
    int64_t since_ms;
    struct sockaddr_storage address;
    socklen_t address_length;
};

static void
http_accept_watch(struct http_server *server, int fd, uint32_t events, struct http_fresh *fresh)
{
    struct epoll_event event = { .events = events, .data.ptr = fresh };

    epoll_ctl(server->accept_fd, EPOLL_CTL_ADD, fd, &event);
}

/* As many as may be open are: the others wait in the kernel. */
static bool
http_accept_is_full(const struct http_server *server)
{
    return server->connection_count + server->fresh_count >= server->options.connections_max;
}

void
http_accept_resume(struct http_server *server)
{
    if (!server->listening && server->listen_fd >= 0) {
        server->listening = true;
        http_accept_watch(server, server->listen_fd, EPOLLIN, NULL);
    }
}

static void
http_accept_pause(struct http_server *server)
{
    if (server->listening) {
        server->listening = false;
        epoll_ctl(server->accept_fd, EPOLL_CTL_DEL, server->listen_fd, NULL);
    }
}

static bool
http_accept_is_stream(const struct http_server *server, const char *bytes, size_t length)
{
    static const char method[] = "GET ";
    const char *path = server->options.stream_path;
    size_t method_length = sizeof method - 1;

    if (path == NULL || length <= method_length + strlen(path)) {
        return false;
    }
    char after = bytes[method_length + strlen(path)];
    return memcmp(bytes, method, method_length) == 0 &&
           memcmp(bytes + method_length, path, strlen(path)) == 0 && (after == ' ' || after == '?');
}

/* False: nothing has come yet.  The descriptor is MHD's afterwards, or closed. */
static bool
http_accept_hand_on(struct http_server *server, int fd, const struct sockaddr_storage *address,
                    socklen_t address_length)
{
    char bytes[HTTP_ACCEPT_PEEK];
    ssize_t length = recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);

    if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        return false;
    }
    if (length <= 0) {
        close(fd);
        return true;
    }
    bool is_stream = http_accept_is_stream(server, bytes, (size_t)length);
    struct http_daemon *daemon =
        &server->daemons[is_stream ? HTTP_DAEMON_STREAMS : HTTP_DAEMON_ORDINARY];
    if (MHD_add_connection(daemon->mhd, fd, (const struct sockaddr *)address, address_length) ==
        MHD_YES) {
        http_server_ask_run(daemon);
    }
    return true;
}

static void
http_accept_keep(struct http_server *server, int fd, const struct sockaddr_storage *address,
                 socklen_t address_length)
{
    struct http_fresh *fresh = mem_zalloc(sizeof *fresh);

    fresh->fd = fd;
    fresh->since_ms = clock_monotonic_ms();
    fresh->address = *address;
    fresh->address_length = address_length;
    fresh->next = server->fresh;
    fresh->link = &server->fresh;
    if (fresh->next != NULL) {
        fresh->next->link = &fresh->next;
    }
    server->fresh = fresh;
    server->fresh_count++;
    http_accept_watch(server, fd, EPOLLIN | EPOLLRDHUP, fresh);
}

static void
http_accept_forget(struct http_server *server, struct http_fresh *fresh)
{
    *fresh->link = fresh->next;
    if (fresh->next != NULL) {
        fresh->next->link = fresh->link;
    }
    server->fresh_count--;
    mem_free(fresh);
    http_accept_resume(server);
}

static void
http_accept_take(struct http_server *server)
{
    for (size_t i = 0; i < HTTP_ACCEPTS_AT_ONCE && !http_accept_is_full(server); i++) {
        struct sockaddr_storage address = { 0 };
        socklen_t length = sizeof address;
        int fd = accept4(server->listen_fd, (struct sockaddr *)&address, &length,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                http_accept_pause(server); /* no descriptors left: not before the next sweep */
            }
            return;
        }
        if (!http_accept_hand_on(server, fd, &address, length)) {
            http_accept_keep(server, fd, &address, length);
        }
    }
    if (http_accept_is_full(server)) {
        http_accept_pause(server);
    }
}

static void
http_accept_on_first_bytes(struct http_server *server, struct http_fresh *fresh)
{
    epoll_ctl(server->accept_fd, EPOLL_CTL_DEL, fresh->fd, NULL);
    if (!http_accept_hand_on(server, fresh->fd, &fresh->address, fresh->address_length)) {
        http_accept_watch(server, fresh->fd, EPOLLIN | EPOLLRDHUP, fresh);
        return;
    }
    http_accept_forget(server, fresh);
}

void
http_accept_on_event(void *argument)
{
    struct http_server *server = argument;
    struct epoll_event events[HTTP_ACCEPTS_AT_ONCE];
    int count = epoll_wait(server->accept_fd, events, HTTP_ACCEPTS_AT_ONCE, 0);

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == NULL) {
            http_accept_take(server);
        } else {
            http_accept_on_first_bytes(server, events[i].data.ptr);
        }
    }
}

static void
http_accept_cut(struct http_server *server, int64_t born_before_ms)
{
    for (struct http_fresh *each = server->fresh, *next; each != NULL; each = next) {
        next = each->next;
        if (each->since_ms < born_before_ms) {
            close(each->fd);
            http_accept_forget(server, each);
        }
    }
}

void
http_accept_sweep(struct http_server *server, int64_t now_ms)
{
    http_accept_cut(server, now_ms - server->options.request_timeout_ms);
    http_accept_resume(server);
}

void
http_accept_end(struct http_server *server)
{
    if (server->listen_fd >= 0) {
        http_accept_pause(server);
        close(server->listen_fd);
        server->listen_fd = -1;
    }
    http_accept_cut(server, INT64_MAX);
}
