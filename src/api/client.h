/* client.h: where a request comes from, and whether it was meant for us: address and scheme as
 * trusted proxies tell them, Host and Origin. */
#ifndef INVENTIV_API_CLIENT_H
#define INVENTIV_API_CLIENT_H

#include <stdbool.h>

#include "base/config.h"
#include "base/http_server.h"

/* The peer's address; behind trusted proxies the last hop of X-Forwarded-For that is none of
 * them.  In the arena. */
const char *client_address(struct arena *arena, const struct config *config,
                           const struct http_request *request);
/* Told by a trusted proxy (X-Forwarded-Proto). */
bool client_is_https(const struct config *config, const struct http_request *request);

/* The Host is that of API_LISTEN or API_PUBLIC_URL, "localhost", or an address: a name that
 * somebody else points at us is none of these. */
bool client_means_us(const struct config *config, const struct http_request *request);
/* The Origin is there and is the Host itself. */
bool client_origin_is_ours(const struct http_request *request);

#endif
