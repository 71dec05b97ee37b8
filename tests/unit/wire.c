#include "wire.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static struct sockaddr_in
wire_address(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int
wire_connect(int port)
{
    struct sockaddr_in address = wire_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int
wire_connect_without_waiting(int port)
{
    struct sockaddr_in address = wire_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int ignored = connect(fd, (struct sockaddr *)&address, sizeof address);

    (void)ignored;
    return fd;
}

int
wire_listen(int *port)
{
    struct sockaddr_in address = wire_address(0);
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 64) != 0) {
        close(fd);
        return -1;
    }
    getsockname(fd, (struct sockaddr *)&address, &length);
    *port = ntohs(address.sin_port);
    return fd;
}

static bool
wire_is_readable(int fd, int wait_ms)
{
    struct pollfd one = { .fd = fd, .events = POLLIN };

    return poll(&one, 1, wait_ms) > 0;
}

int
wire_accept(int listener)
{
    return wire_is_readable(listener, WIRE_LIMIT_MS) ? accept4(listener, NULL, NULL, SOCK_CLOEXEC)
                                                     : -1;
}

bool
wire_send(int fd, const void *bytes, size_t length)
{
    const char *rest = bytes;

    while (length > 0) {
        ssize_t sent = send(fd, rest, length, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        rest += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool
wire_send_text(int fd, const char *text)
{
    return wire_send(fd, text, strlen(text));
}

/* What there is now: > 0 bytes added, 0 closed, -1 nothing in time. */
static int
wire_read_some(int fd, struct buffer *out, int wait_ms)
{
    char piece[16 * 1024];

    if (!wire_is_readable(fd, wait_ms)) {
        return -1;
    }
    ssize_t got = recv(fd, piece, sizeof piece, 0);
    if (got <= 0) {
        return 0; /* a reset is an end, too */
    }
    buffer_add(out, piece, (size_t)got);
    return 1;
}

bool
wire_read_all(int fd, struct buffer *out)
{
    int got;

    buffer_add(out, "", 0);
    do {
        got = wire_read_some(fd, out, WIRE_LIMIT_MS);
    } while (got > 0);
    return got == 0;
}

/* How long the message is; 0 while its head is not whole. */
static size_t
wire_message_length(const struct buffer *message)
{
    const char *end = strstr(message->bytes, "\r\n\r\n");
    const char *field = strcasestr(message->bytes, "\r\nContent-Length:");

    if (end == NULL) {
        return 0;
    }
    size_t head = (size_t)(end - message->bytes) + 4;
    return field != NULL && field < end ? head + strtoul(field + 17, NULL, 10) : head;
}

bool
wire_read_message(int fd, struct buffer *out)
{
    size_t wanted;
    char piece[16 * 1024];

    buffer_clear(out);
    buffer_add(out, "", 0);
    /* Byte by byte to the end of the head, so that the next message stays in the socket. */
    while ((wanted = wire_message_length(out)) == 0 || out->length < wanted) {
        size_t most = wanted == 0 ? 1 : wanted - out->length;
        most = most < sizeof piece ? most : sizeof piece;
        ssize_t got = wire_is_readable(fd, WIRE_LIMIT_MS) ? recv(fd, piece, most, 0) : -1;
        if (got <= 0) {
            return false;
        }
        buffer_add(out, piece, (size_t)got);
    }
    return true;
}

bool
wire_is_closed_within(int fd, int wait_ms)
{
    struct buffer ignored = { 0 };
    int64_t end_ms = clock_monotonic_ms() + wait_ms;
    int got;

    do {
        int64_t left_ms = end_ms - clock_monotonic_ms();
        got = wire_read_some(fd, &ignored, left_ms < 0 ? 0 : (int)left_ms);
    } while (got > 0);
    buffer_free(&ignored);
    return got == 0;
}

void
wire_exchange(int port, const void *bytes, size_t length, struct buffer *out)
{
    int fd = wire_connect(port);

    buffer_clear(out);
    buffer_add(out, "", 0);
    if (fd >= 0) {
        wire_send(fd, bytes, length);
        wire_read_all(fd, out);
        close(fd);
    }
}

int
wire_status(const struct buffer *reply)
{
    int status = 0;

    if (reply->bytes == NULL || sscanf(reply->bytes, "HTTP/1.%*1d %3d", &status) != 1) {
        return 0;
    }
    return status;
}

const char *
wire_body(const struct buffer *reply)
{
    const char *end = reply->bytes == NULL ? NULL : strstr(reply->bytes, "\r\n\r\n");

    return end == NULL ? "" : end + 4;
}
