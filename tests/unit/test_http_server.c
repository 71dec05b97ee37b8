#include "base/http_server.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "check.h"
#include "server_fixture.h"
#include "wire.h"

enum { HELD_MAX = 1024, SHORT_TIMEOUT_MS = 200 };

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* What the handler of these tests keeps; the loop's thread alone touches it while a server runs,
 * but for what is atomic. */
static struct {
    struct loop *loop;
    struct thread_pool *pool;
    struct http_request *held[HELD_MAX];
    size_t held_count;
    atomic_int arrived;
} app;

static void
reply_text(struct http_request *request, const char *text)
{
    http_request_reply(request, 200, "text/plain", text, strlen(text));
}

static void
reply_from_thread(void *request)
{
    reply_text(request, "from a thread");
}

static void
work_on(void *request, size_t slot)
{
    (void)slot;
    loop_post(app.loop, reply_from_thread, request);
}

static void
reply_all_held(void *text)
{
    for (size_t i = 0; i < app.held_count; i++) {
        reply_text(app.held[i], text);
    }
    app.held_count = 0;
}

static void
describe(struct http_request *request)
{
    struct arena *arena = http_request_arena(request);
    const char *flag = http_request_query(request, "flag");
    const char *missing = http_request_query(request, "missing");
    const char *header = http_request_header(request, "x-thing");

    http_request_add_header(request, "X-One", "1");
    http_request_add_header(request, "X-Two", "2");
    reply_text(request,
               arena_printf(arena, "%s|%s|%s|%s|%s|%s|%d", http_request_path(request),
                            http_request_query(request, "q"), flag == NULL ? "-" : flag,
                            missing == NULL ? "-" : missing, header == NULL ? "-" : header,
                            http_request_peer(request), http_request_age_ms(request) < 5000));
}

static void
handle(struct http_request *request, void *context)
{
    const char *path = http_request_path(request);
    size_t length;

    atomic_fetch_add(&app.arrived, 1);
    if (strcmp(path, "/held") == 0) {
        app.held[app.held_count++] = request;
    } else if (strcmp(path, "/thread") == 0) {
        CHECK(thread_pool_add(app.pool, work_on, request));
    } else if (strcmp(path, "/file") == 0) {
        http_request_reply_file(request, context, "text/x-test");
    } else if (strcmp(path, "/no-file") == 0) {
        http_request_reply_file(request, "/nonexistent", "text/x-test");
    } else if (strcmp(path, "/empty") == 0) {
        http_request_reply(request, 204, NULL, NULL, 0);
    } else if (strcmp(path, "/body") == 0) {
        const char *body = http_request_body(request, &length);
        http_request_reply(request, 200, "application/octet-stream", body, length);
    } else {
        describe(request);
    }
}

static struct server_fixture *
serve(struct http_server_options options)
{
    options.handler = handle;
    app.held_count = 0;
    atomic_store(&app.arrived, 0);
    struct server_fixture *fixture = server_fixture_new(options);
    app.loop = server_fixture_loop(fixture);
    return fixture;
}

static void
await_arrived(int count)
{
    int64_t end_ms = clock_monotonic_ms() + WIRE_LIMIT_MS;

    while (atomic_load(&app.arrived) < count && clock_monotonic_ms() < end_ms) {
        poll(NULL, 0, 1);
    }
    CHECK_I64(atomic_load(&app.arrived), count);
}

static void
test_request_parts(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, "GET /a%20b?q=1%2B+2&flag&x=y HTTP/1.1\r\nHost: x\r\nX-Thing: t\r\n\r\n");
    CHECK(wire_read_message(fd, &reply));
    CHECK_STR(wire_body(&reply), "/a b|1+ 2||-|t|127.0.0.1|1");
    CHECK(strstr(reply.bytes, "\r\nX-One: 1\r\nX-Two: 2\r\n") != NULL);
    CHECK(strstr(reply.bytes, "\r\nContent-Type: text/plain\r\n") != NULL);
    wire_send_text(fd, GET("/empty")); /* the connection is kept */
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 204);
    close(fd);
    server_fixture_free(fixture);
}

