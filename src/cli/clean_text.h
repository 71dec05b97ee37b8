/* clean_text.h: text from outside made fit for a terminal, and measured in columns.  Controls, C1
 * controls, marks that turn the direction of writing, and bytes that are no UTF-8 become U+FFFD,
 * so that nothing that the API says can move the cursor or hide what stands there. */
#ifndef INVENTIV_CLI_CLEAN_TEXT_H
#define INVENTIV_CLI_CLEAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* One line: line ends and tabs become spaces.  NULL gives "". */
const char *clean_line(struct arena *arena, const char *text);
/* Line ends and tabs stay. */
const char *clean_lines(struct arena *arena, const char *text);
/* JSON text that means the same, with DEL, C1 controls and turning marks escaped; length may hold
 * no NUL. */
const char *clean_json(struct arena *arena, const char *text);

/* Columns on a terminal. */
size_t clean_width(const char *text);
/* At most 'width' columns, with a mark where something was cut off. */
const char *clean_cut(struct arena *arena, const char *text, size_t width, bool unicode);

#endif
