#include "store/pg_array.h"

#include <ctype.h>
#include <endian.h>
#include <string.h>

static void
pg_array_word(struct buffer *array, uint32_t value)
{
    uint32_t wire = htobe32(value);

    buffer_add(array, &wire, sizeof wire);
}

static void
pg_array_element(struct buffer *array, const void *bytes, size_t length)
{
    pg_array_word(array, (uint32_t)length);
    buffer_add(array, bytes, length);
}

void
pg_array_start(struct buffer *array, enum pg_type type, size_t count)
{
    buffer_clear(array);
    pg_array_word(array, 1); /* dimensions */
    pg_array_word(array, 1); /* there may be nulls */
    pg_array_word(array, type);
    pg_array_word(array, (uint32_t)count);
    pg_array_word(array, 1); /* the first subscript */
}

void
pg_array_null(struct buffer *array)
{
    pg_array_word(array, UINT32_MAX);
}

void
pg_array_text(struct buffer *array, const char *text)
{
    if (text == NULL) {
        pg_array_null(array);
    } else {
        pg_array_element(array, text, strlen(text));
    }
}

void
pg_array_int4(struct buffer *array, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);

    pg_array_element(array, &wire, sizeof wire);
}

void
pg_array_int8(struct buffer *array, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);

    pg_array_element(array, &wire, sizeof wire);
}

void
pg_array_float4(struct buffer *array, float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    pg_array_int4(array, (int32_t)bits);
}

void
pg_array_jsonb(struct buffer *array, const char *text, size_t length)
{
    static const char version = 1; /* of the binary form: a byte, then the text */

    pg_array_word(array, (uint32_t)(length + sizeof version));
    buffer_add(array, &version, sizeof version);
    buffer_add(array, text, length);
}

void
pg_array_uuid(struct buffer *array, const unsigned char uuid[PG_UUID_BYTES])
{
    pg_array_element(array, uuid, PG_UUID_BYTES);
}

static unsigned
pg_uuid_digit(char digit)
{
    return isdigit((unsigned char)digit) ? (unsigned)(digit - '0')
                                         : (unsigned)(tolower((unsigned char)digit) - 'a' + 10);
}

void
pg_uuid_bytes(const char *text, unsigned char out[PG_UUID_BYTES])
{
    for (size_t i = 0; i < PG_UUID_BYTES; i++) {
        if (*text == '-') {
            text++;
        }
        out[i] = (unsigned char)(pg_uuid_digit(text[0]) << 4 | pg_uuid_digit(text[1]));
        text += 2;
    }
}

void
pg_uuid_text(const unsigned char uuid[PG_UUID_BYTES], char out[UUID_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < PG_UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        *out++ = digits[uuid[i] >> 4];
        *out++ = digits[uuid[i] & 0xf];
    }
    *out = '\0';
}
