/* follow.h: waits for an instance and shows how far it is: a bar on a terminal, otherwise a line a
 * change.  Where it is shown: standard output, or standard error with --json. */
#ifndef INVENTIV_CLI_FOLLOW_H
#define INVENTIV_CLI_FOLLOW_H

#include "cli/cli.h"
#include "cli/stage.h"

struct follow_wish {
    const char *id; /* whole */
    enum goal goal;
    int64_t timeout_ms;
    bool patient; /* from the first look on an API that does not answer is borne with; otherwise
                   * from the second on */
};

/* Says so when the goal is reached (with --json: the instance as last seen).  ERR_STALE: it cannot
 * be reached any more; ERR_TIMEOUT; what remote.h says. */
MUST_CHECK struct error follow_instance(struct cli *cli, const struct follow_wish *wish);

/* --timeout, else INVENTIV_WAIT_SECONDS. */
MUST_CHECK struct error follow_timeout_given(const struct cli *cli, int64_t *out);

#endif
