/* agent_binary.h: the program that machines install, given out under its own hash alone. */
#ifndef INVENTIV_API_AGENT_BINARY_H
#define INVENTIV_API_AGENT_BINARY_H

#include "api/api.h"

struct agent_binary;

/* path "": there is none, and every hash is unknown. */
struct agent_binary *agent_binary_new(const char *path);
void agent_binary_free(struct agent_binary *agent);

/* GET /agent/{sha256}.  The file is hashed again when it has changed. */
void agent_binary_serve(struct api *api, struct http_request *request, const char *hash);

#endif
