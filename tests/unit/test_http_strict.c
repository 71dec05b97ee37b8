/* Raw bytes that another server on the way might read otherwise. */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/http_server.h"
#include "check.h"
#include "server_fixture.h"
#include "wire.h"

enum { BODY_MAX = 1000 };

#define HOST "Host: x\r\n"

struct strict_case {
    const char *name;
    const char *bytes;
    int status; /* 0: closed without an answer */
    int handled;
    const char *contains; /* in the reply's body */
};

static const struct strict_case strict_cases[] = {
    { "plain", "GET /a HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200, 1, "GET /a ''" },
    { "HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n", 200, 1, "GET /a" },
    { "HTTP/2.0", "GET /a HTTP/2.0\r\n" HOST "\r\n", 505, 0, "" },
    { "two Content-Length",
      "POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 3\r\n\r\nabcde", 400, 0,
      "more than one Content-Length" },
    { "two equal Content-Length",
      "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc", 400, 0,
      "more than one Content-Length" },
    { "Content-Length +5", "POST /a HTTP/1.1\r\n" HOST "Content-Length: +5\r\n\r\nabcde", 400, 0,
      "" },
    { "Content-Length -1", "POST /a HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400, 0, "" },
    { "Content-Length list", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", 400, 0,
      "" },
    { "Content-Length hex", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc", 400, 0,
      "" },
    { "coding and length",
      "POST /a HTTP/1.1\r\n" HOST
      "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      400, 0, "Transfer-Encoding" },
    { "gzip, chunked", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400,
      0, "other than chunked" },
    { "identity", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n", 400, 0,
      "other than chunked" },
    { "xchunked", "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 400, 0,
      "other than chunked" },
    { "chunked twice",
      "POST /a HTTP/1.1\r\n" HOST
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      400, 0, "other than chunked" },
    { "chunked in HTTP/1.0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
      0, "HTTP/1.0" },
    { "chunked",
      "POST /a HTTP/1.1\r\n" HOST
      "Transfer-Encoding: Chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
      200, 1, "POST /a 'abcde'" },
    { "chunk size +5",
      "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n+5\r\nabcde\r\n0\r\n\r\n", 400,
      0, "" },
    { "blank before the colon", "POST /a HTTP/1.1\r\n" HOST "Content-Length : 5\r\n\r\nabcde", 400,
      0, "header name" },
    { "tab before the colon", "GET /a HTTP/1.1\r\n" HOST "Foo\t: 5\r\n\r\n", 400, 0,
      "header name" },
    { "a name that is no token", "GET /a HTTP/1.1\r\n" HOST "Fo(o: 5\r\n\r\n", 400, 0,
      "header name" },
    { "no Host", "GET /a HTTP/1.1\r\n\r\n", 400, 0, "" },
    { "two Host", "GET /a HTTP/1.1\r\n" HOST "Host: y\r\n\r\n", 400, 0, "more than one Host" },
    { "%00 in the path", "GET /a%00.x HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "%00 in the query", "GET /a?b=%00 HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "a broken escape", "GET /a%zz HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "a cut escape", "GET /a% HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "no slash", "GET a HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "CONNECT", "CONNECT x:80 HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "CONNECT with a path", "CONNECT /a HTTP/1.1\r\n" HOST "\r\n", 405, 0, "CONNECT" },
    { "absolute URI", "GET http://x:1/a%20b?c=d HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200,
      1, "GET /a b" },
    { "absolute URI without a path", "GET http://x HTTP/1.1\r\n" HOST "\r\n", 400, 0, "target" },
    { "OPTIONS *", "OPTIONS * HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 200, 1, "OPTIONS *" },
    { "PATCH", "PATCH /a HTTP/1.1\r\n" HOST "Content-Length: 1\r\nConnection: close\r\n\r\nz", 200,
      1, "PATCH /a 'z'" },
    { "Content-Length over the limit", "POST /a HTTP/1.1\r\n" HOST "Content-Length: 1001\r\n\r\n",
      413, 0, "{\"error\":\"body_too_large\"" },
    { "Content-Length beyond 64 bits",
      "POST /a HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999\r\n\r\n", 413, 0, "" },
    { "expecting a limit's refusal",
      "POST /a HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n", 413, 0,
      "body_too_large" },
};

static atomic_int handled;

static void
echo(struct http_request *request, void *context)
{
    struct arena *arena = http_request_arena(request);

    (void)context;
    atomic_fetch_add(&handled, 1);
    const char *text = arena_printf(arena, "%s %s '%s'\n", http_request_method(request),
                                    http_request_path(request), http_request_body(request, NULL));
    http_request_reply(request, 200, "text/plain", text, strlen(text));
}

static struct server_fixture *
serve(void)
{
    return server_fixture_new(
        (struct http_server_options){ .handler = echo, .body_max = BODY_MAX });
}

static void
check_case_of(int port, const struct strict_case *one)
{
    CLEANUP_BUFFER struct buffer reply = { 0 };

    atomic_store(&handled, 0);
    wire_exchange(port, one->bytes, strlen(one->bytes), &reply);
    bool right = CHECK_CASE(wire_status(&reply) == one->status, one->name);
    right &= CHECK_CASE(atomic_load(&handled) == one->handled, one->name);
    right &= CHECK_CASE(strstr(wire_body(&reply), one->contains) != NULL, one->name);
    if (!right) {
        check_str(reply.bytes, "", one->name, __FILE__, __LINE__);
    }
}

static void
test_cases(void)
{
    struct server_fixture *fixture = serve();

    for (size_t i = 0; i < sizeof strict_cases / sizeof strict_cases[0]; i++) {
        check_case_of(server_fixture_port(fixture), &strict_cases[i]);
    }
    server_fixture_free(fixture);
}

/* count chunks of 100 bytes, and the end. */
static void
add_chunks(struct buffer *out, int count)
{
    char piece[101];

    memset(piece, 'x', 100);
    piece[100] = '\0';
    buffer_add_text(out, "POST /a HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < count; i++) {
        buffer_printf(out, "64\r\n%s\r\n", piece);
    }
    buffer_add_text(out, "0\r\n\r\n");
}

static void
test_long_chunked(void)
{
    struct server_fixture *fixture = serve();
    CLEANUP_BUFFER struct buffer request = { 0 };
    CLEANUP_BUFFER struct buffer reply = { 0 };
    int fd = wire_connect(server_fixture_port(fixture));

    atomic_store(&handled, 0);
    add_chunks(&request, 10);
    wire_send(fd, request.bytes, request.length);
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 200);

    buffer_clear(&request);
    add_chunks(&request, 15); /* too long, yet worth an answer on the same connection */
    wire_send(fd, request.bytes, request.length);
    CHECK(wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 413);
    CHECK(strstr(reply.bytes, "body_too_large") != NULL);

    buffer_clear(&request);
    add_chunks(&request, 50);
    wire_send(fd, request.bytes, request.length);
    CHECK(!wire_read_message(fd, &reply));
    CHECK_I64(wire_status(&reply), 0);
    CHECK_I64(atomic_load(&handled), 1);
    close(fd);
    server_fixture_free(fixture);
}

static void
test_refusals_close(void)
{
    struct server_fixture *fixture = serve();
    int fd = wire_connect(server_fixture_port(fixture));

    /* Whatever follows a refused request is no second request. */
    wire_send_text(fd, "POST /a HTTP/1.1\r\n" HOST "Content-Length : 40\r\n\r\n"
                       "GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
    atomic_store(&handled, 0);
    CHECK(wire_is_closed_within(fd, WIRE_LIMIT_MS));
    CHECK_I64(atomic_load(&handled), 0);
    close(fd);
    server_fixture_free(fixture);
}

int
main(void)
{
    check_run("requests that could be read in two ways never reach a handler", test_cases);
    check_run("a chunked body over the limit gets 413, over twice the limit the end",
              test_long_chunked);
    check_run("a refusal ends the connection and all that was sent behind", test_refusals_close);
    return check_end();
}
