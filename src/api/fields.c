#include "api/fields.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static json_t *
fields_time(const char *cell)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(strtoll(cell, NULL, 10), text);
    return json_string(text);
}

static json_t *
fields_value(enum field_kind kind, const char *cell)
{
    json_t *value = NULL;

    if (cell == NULL) {
        return json_null();
    }
    switch (kind) {
    case FIELD_TEXT:
        return json_string(cell);
    case FIELD_INTEGER:
        return json_integer(strtoll(cell, NULL, 10));
    case FIELD_NUMBER:
        return json_real(strtod(cell, NULL));
    case FIELD_BOOL:
        return json_boolean(cell[0] == 't');
    case FIELD_TIME:
        return fields_time(cell);
    case FIELD_JSON:
        value = json_loads(cell, JSON_DECODE_ANY, NULL);
        break;
    }
    return value == NULL ? json_null() : value;
}

/* Where each field's column is; looked up once for all rows. */
static size_t *
fields_columns(struct arena *arena, const struct db_rows *rows, const struct field *fields,
               size_t count)
{
    size_t *columns = arena_array(arena, size_t, count);

    for (size_t i = 0; i < count; i++) {
        size_t column = 0;
        while (column < rows->columns && strcmp(rows->names[column], fields[i].name) != 0) {
            column++;
        }
        assert(column < rows->columns);
        columns[i] = column;
    }
    return columns;
}

static json_t *
fields_row(const struct db_rows *rows, size_t row, const size_t *columns,
           const struct field *fields, size_t count)
{
    json_t *object = json_object();

    for (size_t i = 0; i < count; i++) {
        const char *cell = rows->cells[row * rows->columns + columns[i]];
        json_object_set_new_nocheck(object, fields[i].name, fields_value(fields[i].kind, cell));
    }
    return object;
}

json_t *
fields_object(struct arena *arena, const struct db_rows *rows, size_t row,
              const struct field *fields, size_t count)
{
    return fields_row(rows, row, fields_columns(arena, rows, fields, count), fields, count);
}

json_t *
fields_array(struct arena *arena, const struct db_rows *rows, const struct field *fields,
             size_t count)
{
    const size_t *columns = fields_columns(arena, rows, fields, count);
    json_t *array = json_array();

    for (size_t row = 0; row < rows->count; row++) {
        json_array_append_new(array, fields_row(rows, row, columns, fields, count));
    }
    return array;
}
