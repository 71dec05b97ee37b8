/* Against a socket of our own that speaks raw bytes, one connection after the other, in a thread:
 * only so can it be told what went out when. */
#include "base/http_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "check.h"
#include "server_fixture.h"
#include "wire.h"

/* What the peer does with each connection. */
struct peer {
    int listener;
    int port;
    int connections;    /* to accept */
    int replies;        /* per connection */
    const char *reply;  /* NULL: reads the request and closes */
    bool hold;          /* keeps the connection open until the test ends it */
    struct buffer seen; /* the last request */
    atomic_int accepted;
    atomic_int requests;
    int held[64];
    pthread_t thread;
};

static void *
peer_main(void *argument)
{
    struct peer *peer = argument;

    for (int i = 0; i < peer->connections; i++) {
        int fd = wire_accept(peer->listener);
        atomic_fetch_add(&peer->accepted, 1);
        for (int k = 0; k < peer->replies && wire_read_message(fd, &peer->seen); k++) {
            atomic_fetch_add(&peer->requests, 1);
            if (peer->reply != NULL) {
                wire_send_text(fd, peer->reply);
            }
        }
        peer->held[i] = peer->hold ? fd : -1;
        if (!peer->hold) {
            close(fd);
        }
    }
    return NULL;
}

static void
peer_start(struct peer *peer)
{
    peer->listener = wire_listen(&peer->port);
    peer->replies = peer->replies == 0 ? 1 : peer->replies;
    pthread_create(&peer->thread, NULL, peer_main, peer);
}

static void
peer_end(struct peer *peer)
{
    pthread_join(peer->thread, NULL);
    for (int i = 0; i < peer->connections; i++) {
        if (peer->held[i] >= 0) {
            close(peer->held[i]);
        }
    }
    close(peer->listener);
    buffer_free(&peer->seen);
}

static struct http_call
call_to(struct arena *arena, int port, const char *method)
{
    return (struct http_call){
        .method = method,
        .url = arena_printf(arena, "http://127.0.0.1:%d/a/../b?c=%%20", port),
        .timeout_ms = WIRE_LIMIT_MS,
        .reply_max = 1000,
    };
}

static void
run_one(struct http_call *call, struct arena *arena)
{
    struct http_client *client = http_client_new(4);

    http_client_run(client, arena, &call, 1);
    http_client_free(client);
}

static void
count_sent(void *argument)
{
    atomic_fetch_add((atomic_int *)argument, 1);
}

static void
test_request(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct peer peer = {
        .connections = 1,
        .reply = "HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-Total-Count: 17\r\n"
                 "retry-after:  3 \r\nContent-Type: text/x\r\nX-Wanted: w\r\n\r\nhello"
    };
    const char *headers[] = { "X-Mine: 1", NULL };
    atomic_int sent = 0;

    peer_start(&peer);
    struct http_call call = call_to(arena, peer.port, "PUT");
    call.headers = headers;
    call.body = "12345678";
    call.body_length = 8;
    call.on_sent = count_sent;
    call.on_sent_argument = &sent;
    run_one(&call, arena);
    CHECK_I64(call.outcome, HTTP_ANSWERED);
    CHECK_I64(call.status, 201);
    CHECK_STR(call.reply, "hello");
    CHECK_I64(call.reply_length, 5);
    CHECK_STR(call.content_type, "text/x");
    CHECK_I64(call.total_count, 17);
    CHECK_I64(call.retry_after_ms, 3000);
    CHECK_STR(call.failure, "");
    CHECK(call.duration_ms >= 0);
    CHECK_I64(atomic_load(&sent), 1);
    CHECK(strncmp(peer.seen.bytes, "PUT /a/../b?c=%20 HTTP/1.1\r\n", 28) == 0);
    CHECK(strstr(peer.seen.bytes, "\r\nX-Mine: 1\r\n") != NULL);
    CHECK(strstr(peer.seen.bytes, "Content-Type") == NULL);
    CHECK(strstr(peer.seen.bytes, "Expect") == NULL);
    CHECK_STR(wire_body(&peer.seen), "12345678");
    peer_end(&peer);
}

