/* arguments.h: a command's own options and arguments, read by its declared table. */
#ifndef INVENTIV_CLI_ARGUMENTS_H
#define INVENTIV_CLI_ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { OPTIONS_MAX = 8 };

struct option_form {
    const char *name;  /* "model", for --model; NULL ends the table */
    const char *value; /* "M", as help shows it; NULL: a flag */
    const char *text;
};

struct argument_form {
    const char *shown; /* "ID PROMPT", as help shows it; "" for none */
    size_t least;
    size_t most;
    const struct option_form *options; /* at most OPTIONS_MAX; NULL: none */
};

struct arguments {
    const struct argument_form *form;
    const char *options[OPTIONS_MAX]; /* by place in the form; NULL: not given, "" for a flag */
    const char **given;
    size_t count;
};

/* Options may stand anywhere, as --name VALUE or --name=VALUE; after -- nothing is an option.
 * ERR_INPUT says what is wrong and what there is. */
MUST_CHECK struct error arguments_parse(struct arena *arena, const struct argument_form *form,
                                        char *const *words, size_t count, struct arguments *out);

/* NULL: not given. */
const char *arguments_option(const struct arguments *arguments, const char *name);
/* A number of seconds as ms; fallback_ms when the option was not given. */
MUST_CHECK struct error arguments_seconds(const struct arguments *arguments, struct arena *arena,
                                          const char *name, int64_t fallback_ms, int64_t *out);
/* A whole number from 1 to most. */
MUST_CHECK struct error
arguments_count(const struct arguments *arguments, struct arena *arena, const char *name,
                int64_t fallback, int64_t most, int64_t *out);

#endif
