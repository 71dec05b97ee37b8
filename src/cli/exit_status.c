#include "cli/exit_status.h"

enum exit_status
exit_status_of(enum error_code code)
{
    switch (code) {
    case ERR_NONE:
        return EXIT_STATUS_OK;
    case ERR_INPUT:
    case ERR_CONFIG:
        return EXIT_STATUS_USAGE;
    case ERR_DENIED:
        return EXIT_STATUS_DENIED;
    case ERR_NOT_FOUND:
        return EXIT_STATUS_NOT_FOUND;
    case ERR_CONFLICT:
        return EXIT_STATUS_CONFLICT;
    case ERR_UNAVAILABLE:
        return EXIT_STATUS_UNREACHABLE;
    case ERR_TIMEOUT:
        return EXIT_STATUS_TIMEOUT;
    case ERR_STALE:
    case ERR_LEASE_LOST:
    case ERR_LIMIT:
    case ERR_DATABASE:
    case ERR_IO:
    case ERR_INTERNAL:
        break;
    }
    return EXIT_STATUS_FAILED;
}
