/* password.h: Argon2id, through libsodium.  Each call takes tens of milliseconds and 64 MiB: only
 * in the pool that bounds how many run at once, and at start. */
#ifndef INVENTIV_API_PASSWORD_H
#define INVENTIV_API_PASSWORD_H

#include <stdbool.h>

#include "base/error.h"

/* libsodium's text form, in the arena. */
MUST_CHECK struct error password_hash(struct arena *arena, const char *password, const char **out);
bool password_fits(const char *hash, const char *password);

/* Of a random password, so that an unknown user costs as much time as a known one.  The caller
 * frees it with mem_free(). */
char *password_hash_of_nobody(void);

#endif
