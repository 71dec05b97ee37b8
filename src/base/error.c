#include "base/error.h"

#include <stdarg.h>

struct error
error_make(struct arena *arena, enum error_code code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    struct error error = { .code = code, .message = arena_vprintf(arena, format, args) };
    va_end(args);
    return error;
}

const char *
error_code_name(enum error_code code)
{
    switch (code) {
#define X(code, name)                                                                              \
    case ERR_##code:                                                                               \
        return name;
        ERROR_CODES(X)
#undef X
    }
    return "unknown";
}
