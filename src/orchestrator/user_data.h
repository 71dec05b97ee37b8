/* user_data.h: what a machine is told at its boot: assignments, then the installer of the provider
 * row's profile (deploy/installer/, compiled in). */
#ifndef INVENTIV_ORCHESTRATOR_USER_DATA_H
#define INVENTIV_ORCHESTRATOR_USER_DATA_H

#include "orchestrator/case.h"

/* At start: the hash of the agent that machines are to run.  ERR_CONFIG when AGENT_BINARY cannot be
 * read. */
MUST_CHECK struct error user_data_start(struct arena *arena, const struct config *config);

/* enrolment_token is in the text and nowhere else.  ERR_CONFIG: no such profile. */
MUST_CHECK struct error
user_data_render(struct arena *arena, const struct config *config, const struct instance_case *one,
                 const char *enrolment_token, const char **out);

#endif
