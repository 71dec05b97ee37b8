/* table.h: rows under titles, fitted to a width: columns without content are left out; columns that
 * may shrink do so as far as they stay readable; then those that may go are left out; then the rest
 * shrinks further.  Knows nothing of what it shows. */
#ifndef INVENTIV_CLI_TABLE_H
#define INVENTIV_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"

enum colour { COLOUR_NONE, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_RED, COLOUR_DIM };

struct table_column {
    const char *title;
    bool right;       /* aligned */
    size_t shrink_to; /* narrowest; 0: never cut */
    int drop;         /* 0: always there; the highest goes first */
};

struct table_form {
    size_t width; /* 0: as wide as it comes */
    bool colour;
    bool unicode;
};

struct table;

/* Columns are kept as a pointer.  Lives in the arena. */
struct table *table_new(struct arena *arena, const struct table_column *columns, size_t count);
/* The next cell, row by row; cleaned (clean_text.h) and copied. */
void table_add(struct table *table, const char *text, enum colour colour);
void table_write(const struct table *table, const struct table_form *form, struct buffer *out);

/* The escape sequence of a colour and the one that ends it. */
const char *colour_begin(enum colour colour);
const char *colour_end(enum colour colour);

#endif
