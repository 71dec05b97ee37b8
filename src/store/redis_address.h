/* redis_address.h: what REDIS_URL says. */
#ifndef INVENTIV_STORE_REDIS_ADDRESS_H
#define INVENTIV_STORE_REDIS_ADDRESS_H

#include "base/error.h"

struct redis_address {
    const char *path; /* of a Unix socket; NULL: host and port */
    const char *host;
    int port;
    const char *user;     /* NULL: the default user */
    const char *password; /* NULL: none asked for */
    const char *database; /* a number as text; NULL: 0 */
};

/* redis://[[user]:password@]host[:port][/db] or unix:///path[?password=...][&db=N]; parts may be
 * percent-encoded.  ERR_CONFIG, without the password.  Texts live in the arena. */
MUST_CHECK struct error
redis_address_parse(struct arena *arena, const char *url, struct redis_address *out);

#endif
