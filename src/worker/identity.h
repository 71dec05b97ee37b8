/* identity.h: who this worker is to the plane, and with which secret it says so.  Kept in the
 * state folder for one instance and generation; a new one draws a new secret.  Used by the
 * heartbeat's thread alone. */
#ifndef INVENTIV_WORKER_IDENTITY_H
#define INVENTIV_WORKER_IDENTITY_H

#include <stdbool.h>

#include "base/error.h"
#include "worker/worker_options.h"

enum { IDENTITY_SECRET_BYTES = 32, IDENTITY_TOKEN_SIZE = 513 };

struct identity {
    const struct worker_options *options;
    char secret[2 * IDENTITY_SECRET_BYTES + 1];
    bool enrolled;                   /* the plane has accepted the secret once */
    char token[IDENTITY_TOKEN_SIZE]; /* without enrolment: the existing system's; "" = none */
};

/* Reads what is kept, or draws and keeps it. */
MUST_CHECK struct error
identity_load(struct arena *arena, const struct worker_options *options, struct identity *out);
bool identity_enrols(const struct identity *identity); /* by token and secret of our own */

/* Bearers; "" = send none. */
const char *identity_register_bearer(const struct identity *identity);
const char *identity_beat_bearer(const struct identity *identity);

MUST_CHECK struct error identity_set_enrolled(struct arena *arena, struct identity *identity);
/* Takes a token that the plane issued and keeps it in WORKER_AUTH_TOKEN_FILE, where named.  The
 * token counts from then on even when it cannot be kept, which the error says. */
MUST_CHECK struct error
identity_adopt(struct arena *arena, struct identity *identity, const char *token);

#endif
