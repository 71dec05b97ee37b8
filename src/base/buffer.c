#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static void
buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t need = buffer->length + more + 1;

    if (need <= buffer->capacity) {
        return;
    }
    size_t capacity = buffer->capacity == 0 ? 256 : buffer->capacity;
    while (capacity < need) {
        capacity *= 2;
    }
    buffer->bytes = mem_realloc(buffer->bytes, capacity);
    buffer->capacity = capacity;
}

void
buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    buffer_reserve(buffer, length);
    if (length > 0) {
        memcpy(buffer->bytes + buffer->length, bytes, length);
    }
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void
buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void
buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        return;
    }
    buffer_reserve(buffer, (size_t)length);
    va_start(args, format);
    vsnprintf(buffer->bytes + buffer->length, (size_t)length + 1, format, args);
    va_end(args);
    buffer->length += (size_t)length;
}

void
buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
    if (buffer->bytes != NULL) {
        buffer->bytes[0] = '\0';
    }
}

void
buffer_free(struct buffer *buffer)
{
    mem_free(buffer->bytes);
    *buffer = (struct buffer){ 0 };
}