static void
test_methods(void)
{
    static const struct {
        const char *method;
        const char *reply;
        bool length_sent;
    } cases[] = {
        { "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false },
        { "DELETE", "HTTP/1.1 204 No Content\r\n\r\n", false },
        { "POST", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true },
        { "PATCH", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
          true },
        { "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        struct peer peer = { .connections = 1, .reply = cases[i].reply };
        peer_start(&peer);
        struct http_call call = call_to(arena, peer.port, cases[i].method);
        run_one(&call, arena);
        CHECK_CASE(call.outcome == HTTP_ANSWERED, cases[i].method);
        CHECK_CASE(call.status == atoi(cases[i].reply + 9), cases[i].method);
        CHECK_CASE(call.retry_after_ms == -1 && call.total_count == -1, cases[i].method);
        CHECK_CASE(strncmp(peer.seen.bytes, cases[i].method, strlen(cases[i].method)) == 0,
                   cases[i].method);
        bool length_sent = strstr(peer.seen.bytes, "Content-Length: 0") != NULL;
        CHECK_CASE(length_sent == cases[i].length_sent, cases[i].method);
        peer_end(&peer);
    }
}

/* Every way of getting no answer once the request has gone out. */
static void
test_no_answer(void)
{
    static const struct {
        const char *name;
        const char *reply;
        bool hold;
    } cases[] = {
        { "closed", NULL, false },
        { "garbage", "hello there\r\n\r\n", false },
        { "cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", false },
        { "cut in its head", "HTTP/1.1 204 No Content\r\nX-Cut: he", false },
        { "cut after a header", "HTTP/1.1 204 No Content\r\nX-Cut: here\r\n", false },
        { "cut in its first line", "HTTP/1.1 204 No", false },
        { "too long", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\nhello", true },
        { "silence", NULL, true },
        { "half", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        struct peer peer = { .connections = 1, .reply = cases[i].reply, .hold = cases[i].hold };
        atomic_int sent = 0;
        peer_start(&peer);
        struct http_call call = call_to(arena, peer.port, "POST");
        call.timeout_ms = cases[i].hold ? 100 : WIRE_LIMIT_MS;
        call.reply_max = 6;
        call.on_sent = count_sent;
        call.on_sent_argument = &sent;
        run_one(&call, arena);
        CHECK_CASE(call.outcome == HTTP_NO_ANSWER, cases[i].name);
        CHECK_CASE(call.status == 0 && call.reply[0] == '\0', cases[i].name);
        CHECK_CASE(call.failure[0] != '\0', cases[i].name);
        CHECK_CASE(atomic_load(&sent) == 1, cases[i].name);
        peer_end(&peer);
    }
}

static void
test_not_sent(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    int port;
    int listener = wire_listen(&port);
    atomic_int sent = 0;

    close(listener);
    struct http_call calls[3];
    for (int i = 0; i < 3; i++) {
        calls[i] = call_to(arena, port, "POST");
        calls[i].on_sent = count_sent;
        calls[i].on_sent_argument = &sent;
    }
    calls[1].url = "http://no-such-name.invalid/";
    calls[2].url = "ftp://127.0.0.1/";
    struct http_call *all[] = { &calls[0], &calls[1], &calls[2] };
    struct http_client *client = http_client_new(4);
    http_client_run(client, arena, all, 3);
    http_client_free(client);
    for (int i = 0; i < 3; i++) {
        CHECK_CASE(calls[i].outcome == HTTP_NOT_SENT, calls[i].url);
        CHECK_CASE(calls[i].failure[0] != '\0', calls[i].url);
    }
    CHECK_I64(atomic_load(&sent), 0);
}

static void
outlast_the_time(void *argument)
{
    const int64_t *until_ms = argument;

    while (clock_monotonic_ms() <= *until_ms) {
    }
}

/* As if the process were stopped while one call has gone out and the other is connected. */
static void
test_not_sent_too_late(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct peer peer = { .connections = 2 };
    struct http_call calls[2];
    struct http_call *all[] = { &calls[0], &calls[1] };
    int64_t until_ms = clock_monotonic_ms() + 200;

    peer_start(&peer);
    for (int i = 0; i < 2; i++) {
        calls[i] = call_to(arena, peer.port, "POST");
        calls[i].timeout_ms = 100;
        calls[i].on_sent = outlast_the_time;
        calls[i].on_sent_argument = &until_ms;
    }
    struct http_client *client = http_client_new(4);
    http_client_run(client, arena, all, 2);
    http_client_free(client);
    CHECK(calls[0].outcome != HTTP_NOT_SENT);
    CHECK_I64(calls[1].outcome, HTTP_NOT_SENT);
    CHECK_STR(calls[1].failure, "its time was over before it could be sent");
    peer_end(&peer);
    CHECK_I64(atomic_load(&peer.requests), 1);
}

/* A full backlog: the kernel answers no further connection. */
static void
test_connect_timeout(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    int fillers[8];
    int port;
    int listener = wire_listen(&port);

    listen(listener, 0);
    for (int i = 0; i < 8; i++) {
        fillers[i] = wire_connect_without_waiting(port);
    }
    struct http_call call = call_to(arena, port, "POST");
    call.connect_timeout_ms = 100;
    run_one(&call, arena);
    CHECK_I64(call.outcome, HTTP_NOT_SENT);
    CHECK(call.duration_ms < WIRE_LIMIT_MS / 2);
    for (int i = 0; i < 8; i++) {
        close(fillers[i]);
    }
    close(listener);
}

/* One connection allowed, and held: the second call waits in libcurl's queue. */
static void
test_queue_timeout(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct peer peer = { .connections = 1, .hold = true };
    struct http_client *client = http_client_new(1);

    peer_start(&peer);
    struct http_call first = call_to(arena, peer.port, "POST");
    struct http_call second = call_to(arena, peer.port, "POST");
    first.timeout_ms = 800;
    second.timeout_ms = 100;
    struct http_call *both[] = { &first, &second };
    http_client_run(client, arena, both, 2);
    CHECK_I64(first.outcome, HTTP_NO_ANSWER);
    CHECK_I64(second.outcome, HTTP_NOT_SENT);
    CHECK(second.duration_ms < 600);
    http_client_free(client);
    peer_end(&peer);
}

static const char kept_reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void
test_kept_connections(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct peer peer = { .connections = 3, .replies = 2, .reply = kept_reply };
    struct http_client *client = http_client_new(1);

    peer_start(&peer);
    for (int i = 0; i < 4; i++) {
        struct http_call call = call_to(arena, peer.port, "POST");
        struct http_call *one = &call;
        call.fresh = i >= 2; /* neither uses the kept one nor leaves one */
        http_client_run(client, arena, &one, 1);
        CHECK_I64(call.outcome, HTTP_ANSWERED);
    }
    http_client_free(client);
    peer_end(&peer);
    CHECK_I64(atomic_load(&peer.accepted), 3);
    CHECK_I64(atomic_load(&peer.requests), 4);
}

/* A kept connection that the server closes on the next request: libcurl repeats the request, a
 * fresh call does not. */
static void
test_fresh_is_sent_once(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct peer peer = { .connections = 2, .reply = kept_reply };
    struct http_client *client = http_client_new(1);

    peer_start(&peer);
    struct http_call call = call_to(arena, peer.port, "GET");
    struct http_call *one = &call;
    http_client_run(client, arena, &one, 1);
    CHECK_I64(call.outcome, HTTP_ANSWERED);
    call = call_to(arena, peer.port, "POST");
    call.fresh = true;
    http_client_run(client, arena, &one, 1);
    CHECK_I64(call.outcome, HTTP_ANSWERED);
    http_client_free(client);
    peer_end(&peer);
    CHECK_I64(atomic_load(&peer.requests), 2);
}

static void
test_big_body(void)
{
    enum { SIZE = 3 * 1024 * 1024 };
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct peer peer = { .connections = 1, .reply = kept_reply };
    atomic_int sent = 0;
    int small = 4096;
    char *body = mem_alloc(SIZE);

    memset(body, 'b', SIZE);
    peer_start(&peer);
    setsockopt(peer.listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    struct http_call call = call_to(arena, peer.port, "POST");
    call.body = body;
    call.body_length = SIZE;
    call.on_sent = count_sent;
    call.on_sent_argument = &sent;
    run_one(&call, arena);
    CHECK_I64(call.outcome, HTTP_ANSWERED);
    CHECK_I64(atomic_load(&sent), 1);
    CHECK_I64(strlen(wire_body(&peer.seen)), SIZE);
    mem_free(body);
    peer_end(&peer);
}

/* The other side reads but a part: the request never was whole on the wire. */
static void
test_part_of_body(void)
{
    enum { SIZE = 16 * 1024 * 1024 };
    CLEANUP_ARENA struct arena *arena = arena_new();
    atomic_int sent = 0;
    int port;
    int listener = wire_listen(&port);
    char *body = mem_zalloc(SIZE);

    struct http_call call = call_to(arena, port, "POST"); /* nobody accepts, nobody reads */
    call.body = body;
    call.body_length = SIZE;
    call.timeout_ms = 200;
    call.on_sent = count_sent;
    call.on_sent_argument = &sent;
    run_one(&call, arena);
    CHECK_I64(call.outcome, HTTP_NO_ANSWER);
    CHECK_I64(atomic_load(&sent), 0);
    mem_free(body);
    close(listener);
}

static void
reply_number(struct http_request *request, void *context)
{
    (void)context;
    const char *number = http_request_query(request, "n");
    http_request_reply(request, 200, "text/plain", number, strlen(number));
}

static void
test_many(void)
{
    enum { MANY = 1000 };
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct server_fixture *fixture =
        server_fixture_new((struct http_server_options){ .handler = reply_number });
    struct http_call *calls = arena_array(arena, struct http_call, MANY);
    struct http_call **all = arena_array(arena, struct http_call *, MANY);
    struct http_client *client = http_client_new(8);

    for (int i = 0; i < MANY; i++) {
        calls[i] = call_to(arena, 0, "GET");
        calls[i].url =
            arena_printf(arena, "http://127.0.0.1:%d/?n=%d", server_fixture_port(fixture), i);
        all[i] = &calls[i];
    }
    http_client_run(client, arena, all, MANY);
    for (int i = 0; i < MANY; i++) {
        CHECK_CASE(calls[i].outcome == HTTP_ANSWERED && atoi(calls[i].reply) == i, calls[i].url);
    }
    http_client_run(client, arena, NULL, 0);
    http_client_free(client);
    server_fixture_free(fixture);
}

int
main(void)
{
    check_run("a call sends what it is told and reads the reply with its headers", test_request);
    check_run("each method has the framing that it should, and no redirect is followed",
              test_methods);
    check_run("a call without a whole answer is NO_ANSWER, and was sent once", test_no_answer);
    check_run("refused, unknown and unspeakable places are NOT_SENT", test_not_sent);
    check_run("a connection that is never made is NOT_SENT", test_connect_timeout);
    check_run("a call whose time is over when it is connected is NOT_SENT", test_not_sent_too_late);
    check_run("a call that only waited for its turn is NOT_SENT", test_queue_timeout);
    check_run("connections are kept, but not for fresh calls", test_kept_connections);
    check_run("a fresh call is not sent on a kept connection that has died",
              test_fresh_is_sent_once);
    check_run("a big body goes out whole and is told sent once", test_big_body);
    check_run("a body that did not go out whole is not told sent", test_part_of_body);
    check_run("a thousand calls go over a few connections", test_many);
    http_client_free(NULL);
    return check_end();
}
