/* session_token.h: the JWT that stands for a login (HS256, wire contract 2.1).  It is good only
 * together with its row in 'sessions'. */
#ifndef INVENTIV_API_SESSION_TOKEN_H
#define INVENTIV_API_SESSION_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "api/person.h"
#include "base/arena.h"

/* In the arena; NULL when the library fails. */
char *session_token_make(struct arena *arena, const char *secret, const struct person *person,
                         int64_t now_s, int64_t life_s);
/* Signature, algorithm, issuer and time. */
bool session_token_is_valid(const char *secret, const char *token, int64_t now_s);

#endif
