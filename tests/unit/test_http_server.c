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

enum { HELD_MAX = 1024 };

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
    } else if (strcmp(path, "/error") == 0) {
        http_request_reply_error(request, 409, "conflict", http_request_query(request, "q"));
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
test_errors(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, GET("/error?q=a%22b") GET("/error?q=%ff") GET("/error"));
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 409);
    CHECK_STR(wire_body(&reply), "{\"error\":\"conflict\",\"message\":\"a\\\"b\"}");
    for (int i = 0; i < 2; i++) { /* bytes that are no UTF-8, and no message */
        CHECK(wire_read_message(fd, &reply));
        CHECK_STR(wire_body(&reply), "{\"error\":\"conflict\",\"message\":\"\"}");
    }
    close(fd);
    server_fixture_free(fixture);
}

static void
test_continue(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, "POST /body HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                       "Content-Length: 3\r\n\r\n");
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 100);
    wire_send_text(fd, "abc");
    CHECK(wire_read_message(fd, &reply));
    CHECK_STR(wire_body(&reply), "abc");
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

/* On the loop's thread, so that the server finds request and end together. */
static void
send_and_end(void *fd)
{
    wire_send_text(*(int *)fd, GET("/x"));
    shutdown(*(int *)fd, SHUT_WR);
}

static void
test_half_close(void)
{
    struct server_fixture *fixture =
        serve((struct http_server_options){ .request_timeout_ms = 4000 });
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));
    int64_t start_ms = clock_monotonic_ms();

    server_fixture_call(fixture, send_and_end, &fd);
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 200);
    CHECK(wire_is_closed_within(fd, WIRE_LIMIT_MS));
    CHECK(clock_monotonic_ms() - start_ms < 3000); /* not by its idle time */
    close(fd);
    server_fixture_free(fixture);
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

int
main(void)
{
    check_run("a handler sees path, query, headers and peer", test_request_parts);
    check_run("a body comes whole, byte for byte", test_body_bytes);
    check_run("HEAD tells the length and sends no body", test_head);
    check_run("files are streamed; a missing one is 404", test_file);
    check_run("an error is a JSON object whatever it quotes", test_errors);
    check_run("a client that asks first whether to send its body is told so", test_continue);
    check_run("pipelined requests are answered in order", test_pipeline);
    check_run("another thread's reply goes out through the loop", test_threads);
    check_run("a hang-up is seen while a request waits, and its reply is dropped", test_hangup_end);
    check_run("so is a reset", test_hangup_reset);
    check_run("a client that ends its side with the request is answered and let go",
              test_half_close);
    check_run("half of many clients hang up, the others get their replies", test_hangups_mixed);
    return check_end();
}
