/* refusal.h: what a call that did not end well means to a person. */
#ifndef INVENTIV_CLI_REFUSAL_H
#define INVENTIV_CLI_REFUSAL_H

#include "base/error.h"
#include "base/http_client.h"

/* ERR_UNAVAILABLE, for a call that was not answered.  mutates: it may have been done. */
struct error
refusal_no_answer(struct arena *arena, const char *url, const struct http_call *call, bool mutates);
/* For a status of 300 and above. */
struct error refusal_of(struct arena *arena, const char *url, const struct http_call *call);

#endif
