/* session.h: who we are to an API, kept in INVENTIV_CONFIG_DIR/session.json (mode 0600): one
 * session an API, and which API is meant where none is named.  A token is only ever sent to the
 * API that gave it. */
#ifndef INVENTIV_CLI_SESSION_H
#define INVENTIV_CLI_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"

struct session {
    const char *url;   /* of the API, without a slash at its end; NULL: none known */
    const char *login; /* e-mail or user name, as given; "" when not known */
    const char *token; /* NULL: not logged in there */
    int64_t expires_at_ms;
};

/* Checks and trims what a person gave as the API's address. */
MUST_CHECK struct error session_url(struct arena *arena, const char *given, const char **out);

/* The session with that API, or (url NULL) with the one meant where none is named.  A missing,
 * unreadable or broken file is no session. */
struct session session_read(struct arena *arena, const struct config *config, const char *url);
/* current: the API is from now on meant where none is named. */
MUST_CHECK struct error session_write(struct arena *arena, const struct config *config,
                                      const struct session *session, bool current);
/* Takes out the session with that API. */
MUST_CHECK struct error
session_remove(struct arena *arena, const struct config *config, const char *url);

#endif
