/* fields.h: rows of the database as JSON: a table a resource says which column becomes which
 * member, so that the table is the contract of its shape. */
#ifndef INVENTIV_API_FIELDS_H
#define INVENTIV_API_FIELDS_H

#include <jansson.h>

#include "store/db.h"

enum field_kind {
    FIELD_TEXT,
    FIELD_INTEGER,
    FIELD_NUMBER,
    FIELD_BOOL,
    FIELD_TIME, /* milliseconds in the row, RFC 3339 on the wire */
    FIELD_JSON,
};

/* Named as the column is.  Null in the row is null in JSON. */
struct field {
    const char *name;
    enum field_kind kind;
};

/* New references. */
json_t *fields_object(struct arena *arena, const struct db_rows *rows, size_t row,
                      const struct field *fields, size_t count);
json_t *fields_array(struct arena *arena, const struct db_rows *rows, const struct field *fields,
                     size_t count);

#endif
