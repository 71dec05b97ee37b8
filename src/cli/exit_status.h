/* exit_status.h: what the command line ends with.  Scripts rest on these numbers: --help and
 * README.md show them. */
#ifndef INVENTIV_CLI_EXIT_STATUS_H
#define INVENTIV_CLI_EXIT_STATUS_H

#include "base/error.h"

#define EXIT_STATUSES(X)                                                                           \
    X(OK, 0, "done")                                                                               \
    X(FAILED, 1, "failed, or what was waited for can no longer happen")                            \
    X(USAGE, 2, "wrong command, argument or setting, also as the API judges them")                 \
    X(DENIED, 3, "not logged in, or not allowed")                                                  \
    X(NOT_FOUND, 4, "no such instance or thing")                                                   \
    X(CONFLICT, 5, "not possible in its present state")                                            \
    X(UNREACHABLE, 6, "the API does not answer")                                                   \
    X(TIMEOUT, 7, "waited as long as allowed")

enum exit_status {
#define X(name, number, text) EXIT_STATUS_##name = (number),
    EXIT_STATUSES(X)
#undef X
};

enum exit_status exit_status_of(enum error_code code);

#endif
