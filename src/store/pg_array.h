/* pg_array.h: one-dimensional arrays in PostgreSQL's binary form, as parameters of statements that
 * write many rows.  Build: start, one of the adds per element, then take the bytes. */
#ifndef INVENTIV_STORE_PG_ARRAY_H
#define INVENTIV_STORE_PG_ARRAY_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/digest.h"

enum pg_type {
    PG_INT8 = 20,
    PG_INT4 = 23,
    PG_TEXT = 25,
    PG_FLOAT4 = 700,
    PG_UUID = 2950,
    PG_JSONB = 3802,
};

enum { PG_UUID_BYTES = 16 };

/* Empties the buffer and begins an array of count elements, all of which must then be added. */
void pg_array_start(struct buffer *array, enum pg_type type, size_t count);
void pg_array_null(struct buffer *array);
void pg_array_text(struct buffer *array, const char *text); /* NULL: null */
void pg_array_int4(struct buffer *array, int32_t value);
void pg_array_int8(struct buffer *array, int64_t value);
void pg_array_float4(struct buffer *array, float value);
void pg_array_jsonb(struct buffer *array, const char *text, size_t length);
void pg_array_uuid(struct buffer *array, const unsigned char uuid[PG_UUID_BYTES]);

/* "8-4-4-4-12" hex digits, which the caller has checked (digest_is_uuid). */
void pg_uuid_bytes(const char *text, unsigned char out[PG_UUID_BYTES]);
/* ... and back, in lower case. */
void pg_uuid_text(const unsigned char uuid[PG_UUID_BYTES], char out[UUID_TEXT_SIZE]);

#endif
