/* test_http_streams.c: bodies that come bit by bit (http_server.h), at a daemon of their own and at
 * the ordinary one. */
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "server_fixture.h"
#include "wire.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

enum { STREAMS_MOST = 100 };

/* The loop's thread alone touches it while a server runs, but for what is atomic. */
static struct {
    struct http_request *requests[STREAMS_MOST];
    size_t count;
    const char *text; /* what each is to get; "" = its end */
    size_t given[STREAMS_MOST];
    atomic_int begun;
    atomic_int ended;
} app;

static ssize_t
fill(void *context, char *bytes, size_t room)
{
    size_t *given = context;
    size_t left = app.text == NULL ? 0 : strlen(app.text) - *given;
    size_t count = left < room ? left : room;

    if (app.text != NULL && app.text[0] == '\0') {
        return HTTP_STREAM_OVER;
    }
    if (count > 0) {
        memcpy(bytes, app.text + *given, count);
        *given += count;
    }
    return (ssize_t)count;
}

static void
ended(void *context)
{
    (void)context;
    atomic_fetch_add(&app.ended, 1);
}

static void
handle(struct http_request *request, void *context)
{
    const struct http_stream stream = { fill, ended, &app.given[app.count] };

    (void)context;
    if (strcmp(http_request_path(request), "/stream") != 0) {
        http_request_reply(request, 200, "text/plain", "plain", 5);
        return;
    }
    app.requests[app.count++] = request;
    http_request_add_header(request, "X-One", "1");
    http_request_reply_stream(request, "text/x-test", &stream);
    atomic_fetch_add(&app.begun, 1);
}

static void
give(void *text)
{
    app.text = text;
    for (size_t i = 0; i < app.count; i++) {
        app.given[i] = 0;
        http_request_wake(app.requests[i]);
    }
}

static struct server_fixture *
serve(void)
{
    app.count = 0;
    app.text = NULL;
    atomic_store(&app.begun, 0);
    atomic_store(&app.ended, 0);
    return server_fixture_new(
        (struct http_server_options){ .handler = handle, .stream_path = "/stream" });
}

static void
await(atomic_int *number, int wanted)
{
    int64_t end_ms = clock_monotonic_ms() + WIRE_LIMIT_MS;

    while (atomic_load(number) < wanted && clock_monotonic_ms() < end_ms) {
        poll(NULL, 0, 1);
    }
    CHECK_I64(atomic_load(number), wanted);
}

static void
check_bytes(int fd, const char *wanted)
{
    char got[64] = "";
    const struct timeval limit = { .tv_sec = WIRE_LIMIT_MS / 1000 };

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    recv(fd, got, strlen(wanted), MSG_WAITALL);
    CHECK_STR(got, wanted);
}

/* Another client is served; what was sent before has been looked at then. */
static void
check_others(const struct server_fixture *fixture)
{
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, GET("/x"));
    CHECK(wire_read_message(fd, &reply));
    CHECK_STR(wire_body(&reply), "plain");
    close(fd);
}

/* The request comes in two pieces: by the first it is told which daemon it goes to. */
static void
test_flow(const char *first, const char *rest)
{
    struct server_fixture *fixture = serve();
    CLEANUP_BUFFER struct buffer head = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    wire_send_text(fd, first);
    check_others(fixture);
    wire_send_text(fd, rest);
    CHECK(wire_read_message(fd, &head));
    CHECK_I64(wire_status(&head), 200);
    CHECK(strstr(head.bytes, "\r\nX-One: 1\r\n") != NULL);
    CHECK(strstr(head.bytes, "\r\nContent-Type: text/x-test\r\n") != NULL);
    await(&app.begun, 1);
    server_fixture_call(fixture, give, "one");
    check_bytes(fd, "3\r\none\r\n");
    check_others(fixture);
    server_fixture_call(fixture, give, "three");
    check_bytes(fd, "5\r\nthree\r\n");
    server_fixture_call(fixture, give, "");
    check_bytes(fd, "0\r\n\r\n");
    await(&app.ended, 1);
    wire_send_text(fd, GET("/x")); /* the connection lives on */
    CHECK(wire_read_message(fd, &head));
    CHECK_STR(wire_body(&head), "plain");
    close(fd);
    server_fixture_free(fixture);
}

static void
test_own_daemon(void)
{
    test_flow("GET /stream?x=y HTTP/1.1\r\nHo", "st: x\r\n\r\n");
}

static void
test_ordinary_daemon(void)
{
    test_flow("GET /str", "eam HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void
open_streams(const struct server_fixture *fixture, int *fds, int count)
{
    for (int i = 0; i < count; i++) {
        fds[i] = wire_connect(server_fixture_port(fixture));
        wire_send_text(fds[i], GET("/stream"));
    }
    await(&app.begun, count);
}

static void
test_hangups(void)
{
    struct server_fixture *fixture = serve();
    int fds[STREAMS_MOST];

    open_streams(fixture, fds, STREAMS_MOST);
    for (int i = 0; i < STREAMS_MOST; i++) {
        close(fds[i]);
    }
    await(&app.ended, STREAMS_MOST);
    check_others(fixture);
    server_fixture_free(fixture);
}

static void
test_drain(void)
{
    struct server_fixture *fixture = serve();
    int fds[2];

    open_streams(fixture, fds, 2);
    server_fixture_start_drain(fixture, WIRE_LIMIT_MS);
    for (int i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer rest = { 0 };
        CHECK(wire_read_all(fds[i], &rest));
        CHECK(strstr(rest.bytes, "\r\n\r\n0\r\n\r\n") != NULL);
        close(fds[i]);
    }
    CHECK(server_fixture_await_drained(fixture));
    CHECK_I64(atomic_load(&app.ended), 2);
    server_fixture_free(fixture);
}

static void
test_free(void)
{
    struct server_fixture *fixture = serve();
    int fds[2];

    open_streams(fixture, fds, 2);
    server_fixture_free(fixture);
    CHECK_I64(atomic_load(&app.ended), 2);
    close(fds[0]);
    close(fds[1]);
}

int
main(void)
{
    check_run("bytes of a stream go out as they come, until its end", test_own_daemon);
    check_run("... also where the first bytes do not tell that it is one", test_ordinary_daemon);
    check_run("a hang-up ends a stream that rests", test_hangups);
    check_run("draining ends streams as they should end", test_drain);
    check_run("a server that goes ends those that rest", test_free);
    return check_end();
}
