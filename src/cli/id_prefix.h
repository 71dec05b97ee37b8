/* id_prefix.h: instances named by the first characters of their id. */
#ifndef INVENTIV_CLI_ID_PREFIX_H
#define INVENTIV_CLI_ID_PREFIX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { ID_PREFIX_MIN = 4, ID_SHOWN = 8, ID_LENGTH = 36 };

/* Hex digits and dashes, ID_PREFIX_MIN to ID_LENGTH of them. */
bool id_prefix_is_valid(const char *text);
bool id_is_whole(const char *text);

/* The one id of the list (of objects with "id") that begins so, in any case of letters; the list
 * keeps it.  *out is NULL where none does; ERR_INPUT names those that do where several do. */
MUST_CHECK struct error
id_prefix_find(struct arena *arena, const json_t *list, const char *prefix, const char **out);

/* How many characters tell these ids apart: at least ID_SHOWN. */
size_t id_prefix_length(struct arena *arena, const json_t *list);

#endif
