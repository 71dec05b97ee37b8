/* wish.h: what is wished of one instance: sent, and the API's word on it shown. */
#ifndef INVENTIV_CLI_WISH_H
#define INVENTIV_CLI_WISH_H

#include "cli/cli.h"

/* document: with --json the reply is the one document. */
MUST_CHECK struct error
wish_send(struct cli *cli, const char *method, const char *id, const char *what, bool document);

#endif
