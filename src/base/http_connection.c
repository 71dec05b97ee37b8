#include <arpa/inet.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/http_parts.h"
#include "base/mem.h"

enum { HTTP_HANGUPS_AT_ONCE = 64, HTTP_SWEEPS_PER_TIMEOUT = 16 };

static void
http_connection_name_peer(struct http_connection *connection, const struct sockaddr *address)
{
    static const char mapped[] = "::ffff:";
    char *peer = connection->peer;

    if (address->sa_family == AF_INET) {
        struct sockaddr_in four;
        memcpy(&four, address, sizeof four);
        inet_ntop(AF_INET, &four.sin_addr, peer, sizeof connection->peer);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 six;
        memcpy(&six, address, sizeof six);
        inet_ntop(AF_INET6, &six.sin6_addr, peer, sizeof connection->peer);
    }
    if (strncmp(peer, mapped, sizeof mapped - 1) == 0 && strchr(peer, '.') != NULL) {
        memmove(peer, peer + sizeof mapped - 1, strlen(peer) - (sizeof mapped - 1) + 1);
    }
}

/* MHD hears nothing of a connection that is suspended; our own edge-triggered watch does.  It
 * lives in an epoll of its own, because libevent passes a reset on to readers and writers only. */
static void
http_connection_watch(struct http_connection *connection)
{
    struct epoll_event event = { .events = EPOLLRDHUP | EPOLLET, .data.ptr = connection };

    epoll_ctl(connection->server->hangup_fd, EPOLL_CTL_ADD, connection->fd, &event);
}

static struct http_connection *
http_connection_new(struct http_daemon *daemon, struct MHD_Connection *mhd)
{
    struct http_server *server = daemon->server;
    struct http_connection *connection = mem_zalloc(sizeof *connection);

    connection->server = server;
    connection->daemon = daemon;
    connection->since_ms = clock_monotonic_ms();
    connection->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    http_connection_name_peer(
        connection, MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr);
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next != NULL) {
        connection->next->link = &connection->next;
    }
    server->connections = connection;
    server->connection_count++;
    connection->surplus = server->options.connections_soft > 0 &&
                          server->connection_count > server->options.connections_soft;
    http_connection_watch(connection);
    return connection;
}

static void
http_connection_free(struct http_connection *connection)
{
    /* MHD closes the descriptor after this, so it is still ours to take out. */
    epoll_ctl(connection->server->hangup_fd, EPOLL_CTL_DEL, connection->fd, NULL);
    *connection->link = connection->next;
    if (connection->next != NULL) {
        connection->next->link = connection->link;
    }
    connection->server->connection_count--;
    http_accept_resume(connection->server);
    mem_free(connection);
}

void
http_connection_notify(void *argument, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code)
{
    switch (code) {
    case MHD_CONNECTION_NOTIFY_STARTED:
        *socket_context = http_connection_new(argument, mhd);
        break;
    case MHD_CONNECTION_NOTIFY_CLOSED:
        http_connection_free(*socket_context);
        *socket_context = NULL;
        break;
    }
}

static bool
http_connection_streams(const struct http_connection *connection)
{
    return connection->request != NULL && connection->request->stream.fill != NULL;
}

/* Only marks: a connection is freed inside MHD_run() alone, so none of these events can point to
 * one that has gone. */
void
http_connection_on_hangup(void *argument)
{
    struct http_server *server = argument;
    struct epoll_event events[HTTP_HANGUPS_AT_ONCE];
    int count = epoll_wait(server->hangup_fd, events, HTTP_HANGUPS_AT_ONCE, 0);
    int64_t now_ms = clock_monotonic_ms();

    for (int i = 0; i < count; i++) {
        struct http_connection *connection = events[i].data.ptr;
        connection->hung_up_ms = now_ms;
        if (http_connection_streams(connection)) {
            http_request_wake(connection->request); /* its next bytes are refused */
        }
    }
}

static int64_t
http_connection_sweep_ms(const struct http_server *server)
{
    return server->options.request_timeout_ms / HTTP_SWEEPS_PER_TIMEOUT + 1;
}

/* A handler has, or had, the present request. */
static bool
http_connection_owes(const struct http_connection *connection)
{
    return connection->request != NULL && connection->request->handed;
}

/* MHD misses an end that arrives together with the last bytes (it takes a short read for all
 * there is), and would keep such a connection until it has been idle too long. */
static bool
http_connection_is_forgotten(const struct http_connection *connection, int64_t now_ms)
{
    return connection->hung_up_ms != 0 && !http_connection_owes(connection) &&
           now_ms - connection->hung_up_ms > http_connection_sweep_ms(connection->server);
}

/* MHD ends connections on which nothing comes, but not those on which it comes slowly.  Where no
 * request has begun there may have been a whole idle time before its first byte. */
static bool
http_connection_is_late(const struct http_connection *connection, int64_t now_ms)
{
    int64_t limit_ms = connection->server->options.request_timeout_ms;

    if (http_connection_streams(connection) && connection->request->suspended) {
        return false; /* there is nothing that the client could take */
    }
    return now_ms - connection->since_ms > limit_ms * (connection->request == NULL ? 2 : 1);
}

void
http_connection_sweep(void *argument)
{
    struct http_server *server = argument;
    int64_t now_ms = clock_monotonic_ms();

    for (struct http_connection *each = server->connections; each != NULL; each = each->next) {
        if (http_connection_is_late(each, now_ms) || http_connection_is_forgotten(each, now_ms)) {
            /* Never close(): the descriptor is MHD's, which then sees the end and closes it. */
            shutdown(each->fd, SHUT_RDWR);
        }
    }
    http_accept_sweep(server, now_ms);
    http_connection_start_sweep(server);
}

void
http_connection_start_sweep(struct http_server *server)
{
    loop_timer_start(server->sweep_timer, http_connection_sweep_ms(server));
}

void
http_connection_cut(struct http_server *server, bool all)
{
    for (struct http_connection *each = server->connections; each != NULL; each = each->next) {
        bool idle = each->request == NULL || (each->hung_up_ms != 0 && !http_connection_owes(each));
        if (all || idle) {
            shutdown(each->fd, SHUT_RDWR);
        }
    }
}

void
http_connection_end_streams(struct http_server *server)
{
    for (struct http_connection *each = server->connections; each != NULL; each = each->next) {
        if (!http_connection_streams(each)) {
            continue;
        }
        if (each->request->suspended) {
            http_request_wake(each->request);
        } else {
            shutdown(each->fd, SHUT_RDWR);
        }
    }
}
