/* buffer.h: bytes that grow at the end.  The owner frees them with buffer_free(). */
#ifndef INVENTIV_BASE_BUFFER_H
#define INVENTIV_BASE_BUFFER_H

#include <stddef.h>

/* Zero-initialise.  bytes is always followed by a NUL that length does not count, once anything
 * was added. */
struct buffer {
    char *bytes;
    size_t length;
    size_t capacity;
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void
buffer_printf(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_free(struct buffer *buffer);
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_free)))

#endif
