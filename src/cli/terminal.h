/* terminal.h: what stands at the other end of a stream, and questions to whoever sits there. */
#ifndef INVENTIV_CLI_TERMINAL_H
#define INVENTIV_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

struct terminal {
    bool is_terminal;
    bool colour;  /* a terminal, and neither NO_COLOR nor TERM=dumb */
    bool redraws; /* a terminal that can go back to the begin of a line */
    bool unicode;
    size_t width; /* 0: not a terminal */
};

/* Once, before anything else here: takes the locale of the environment. */
void terminal_start(void);
struct terminal terminal_of(FILE *stream);

/* A line of standard input, without its end; at most LINE_MAX_LENGTH bytes.  The question goes to
 * standard error and only where standard input is a terminal.  ERR_INPUT at the end of input. */
enum { LINE_MAX_LENGTH = 1024 };
MUST_CHECK struct error terminal_ask(struct arena *arena, const char *question, const char **out);
/* The same, without showing what is typed, even when a signal ends the program meanwhile. */
MUST_CHECK struct error
terminal_ask_secret(struct arena *arena, const char *question, const char **out);
/* True where nobody can be asked. */
bool terminal_confirms(struct arena *arena, const char *question);

#endif
