/* program.h: what every program does the same way at its start: --help, --version,
 * --print-config, settings, log, randomness, ignored SIGPIPE. */
#ifndef INVENTIV_BASE_PROGRAM_H
#define INVENTIV_BASE_PROGRAM_H

#include "base/config.h"

struct program {
    const char *name;    /* "inventiv-api" */
    char letter;         /* see settings.def */
    const char *summary; /* one line for --help */
    const char *usage;   /* further lines for --help: the program's own options; may be NULL */
    bool for_people;     /* readable log lines, and no word about the unknown names that a person's
                          * environment holds */
};

/* Answers --help, --version and --print-config and ends the process with 0; ends it with 2 and a
 * message on standard error when a setting is wrong.  Otherwise starts log and randomness and
 * returns the settings, which the caller frees.  Other arguments are the program's own. */
struct config *program_start(const struct program *program, int argc, char **argv);

/* "1.0.0 (commit)", from the build. */
const char *program_version(void);

/* Ends the process with 0 after that time, whatever hangs then; for programs that were told to stop. */
void program_end_within(int64_t limit_ms);

#endif
