/* json_reader.h: the plain part of JSON, quickly: texts of ASCII without escapes, a modest depth, no
 * member twice.  Makes jansson's values.  What it takes, jansson takes for the same value; what it
 * leaves may be good all the same, and is jansson's to judge. */
#ifndef INVENTIV_BASE_JSON_READER_H
#define INVENTIV_BASE_JSON_READER_H

#include <jansson.h>
#include <stddef.h>

/* NULL: left.  Values that were made until then are not freed: they must be in an arena. */
json_t *json_reader_read(const char *text, size_t length);

#endif
