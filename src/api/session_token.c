#include "api/session_token.h"

#include <jwt.h>
#include <string.h>

#include "base/digest.h"
#include "base/mem.h"

#define SESSION_TOKEN_ISSUER "inventiv-api"

static void
session_token_free_at(jwt_t **token)
{
    if (*token != NULL) {
        jwt_free(*token);
    }
}
#define CLEANUP_JWT __attribute__((cleanup(session_token_free_at)))

static int
session_token_add_claims(jwt_t *token, const struct person *person, int64_t now_s, int64_t life_s)
{
    char id[UUID_TEXT_SIZE];

    digest_uuid(id);
    return jwt_add_grant(token, "iss", SESSION_TOKEN_ISSUER) |
           jwt_add_grant(token, "sub", person->user_id) |
           jwt_add_grant(token, "email", person->email) |
           jwt_add_grant(token, "role", role_name(person->role)) |
           jwt_add_grant(token, "session_id", person->session_id) |
           jwt_add_grant(token, "jti", id) | jwt_add_grant_int(token, "iat", (long)now_s) |
           jwt_add_grant_int(token, "exp", (long)(now_s + life_s));
}

char *
session_token_make(struct arena *arena, const char *secret, const struct person *person,
                   int64_t now_s, int64_t life_s)
{
    CLEANUP_JWT jwt_t *token = NULL;

    if (jwt_new(&token) != 0 ||
        jwt_set_alg(token, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) !=
            0 ||
        session_token_add_claims(token, person, now_s, life_s) != 0) {
        return NULL;
    }
    char *text = jwt_encode_str(token);
    char *copy = arena_strdup(arena, text);
    mem_free(text); /* libjwt takes it from malloc */
    return copy;
}

bool
session_token_is_valid(const char *secret, const char *text, int64_t now_s)
{
    CLEANUP_JWT jwt_t *token = NULL;

    if (jwt_decode(&token, text, (const unsigned char *)secret, (int)strlen(secret)) != 0 ||
        jwt_get_alg(token) != JWT_ALG_HS256) {
        return false;
    }
    const char *issuer = jwt_get_grant(token, "iss");
    return issuer != NULL && strcmp(issuer, SESSION_TOKEN_ISSUER) == 0 &&
           jwt_get_grant_int(token, "exp") > now_s;
}
