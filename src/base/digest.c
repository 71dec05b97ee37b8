#include "base/digest.h"

#include <assert.h>
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
digest_start(void)
{
    if (sodium_init() < 0) {
        abort();
    }
}

uint32_t
digest_random_below(uint32_t bound)
{
    return randombytes_uniform(bound);
}

void
digest_hex(const unsigned char *bytes, size_t count, char *out)
{
    sodium_bin2hex(out, count * 2 + 1, bytes, count);
}

void
digest_random_hex(char *out, size_t count)
{
    unsigned char bytes[DIGEST_RANDOM_MAX];

    assert(count <= sizeof bytes);
    randombytes_buf(bytes, count);
    digest_hex(bytes, count, out);
}

void
digest_uuid(char out[UUID_TEXT_SIZE])
{
    unsigned char b[16];

    randombytes_buf(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(out, UUID_TEXT_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
             b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
}

bool
digest_is_uuid(const char *text)
{
    if (text == NULL || strlen(text) != UUID_TEXT_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : !isxdigit((unsigned char)text[i])) {
            return false;
        }
    }
    return true;
}

void
digest_sha256(const void *bytes, size_t length, unsigned char out[DIGEST_BYTES])
{
    crypto_hash_sha256(out, bytes, length);
}

void
digest_sha256_hex(const void *bytes, size_t length, char out[DIGEST_HEX_SIZE])
{
    unsigned char hash[DIGEST_BYTES];

    digest_sha256(bytes, length, hash);
    digest_hex(hash, sizeof hash, out);
}

bool
digest_file_sha256_hex(const char *path, char out[DIGEST_HEX_SIZE])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    unsigned char piece[16 * 1024];
    crypto_hash_sha256_state state;
    size_t got;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return false;
    }
    crypto_hash_sha256_init(&state);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) {
        crypto_hash_sha256_update(&state, piece, got);
    }
    bool whole = ferror(file) == 0;
    fclose(file);
    crypto_hash_sha256_final(&state, hash);
    digest_hex(hash, sizeof hash, out);
    return whole;
}

bool
digest_equal(const char *a, const char *b)
{
    size_t length = strlen(a);

    return length == strlen(b) && sodium_memcmp(a, b, length) == 0;
}