static void
test_body_bytes(void)
{
    static const char head[] = "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    struct server_fixture *fixture = serve((struct http_server_options){ .body_max = 100000 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    char *body = malloc(100000);
    int fd = wire_connect(server_fixture_port(fixture));

    for (int i = 0; i < 100000; i++) {
        body[i] = (char)(i % 251);
    }
    wire_send_text(fd, head);
    wire_send(fd, body, 100000);
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 200);
    CHECK(memcmp(wire_body(&reply), body, 100000) == 0);
    free(body);
    close(fd);
    server_fixture_free(fixture);
}

static void
test_head(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    static const char request[] = "HEAD /body HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                  "GET /x?q=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    wire_exchange(server_fixture_port(fixture), request, sizeof request - 1, &reply);
    CHECK(strstr(reply.bytes, "\r\nContent-Length: 3\r\n") != NULL);
    CHECK(strncmp(wire_body(&reply), "HTTP/1.1 200", 12) == 0); /* the next reply, no body */
    server_fixture_free(fixture);
}

static void
test_file(void)
{
    char path[] = "/tmp/inventiv-test-XXXXXX";
    int file = mkstemp(path);
    struct server_fixture *fixture = serve((struct http_server_options){ .context = path });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    CLEANUP_BUFFER struct buffer content = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    for (int i = 0; i < 20000; i++) {
        buffer_printf(&content, "line %d\n", i);
    }
    CHECK(write(file, content.bytes, content.length) == (ssize_t)content.length);
    wire_send_text(fd, GET("/file"));
    CHECK(wire_read_message(fd, &reply));
    CHECK_STR(wire_body(&reply), content.bytes);
    CHECK(strstr(reply.bytes, "text/x-test") != NULL);
    wire_send_text(fd, GET("/no-file"));
    CHECK(wire_read_message(fd, &reply));
    CHECK_STR(wire_body(&reply), "{\"error\":\"not_found\",\"message\":\"no such file\"}");
    CHECK_I64(wire_status(&reply), 404);
    unlink(path);
    close(file);
    close(fd);
    server_fixture_free(fixture);
}

static void
test_pipeline(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, GET("/x?q=first") GET("/held") GET("/x?q=third"));
    CHECK(wire_read_message(fd, &reply));
    CHECK(strstr(reply.bytes, "first") != NULL);
    await_arrived(2); /* the third waits behind the one that is held */
    server_fixture_call(fixture, reply_all_held, "second");
    CHECK(wire_read_message(fd, &reply));
    CHECK_STR(wire_body(&reply), "second");
    CHECK(wire_read_message(fd, &reply));
    CHECK(strstr(reply.bytes, "third") != NULL);
    close(fd);
    server_fixture_free(fixture);
}

static void
test_threads(void)
{
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fds[20];

    app.pool = thread_pool_new("test", 4, 1000);
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    for (int i = 0; i < 20; i++) {
        fds[i] = wire_connect(server_fixture_port(fixture));
        wire_send_text(fds[i], GET("/thread") GET("/thread") GET("/thread"));
    }
    for (int i = 0; i < 60; i++) {
        CHECK(wire_read_message(fds[i / 3], &reply));
        CHECK_STR(wire_body(&reply), "from a thread");
    }
    for (int i = 0; i < 20; i++) {
        close(fds[i]);
    }
    thread_pool_free(app.pool);
    server_fixture_free(fixture);
}

static void
look_for_hangup(void *found)
{
    *(bool *)found = http_request_hung_up(app.held[0]);
}

