/* row.c: cells of rows, and texts of parameters (db.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/json.h"
#include "store/db.h"

const char *
db_i64(struct arena *arena, int64_t value)
{
    return arena_printf(arena, "%lld", (long long)value);
}

const char *
db_bool(bool value)
{
    return value ? "true" : "false";
}

const char *
db_json(struct arena *arena, const json_t *value)
{
    return json_text(arena, value);
}

const char *
db_uuid_array(struct arena *arena, const char *const *uuids, size_t count)
{
    CLEANUP_BUFFER struct buffer text = { 0 };

    buffer_add_text(&text, "{");
    for (size_t i = 0; i < count; i++) {
        buffer_add_text(&text, i == 0 ? "" : ",");
        buffer_add_text(&text, uuids[i]);
    }
    buffer_add_text(&text, "}");
    return arena_strndup(arena, text.bytes, text.length);
}

static const char *
row_cell(const struct db_rows *rows, size_t row, const char *column)
{
    for (size_t i = 0; i < rows->columns; i++) {
        if (strcmp(rows->names[i], column) == 0) {
            return rows->cells[row * rows->columns + i];
        }
    }
    fprintf(stderr, "no column named %s in this query\n", column);
    abort();
}

bool
row_is_null(const struct db_rows *rows, size_t row, const char *column)
{
    return row_cell(rows, row, column) == NULL;
}

const char *
row_text_or_null(const struct db_rows *rows, size_t row, const char *column)
{
    return row_cell(rows, row, column);
}

const char *
row_text(const struct db_rows *rows, size_t row, const char *column)
{
    const char *cell = row_cell(rows, row, column);

    return cell == NULL ? "" : cell;
}

int64_t
row_i64(const struct db_rows *rows, size_t row, const char *column, int64_t if_null)
{
    const char *cell = row_cell(rows, row, column);

    return cell == NULL ? if_null : strtoll(cell, NULL, 10);
}

bool
row_bool(const struct db_rows *rows, size_t row, const char *column)
{
    const char *cell = row_cell(rows, row, column);

    return cell != NULL && cell[0] == 't';
}

json_t *
row_json(const struct db_rows *rows, size_t row, const char *column)
{
    const char *cell = row_cell(rows, row, column);
    json_t *value = cell == NULL ? NULL : json_loads(cell, JSON_DECODE_ANY, NULL);

    return value == NULL ? json_null() : value;
}
