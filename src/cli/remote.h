/* remote.h: one request to the API as whoever is logged in, and what its answer means here.  Logs in
 * by itself where the settings say as whom. */
#ifndef INVENTIV_CLI_REMOTE_H
#define INVENTIV_CLI_REMOTE_H

#include <jansson.h>

#include "cli/cli.h"

struct remote_reply {
    int status;
    const char *text; /* as it came */
    json_t *json;     /* never NULL */
    const char *next; /* where the list's next page begins; "" when this was the last */
};

void remote_reply_free(struct remote_reply *reply);
#define CLEANUP_REPLY __attribute__((cleanup(remote_reply_free)))

/* Zero-initialise *reply.  The body is borrowed; NULL: none.  The reply's text lives in 'arena', an
 * error's message in cli->arena.  ERR_DENIED, ERR_NOT_FOUND, ERR_CONFLICT, ERR_INPUT and ERR_LIMIT
 * are the API's own words; ERR_UNAVAILABLE: it does not answer, or not now. */
MUST_CHECK struct error
remote_call(struct cli *cli, struct arena *arena, const char *method, const char *path,
            const json_t *body, struct remote_reply *reply);
/* GET, whose answer must be a list or, with list false, an object. */
MUST_CHECK struct error remote_get(struct cli *cli, struct arena *arena, const char *path,
                                   bool list, struct remote_reply *reply);

/* A list with all its pages; *reply holds them as one, its text too.  The path has a query. */
MUST_CHECK struct error
remote_get_list(struct cli *cli, const char *path, struct remote_reply *reply);

/* Logs in and keeps the session; current: see session.h. */
MUST_CHECK struct error remote_login(struct cli *cli, const char *url, const char *login,
                                     const char *password, bool current);
/* Sets cli->session.url: the API that is meant.  ERR_DENIED where none is known. */
MUST_CHECK struct error remote_find_session(struct cli *cli);

#endif