static void
test_hangup(bool reset)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    struct linger abort_it = { .l_onoff = 1, .l_linger = 0 };
    int64_t end_ms = clock_monotonic_ms() + WIRE_LIMIT_MS;
    bool found = false;
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, GET("/held"));
    await_arrived(1);
    server_fixture_call(fixture, look_for_hangup, &found);
    CHECK(!found);
    if (reset) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
    }
    close(fd);
    while (!found && clock_monotonic_ms() < end_ms) {
        server_fixture_call(fixture, look_for_hangup, &found);
    }
    CHECK(found);
    server_fixture_call(fixture, reply_all_held, "to nobody");
    wire_exchange(server_fixture_port(fixture), "GET /x HTTP/1.0\r\n\r\n",
                  strlen("GET /x HTTP/1.0\r\n\r\n"), &reply);
    CHECK_I64(wire_status(&reply), 200);
    server_fixture_free(fixture);
}

static void
test_hangup_end(void)
{
    test_hangup(false);
}

static void
test_hangup_reset(void)
{
    test_hangup(true);
}

/* Many held requests, every second client gone, replies while others come. */
static void
test_hangups_mixed(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fds[200];

    for (int round = 1; round <= 5; round++) {
        for (int i = 0; i < 200; i++) {
            fds[i] = wire_connect(server_fixture_port(fixture));
            wire_send_text(fds[i], GET("/held"));
        }
        await_arrived(200 * round);
        for (int i = 0; i < 200; i += 2) {
            close(fds[i]);
        }
        server_fixture_call(fixture, reply_all_held, "there");
        for (int i = 1; i < 200; i += 2) {
            CHECK(wire_read_message(fds[i], &reply));
            CHECK_STR(wire_body(&reply), "there");
            close(fds[i]);
        }
    }
    server_fixture_free(fixture);
}

/* Sends a byte whenever 20 ms pass without the other side having closed. */
static void
drip(int port, const char *first)
{
    int fd = wire_connect(port);
    int64_t start_ms = clock_monotonic_ms();

    wire_send_text(fd, first);
    while (!wire_is_closed_within(fd, 20) && clock_monotonic_ms() - start_ms < WIRE_LIMIT_MS) {
        wire_send_text(fd, "a");
    }
    CHECK(clock_monotonic_ms() - start_ms < WIRE_LIMIT_MS);
    CHECK(clock_monotonic_ms() - start_ms >= SHORT_TIMEOUT_MS);
    close(fd);
}

static void
test_slow_clients(void)
{
    struct server_fixture *fixture =
        serve((struct http_server_options){ .request_timeout_ms = SHORT_TIMEOUT_MS });
    int port = server_fixture_port(fixture);

    drip(port, "GET /");
    drip(port, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    drip(port, "POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
    CHECK_I64(atomic_load(&app.arrived), 0);
    server_fixture_free(fixture);
}

static void
test_slow_handler(void)
{
    struct server_fixture *fixture =
        serve((struct http_server_options){ .request_timeout_ms = SHORT_TIMEOUT_MS });
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, GET("/held"));
    CHECK(wire_is_closed_within(fd, WIRE_LIMIT_MS));
    server_fixture_call(fixture, reply_all_held, "too late");
    close(fd);
    server_fixture_free(fixture);
}

static void
test_connection_limit(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ .connections_max = 2 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int port = server_fixture_port(fixture);
    int fds[3];

    for (int i = 0; i < 3; i++) {
        fds[i] = wire_connect(port);
        wire_send_text(fds[i], GET("/x"));
        CHECK(i == 2 || wire_read_message(fds[i], &reply));
    }
    CHECK(!wire_is_closed_within(fds[2], 50)); /* it waits */
    CHECK_I64(atomic_load(&app.arrived), 2);
    close(fds[0]);
    CHECK(wire_read_message(fds[2], &reply));
    close(fds[1]);
    close(fds[2]);
    server_fixture_free(fixture);
}

static void
test_drain(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int port = server_fixture_port(fixture);
    int idle = wire_connect(port);
    int busy = wire_connect(port);

    wire_send_text(idle, GET("/x"));
    CHECK(wire_read_message(idle, &reply));
    wire_send_text(busy, GET("/held"));
    await_arrived(2);
    server_fixture_start_drain(fixture, WIRE_LIMIT_MS);
    CHECK(wire_is_closed_within(idle, WIRE_LIMIT_MS));
    CHECK_I64(wire_connect(port), -1);
    CHECK(!server_fixture_is_drained(fixture));
    server_fixture_call(fixture, reply_all_held, "still answered");
    CHECK(wire_read_message(busy, &reply));
    CHECK_STR(wire_body(&reply), "still answered");
    CHECK(strstr(reply.bytes, "\r\nConnection: close\r\n") != NULL);
    CHECK(wire_is_closed_within(busy, WIRE_LIMIT_MS));
    CHECK(server_fixture_await_drained(fixture));
    close(idle);
    close(busy);
    server_fixture_free(fixture);
}

static void
test_drain_limit(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, GET("/held"));
    await_arrived(1);
    server_fixture_start_drain(fixture, 30);
    CHECK(server_fixture_await_drained(fixture));
    CHECK(wire_is_closed_within(fd, WIRE_LIMIT_MS));
    close(fd);
    server_fixture_free(fixture);
    /* Its server is gone; the request lives until the reply that is owed. */
    CHECK_STR(http_request_path(app.held[0]), "/held");
    CHECK(http_request_hung_up(app.held[0]));
    CHECK(http_request_header(app.held[0], "Host") == NULL);
    reply_all_held("to nobody");
}

