/* wire.h: raw bytes over loopback TCP, for tests of HTTP.  Every wait ends after WIRE_LIMIT_MS. */
#ifndef INVENTIV_TESTS_WIRE_H
#define INVENTIV_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

enum { WIRE_LIMIT_MS = 10000 };

/* Descriptors are the caller's; -1: refused. */
int wire_connect(int port);
int wire_connect_without_waiting(int port); /* may never come to be */
int wire_listen(int *port);
int wire_accept(int listener); /* -1 when nobody came in time */

/* False when the other side has closed. */
bool wire_send(int fd, const void *bytes, size_t length);
bool wire_send_text(int fd, const char *text);

/* Adds what comes until the other side closes; false when it did not in time. */
bool wire_read_all(int fd, struct buffer *out);
/* Replaces out by one whole message, by its Content-Length (without one: none is expected). */
bool wire_read_message(int fd, struct buffer *out);
/* True once the other side has closed or the time is up; false while it is open. */
bool wire_is_closed_within(int fd, int wait_ms);

/* One exchange: connects, sends, reads to the end. */
void wire_exchange(int port, const void *bytes, size_t length, struct buffer *out);
/* 200 of "HTTP/1.1 200 OK"; 0 when it is no reply. */
int wire_status(const struct buffer *reply);
const char *wire_body(const struct buffer *reply);

#endif
