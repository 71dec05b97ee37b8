/* error.h: a fault of ours, passed up by value.  An expected outcome (gone, throttled, stale) is a
 * result of its own and never an error.  Errors are logged once, at the edge: the request handler,
 * the job runner, main(). */
#ifndef INVENTIV_BASE_ERROR_H
#define INVENTIV_BASE_ERROR_H

#include <stdbool.h>

#include "base/arena.h"

/* code, name on the wire and in logs */
#define ERROR_CODES(X)                                                                             \
    X(NONE, "none")                                                                                \
    X(INPUT, "invalid_input")                                                                      \
    X(CONFIG, "invalid_config")                                                                    \
    X(NOT_FOUND, "not_found")                                                                      \
    X(CONFLICT, "conflict")                                                                        \
    X(DENIED, "denied")                                                                            \
    X(STALE, "stale")                                                                              \
    X(LEASE_LOST, "LEASE_LOST")                                                                    \
    X(LIMIT, "limit_reached")                                                                      \
    X(TIMEOUT, "timeout")                                                                          \
    X(UNAVAILABLE, "unavailable")                                                                  \
    X(DATABASE, "db_error")                                                                        \
    X(IO, "io_error")                                                                              \
    X(INTERNAL, "internal_error")

enum error_code {
#define X(code, name) ERR_##code,
    ERROR_CODES(X)
#undef X
};

/* message says what was tried on which id; it lives in the arena of the unit of work, or is a
 * literal. */
struct error {
    enum error_code code;
    const char *message;
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define NO_ERROR ((struct error){ .code = ERR_NONE })

struct error error_make(struct arena *arena, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For messages that are literals. */
static inline struct error
error_static(enum error_code code, const char *literal)
{
    return (struct error){ .code = code, .message = literal };
}

static inline bool
error_is(struct error error)
{
    return error.code != ERR_NONE;
}

const char *error_code_name(enum error_code code);

/* The one macro that may return: passes an error up. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        struct error try_error_ = (expression);                                                    \
        if (error_is(try_error_)) {                                                                \
            return try_error_;                                                                     \
        }                                                                                          \
    } while (0)

#endif
