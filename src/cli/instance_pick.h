/* instance_pick.h: the instance that an argument names. */
#ifndef INVENTIV_CLI_INSTANCE_PICK_H
#define INVENTIV_CLI_INSTANCE_PICK_H

#include "cli/cli.h"

/* A whole id is taken as it is; the begin of one is looked for among the instances, archived ones
 * last.  ERR_INPUT: no id, or several; ERR_NOT_FOUND. */
MUST_CHECK struct error instance_pick(struct cli *cli, const char *given, const char **out);
/* Its first characters, for sentences. */
const char *instance_short(struct cli *cli, const char *id);

/* GET /instances/ID and POST, PUT, DELETE of what belongs to it. */
const char *instance_path(struct cli *cli, const char *id, const char *what);

#endif