static void
test_addresses(void)
{
    static const char *const wrong[] = { "127.0.0.1", "nonsense:1:2", "127.0.0.1:x", "0.0.0.0:0",
                                         "[::]:0" };
    struct loop *loop = loop_new();
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct http_server *server = NULL;
    struct http_server_options options = { .handler = handle,
                                           .body_max = 1,
                                           .connections_max = 1,
                                           .request_timeout_ms = 1000,
                                           .loopback_only = true };

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        options.listen = wrong[i];
        struct error error = http_server_new(loop, arena, &options, &server);
        CHECK_CASE(error.code == ERR_IO && strstr(error.message, wrong[i]) != NULL, wrong[i]);
    }
    options.listen = "127.0.0.1:0";
    CHECK(!error_is(http_server_new(loop, arena, &options, &server)));
    options.listen = arena_printf(arena, "127.0.0.1:%d", http_server_port(server));
    struct http_server *second = NULL;
    struct error taken = http_server_new(loop, arena, &options, &second);
    CHECK_I64(taken.code, ERR_IO);
    CHECK(taken.message != NULL && strstr(taken.message, "in use") != NULL);
    http_server_free(server);
    http_server_free(NULL);
    loop_free(loop);
}

int
main(void)
{
    check_run("a handler sees path, query, headers and peer", test_request_parts);
    check_run("a body comes whole, byte for byte", test_body_bytes);
    check_run("HEAD tells the length and sends no body", test_head);
    check_run("files are streamed; a missing one is 404", test_file);
    check_run("pipelined requests are answered in order", test_pipeline);
    check_run("another thread's reply goes out through the loop", test_threads);
    check_run("a hang-up is seen while a request waits, and its reply is dropped", test_hangup_end);
    check_run("so is a reset", test_hangup_reset);
    check_run("half of many clients hang up, the others get their replies", test_hangups_mixed);
    check_run("clients that send too slowly are cut, in the line, the headers and the body",
              test_slow_clients);
    check_run("a request over its time is cut even while its handler works", test_slow_handler);
    check_run("a connection over the limit waits for a free place", test_connection_limit);
    check_run("draining closes idle connections and answers what is under way", test_drain);
    check_run("draining ends at its limit, and a later reply goes nowhere", test_drain_limit);
    check_run("a wrong, taken or public address is refused by name", test_addresses);
    return check_end();
}
