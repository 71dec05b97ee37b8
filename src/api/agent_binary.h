/* agent_binary.h: the program that machines install, given out under its own hash alone: the
 * present one, and those before it that are still kept (agent_store.h). */
#ifndef INVENTIV_API_AGENT_BINARY_H
#define INVENTIV_API_AGENT_BINARY_H

#include "api/api.h"

struct agent_binary;

/* Reads AGENT_BINARY (empty: there is none, and every hash but those kept is unknown) and keeps a
 * copy of it. */
struct agent_binary *agent_binary_new(const struct config *config);
void agent_binary_free(struct agent_binary *agent);

/* GET /agent/{sha256}.  The files are looked at in a pool. */
void agent_binary_serve(struct api *api, struct http_request *request, const char *hash);

#endif
