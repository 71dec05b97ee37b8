/* access.h: who asks, and whether they may.  A session's token comes in the cookie or as bearer;
 * with the cookie, a request that changes something must come from our own pages. */
#ifndef INVENTIV_API_ACCESS_H
#define INVENTIV_API_ACCESS_H

#include "api/exchange.h"

#define ACCESS_COOKIE "inventiv_session"

/* Fills exchange->person, or gives the refusal as the reply. */
MUST_CHECK struct error access_admit(struct exchange *exchange, struct db *db);

/* Of a public route: somebody else's page may not log its visitors in here.  Gives the refusal as
 * the reply. */
void access_refuse_foreign_login(struct exchange *exchange);

/* It says so, or there is none. */
bool access_body_is_json(const struct http_request *request);

/* The token of "Authorization: Bearer TOKEN"; NULL where there is none. */
const char *access_bearer(const struct http_request *request);

#endif
