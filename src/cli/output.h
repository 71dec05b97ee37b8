/* output.h: where a command's answer goes.  With --json that is one document and nothing else, so
 * what is said to people is left out; whatever the API said is cleaned here (clean_text.h). */
#ifndef INVENTIV_CLI_OUTPUT_H
#define INVENTIV_CLI_OUTPUT_H

#include <jansson.h>

#include "cli/cli.h"
#include "cli/table.h"

/* The API's JSON as it came; once a process. */
void output_document(struct cli *cli, const char *text);
/* A line to standard output. */
void output_line(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line to standard error, --json or not. */
void output_note(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_table(struct cli *cli, const struct table *table);
/* "label      value" on standard output; nothing when the value is "". */
void output_fact(struct cli *cli, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
