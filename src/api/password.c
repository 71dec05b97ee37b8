#include "api/password.h"

#include <sodium.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

struct error
password_hash(struct arena *arena, const char *password, const char **out)
{
    char *hash = arena_alloc(arena, crypto_pwhash_STRBYTES);

    if (crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0) {
        return error_static(ERR_LIMIT, "no memory to hash a password");
    }
    *out = hash;
    return NO_ERROR;
}

bool
password_fits(const char *hash, const char *password)
{
    return crypto_pwhash_str_verify(hash, password, strlen(password)) == 0;
}

char *
password_hash_of_nobody(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    char password[2 * 16 + 1];
    const char *hash = "";

    digest_random_hex(password, 16);
    struct error failed = password_hash(arena, password, &hash);
    return mem_strdup(error_is(failed) ? "" : hash);
}
