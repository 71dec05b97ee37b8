/* digest.h: randomness, hashes, uuids and constant-time comparison, over libsodium.  Password
 * hashing belongs to the API. */
#ifndef INVENTIV_BASE_DIGEST_H
#define INVENTIV_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32, DIGEST_RANDOM_MAX = 32, DIGEST_HEX_SIZE = 65, UUID_TEXT_SIZE = 37 };

/* Once at start, before threads; aborts when the system has no randomness. */
void digest_start(void);

uint32_t digest_random_below(uint32_t bound); /* 0 .. bound-1; bound > 0 */
/* count random bytes (DIGEST_RANDOM_MAX at most) as 2*count hex digits and a NUL. */
void digest_random_hex(char *out, size_t count);
void digest_uuid(char out[UUID_TEXT_SIZE]); /* version 4, lower case */
bool digest_is_uuid(const char *text);      /* 8-4-4-4-12 hex digits, either case */

void digest_sha256(const void *bytes, size_t length, unsigned char out[DIGEST_BYTES]);
/* count bytes as 2*count hex digits and a NUL. */
void digest_hex(const unsigned char *bytes, size_t count, char *out);
void digest_sha256_hex(const void *bytes, size_t length, char out[DIGEST_HEX_SIZE]);
/* False when the file cannot be read whole. */
bool digest_file_sha256_hex(const char *path, char out[DIGEST_HEX_SIZE]);

/* Takes a time that depends on the lengths alone. */
bool digest_equal(const char *a, const char *b);

#endif
