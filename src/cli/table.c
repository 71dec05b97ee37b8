#include "cli/table.h"

#include <string.h>

#include "cli/clean_text.h"

enum { TABLE_GAP = 2, TABLE_READABLE = 20 };

struct table_cell {
    const char *text;
    enum colour colour;
};

struct table {
    struct arena *arena;
    const struct table_column *columns;
    size_t column_count;
    struct table_cell *cells;
    size_t cell_count;
    size_t cell_room;
};

const char *
colour_begin(enum colour colour)
{
    switch (colour) {
    case COLOUR_GREEN:
        return "\033[32m";
    case COLOUR_YELLOW:
        return "\033[33m";
    case COLOUR_RED:
        return "\033[31m";
    case COLOUR_DIM:
        return "\033[2m";
    case COLOUR_NONE:
        break;
    }
    return "";
}

const char *
colour_end(enum colour colour)
{
    return colour == COLOUR_NONE ? "" : "\033[0m";
}

struct table *
table_new(struct arena *arena, const struct table_column *columns, size_t count)
{
    struct table *table = arena_alloc(arena, sizeof *table);

    *table = (struct table){ .arena = arena, .columns = columns, .column_count = count };
    return table;
}

void
table_add(struct table *table, const char *text, enum colour colour)
{
    if (table->cell_count == table->cell_room) {
        size_t room = table->cell_room == 0 ? 64 : table->cell_room * 2;
        struct table_cell *cells = arena_array(table->arena, struct table_cell, room);
        if (table->cell_count > 0) {
            memcpy(cells, table->cells, table->cell_count * sizeof *cells);
        }
        table->cells = cells;
        table->cell_room = room;
    }
    table->cells[table->cell_count++] =
        (struct table_cell){ clean_line(table->arena, text), colour };
}

/* What each column would like to have. */
static void
table_natural_widths(const struct table *table, size_t *widths)
{
    for (size_t c = 0; c < table->column_count; c++) {
        widths[c] = clean_width(table->columns[c].title);
        for (size_t i = c; i < table->cell_count; i += table->column_count) {
            size_t width = clean_width(table->cells[i].text);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
}

/* The first column stays; and all do in a table without rows. */
static void
table_leave_out_empty(const struct table *table, size_t *widths)
{
    for (size_t c = 1; c < table->column_count; c++) {
        bool empty = true;
        for (size_t i = c; i < table->cell_count && empty; i += table->column_count) {
            empty = table->cells[i].text[0] == '\0';
        }
        widths[c] = empty && table->cell_count > 0 ? 0 : widths[c];
    }
}

/* A column of width 0 is left out. */
static size_t
table_total(const struct table *table, const size_t *widths)
{
    size_t total = 0;

    for (size_t c = 0; c < table->column_count; c++) {
        total += widths[c] == 0 ? 0 : widths[c] + (total == 0 ? 0 : TABLE_GAP);
    }
    return total;
}

/* How narrow a column may become; readable: while others could still be left out instead. */
static size_t
table_least(const struct table_column *column, bool readable)
{
    return readable && column->shrink_to < TABLE_READABLE ? TABLE_READABLE : column->shrink_to;
}

/* Takes from the widest of those that may shrink, one by one; false when none may any more. */
static bool
table_shrink(const struct table *table, size_t *widths, size_t excess, bool readable)
{
    for (; excess > 0; excess--) {
        size_t widest = table->column_count;
        for (size_t c = 0; c < table->column_count; c++) {
            const struct table_column *column = &table->columns[c];
            bool may = column->shrink_to > 0 && widths[c] > table_least(column, readable);
            if (may && (widest == table->column_count || widths[c] > widths[widest])) {
                widest = c;
            }
        }
        if (widest == table->column_count) {
            return false;
        }
        widths[widest]--;
    }
    return true;
}

static bool
table_drop(const struct table *table, size_t *natural)
{
    size_t chosen = table->column_count;

    for (size_t c = 0; c < table->column_count; c++) {
        int drop = natural[c] == 0 ? 0 : table->columns[c].drop;
        if (drop > 0 && (chosen == table->column_count || drop > table->columns[chosen].drop)) {
            chosen = c;
        }
    }
    if (chosen == table->column_count) {
        return false;
    }
    natural[chosen] = 0;
    return true;
}

static void
table_fit(const struct table *table, size_t width, size_t *widths)
{
    size_t *natural = arena_array(table->arena, size_t, table->column_count);
    bool fits = false;
    size_t total;

    table_natural_widths(table, natural);
    if (width > 0) {
        table_leave_out_empty(table, natural);
    }
    do {
        memcpy(widths, natural, table->column_count * sizeof *widths);
        total = table_total(table, widths);
        fits = width == 0 || total <= width || table_shrink(table, widths, total - width, true);
    } while (!fits && table_drop(table, natural));
    total = table_total(table, widths);
    if (!fits && total > width) {
        table_shrink(table, widths, total - width, false); /* as narrow as it gets */
    }
}

static void
table_pad(struct buffer *out, size_t count)
{
    buffer_printf(out, "%*s", (int)count, "");
}

static void
table_write_row(const struct table *table, const struct table_form *form, const size_t *widths,
                const struct table_cell *cells, struct buffer *out)
{
    size_t owed = 0; /* spaces before the next cell: none are written at a line's end */
    bool first = true;

    for (size_t c = 0; c < table->column_count; c++) {
        if (widths[c] == 0) {
            continue;
        }
        const char *text = clean_cut(table->arena, cells[c].text, widths[c], form->unicode);
        enum colour colour = form->colour ? cells[c].colour : COLOUR_NONE;
        size_t used = clean_width(text);
        size_t padding = widths[c] > used ? widths[c] - used : 0;
        owed += (first ? 0 : TABLE_GAP) + (table->columns[c].right ? padding : 0);
        if (used > 0) {
            table_pad(out, owed);
            buffer_printf(out, "%s%s%s", colour_begin(colour), text, colour_end(colour));
            owed = 0;
        }
        owed += table->columns[c].right ? 0 : padding;
        first = false;
    }
    buffer_add_text(out, "\n");
}

void
table_write(const struct table *table, const struct table_form *form, struct buffer *out)
{
    size_t *widths = arena_array(table->arena, size_t, table->column_count);
    struct table_cell *titles = arena_array(table->arena, struct table_cell, table->column_count);

    table_fit(table, form->width, widths);
    for (size_t c = 0; c < table->column_count; c++) {
        titles[c] = (struct table_cell){ table->columns[c].title, COLOUR_DIM };
    }
    table_write_row(table, form, widths, titles, out);
    for (size_t i = 0; i + table->column_count <= table->cell_count; i += table->column_count) {
        table_write_row(table, form, widths, table->cells + i, out);
    }
}
