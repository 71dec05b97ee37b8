#include "scripted_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/mem.h"

enum { SCRIPTED_RULES_MAX = 16, SCRIPTED_REQUESTS_MAX = 256, SCRIPTED_HELD_MAX = 64 };

struct scripted_server {
    int listener;
    int stop_event;
    int port;
    pthread_t thread;
    pthread_mutex_t lock; /* over what follows */
    struct scripted_rule rules[SCRIPTED_RULES_MAX];
    int used[SCRIPTED_RULES_MAX];
    size_t rule_count;
    char *requests[SCRIPTED_REQUESTS_MAX];
    size_t request_count;
    int held[SCRIPTED_HELD_MAX];
    size_t held_count;
};

/* How much of the body the head announces. */
static size_t
scripted_body_length(const char *head)
{
    const char *length = strcasestr(head, "\r\nContent-Length:");
    return length == NULL ? 0 : strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
}

static bool
scripted_is_whole(const struct buffer *request)
{
    const char *body = request->length == 0 ? NULL : strstr(request->bytes, "\r\n\r\n");
    return body != NULL && request->length >= (size_t)(body + 4 - request->bytes) +
                                                  scripted_body_length(request->bytes);
}

/* False when the client went away or the server is to stop. */
static bool
scripted_read(struct scripted_server *server, int fd, struct buffer *request)
{
    char piece[4096];
    while (!scripted_is_whole(request)) {
        struct pollfd waits[] = { { fd, POLLIN, 0 }, { server->stop_event, POLLIN, 0 } };
        if (poll(waits, 2, -1) < 0 || waits[1].revents != 0) {
            return false;
        }
        ssize_t got = read(fd, piece, sizeof(piece));
        if (got <= 0) {
            return false;
        }
        buffer_add(request, piece, (size_t)got);
    }
    return true;
}

static const struct scripted_rule *
scripted_choose(struct scripted_server *server, const char *request)
{
    const struct scripted_rule *chosen = NULL;
    size_t line = strcspn(request, "\r");
    char *first = mem_zalloc(line + 1);
    memcpy(first, request, line);
    for (size_t i = 0; chosen == NULL && i < server->rule_count; i++) {
        const struct scripted_rule *rule = &server->rules[i];
        if (strstr(first, rule->when) != NULL &&
            (rule->turns == 0 || server->used[i] < rule->turns)) {
            server->used[i]++;
            chosen = rule;
        }
    }
    mem_free(first);
    return chosen;
}

static const struct scripted_rule *
scripted_record(struct scripted_server *server, const struct buffer *request)
{
    pthread_mutex_lock(&server->lock);
    if (server->request_count < SCRIPTED_REQUESTS_MAX) {
        server->requests[server->request_count++] = mem_strdup(request->bytes);
    }
    const struct scripted_rule *rule = scripted_choose(server, request->bytes);
    pthread_mutex_unlock(&server->lock);
    return rule;
}

static void
scripted_write(int fd, const struct scripted_rule *rule)
{
    size_t length = strlen(rule->bytes);
    for (size_t i = 0; i <= rule->repeat; i++) {
        size_t at = 0;
        while (at < length) {
            ssize_t sent = send(fd, rule->bytes + at, length - at, MSG_NOSIGNAL);
            if (sent <= 0) {
                return;
            }
            at += (size_t)sent;
        }
    }
}

static void
scripted_finish(struct scripted_server *server, int fd, enum scripted_end end)
{
    struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    if (end == SCRIPTED_HOLD && server->held_count < SCRIPTED_HELD_MAX) {
        server->held[server->held_count++] = fd;
        return;
    }
    if (end == SCRIPTED_RESET) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    }
    close(fd);
}

static void
scripted_serve(struct scripted_server *server, int fd)
{
    CLEANUP_BUFFER struct buffer request = { 0 };
    enum scripted_end end = SCRIPTED_CLOSE;
    if (scripted_read(server, fd, &request)) {
        const struct scripted_rule *rule = scripted_record(server, &request);
        if (rule != NULL) {
            scripted_write(fd, rule);
            end = rule->end;
        }
    }
    scripted_finish(server, fd, end);
}

static void *
scripted_main(void *argument)
{
    struct scripted_server *server = argument;
    for (;;) {
        struct pollfd waits[] = { { server->listener, POLLIN, 0 },
                                  { server->stop_event, POLLIN, 0 } };
        if (poll(waits, 2, -1) < 0 && errno != EINTR) {
            abort();
        }
        if (waits[1].revents != 0) {
            return NULL;
        }
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            scripted_serve(server, fd);
        }
    }
}

static void
scripted_listen(struct scripted_server *server)
{
    struct sockaddr_in name = { .sin_family = AF_INET };
    socklen_t length = sizeof(name);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->listener, (const struct sockaddr *)&name, sizeof(name)) != 0 ||
        listen(server->listener, SOMAXCONN) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&name, &length) != 0) {
        abort();
    }
    server->port = ntohs(name.sin_port);
}

struct scripted_server *
scripted_server_start(const struct scripted_rule *rules, size_t count)
{
    struct scripted_server *server = mem_zalloc(sizeof(*server));
    if (count > SCRIPTED_RULES_MAX) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        server->rules[i] = rules[i];
    }
    server->rule_count = count;
    pthread_mutex_init(&server->lock, NULL);
    server->stop_event = eventfd(0, EFD_CLOEXEC);
    scripted_listen(server);
    if (pthread_create(&server->thread, NULL, scripted_main, server) != 0) {
        abort();
    }
    return server;
}

void
scripted_server_stop(struct scripted_server *server)
{
    if (eventfd_write(server->stop_event, 1) != 0) {
        abort();
    }
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < server->held_count; i++) {
        close(server->held[i]);
    }
    for (size_t i = 0; i < server->request_count; i++) {
        mem_free(server->requests[i]);
    }
    close(server->listener);
    close(server->stop_event);
    pthread_mutex_destroy(&server->lock);
    mem_free(server);
}

int
scripted_server_port(const struct scripted_server *server)
{
    return server->port;
}

size_t
scripted_server_count(struct scripted_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

const char *
scripted_server_request(struct scripted_server *server, struct arena *arena, size_t at)
{
    pthread_mutex_lock(&server->lock);
    const char *text =
        at < server->request_count ? arena_strdup(arena, server->requests[at]) : NULL;
    pthread_mutex_unlock(&server->lock);
    return text;
}

const char *
scripted_reply(struct arena *arena, const char *status, const char *content_type,
               const char *headers, const char *body)
{
    return arena_printf(arena,
                        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                        "Connection: close\r\n%s\r\n%s",
                        status, content_type, strlen(body), headers, body);
}

const char *
scripted_json(struct arena *arena, const char *body)
{
    return scripted_reply(arena, "200 OK", "application/json", "", body);
}
