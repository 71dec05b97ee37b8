/* How an HTTP server limits and ends what its clients do. */
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/http_server.h"
#include "check.h"
#include "server_fixture.h"
#include "wire.h"

enum { SHORT_TIMEOUT_MS = 200 };

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

/* What the handler keeps of "/held"; the loop's thread alone touches it while a server runs. */
static struct http_request *held;
static atomic_int arrived;

static void
reply_held(void *text)
{
    http_request_reply(held, 200, "text/plain", text, strlen(text));
}

static void
abort_held(void *bytes)
{
    http_request_abort(held, bytes, strlen(bytes));
}

static void
handle(struct http_request *request, void *context)
{
    (void)context;
    atomic_fetch_add(&arrived, 1);
    if (strcmp(http_request_path(request), "/held") == 0) {
        held = request;
    } else if (strcmp(http_request_path(request), "/abort") == 0) {
        http_request_abort(request, "HTTP/1.1 20", strlen("HTTP/1.1 20"));
    } else {
        http_request_reply(request, 200, "text/plain", "ok", 2);
    }
}

static struct server_fixture *
serve(struct http_server_options options)
{
    options.handler = handle;
    atomic_store(&arrived, 0);
    return server_fixture_new(options);
}

static void
await_arrived(int count)
{
    int64_t end_ms = clock_monotonic_ms() + WIRE_LIMIT_MS;

    while (atomic_load(&arrived) < count && clock_monotonic_ms() < end_ms) {
        poll(NULL, 0, 1);
    }
    CHECK_I64(atomic_load(&arrived), count);
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
    CHECK_I64(atomic_load(&arrived), 0);
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
    server_fixture_call(fixture, reply_held, "too late");
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
    CHECK_I64(atomic_load(&arrived), 2);
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
    server_fixture_call(fixture, reply_held, "still answered");
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
    CHECK_STR(http_request_path(held), "/held");
    CHECK(http_request_hung_up(held));
    CHECK(http_request_header(held, "Host") == NULL);
    reply_held("to nobody");
}

static void
check_aborted(int fd, const char *wanted)
{
    CLEANUP_BUFFER struct buffer reply = { 0 };

    CHECK(wire_read_all(fd, &reply));
    CHECK_STR(reply.length == 0 ? "" : reply.bytes, wanted);
    close(fd);
}

static void
test_abort(void)
{
    struct server_fixture *fixture = serve((struct http_server_options){ 0 });
    static const char *const texts[] = { "", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf" };
    int port = server_fixture_port(fixture);
    CLEANUP_BUFFER struct buffer reply = { 0 };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int fd = wire_connect(port);
        char text[64] = { 0 };
        memcpy(text, texts[i], strlen(texts[i]));
        wire_send_text(fd, GET("/held"));
        await_arrived((int)i + 1);
        server_fixture_call(fixture, abort_held, text);
        check_aborted(fd, texts[i]);
    }
    int fd = wire_connect(port);
    wire_send_text(fd, GET("/x"));
    CHECK(wire_read_message(fd, &reply)); /* what was answered before stays answered */
    wire_send_text(fd, GET("/abort"));
    check_aborted(fd, "HTTP/1.1 20");
    fd = wire_connect(port);
    wire_send_text(fd, GET("/x"));
    CHECK(wire_read_message(fd, &reply)); /* the server goes on */
    close(fd);
    server_fixture_free(fixture);
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
    check_run("clients that send too slowly are cut, in the line, the headers and the body",
              test_slow_clients);
    check_run("a request over its time is cut even while its handler works", test_slow_handler);
    check_run("a connection over the limit waits for a free place", test_connection_limit);
    check_run("draining closes idle connections and answers what is under way", test_drain);
    check_run("draining ends at its limit, and a later reply goes nowhere", test_drain_limit);
    check_run("an aborted request gets the bytes given, or none, and the end", test_abort);
    check_run("a wrong, taken or public address is refused by name", test_addresses);
    return check_end();
}
