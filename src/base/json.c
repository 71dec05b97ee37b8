#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"

enum { JSON_FILE_MAX = 4 * 1024 * 1024 };

/* What the parser of this thread fills; NULL: the heap.  Only json_parse_in() sets it, and jansson
 * makes, moves and frees nothing of another value meanwhile. */
static _Thread_local struct arena *json_home;

static void *
json_take(size_t size)
{
    return json_home == NULL ? mem_alloc(size) : arena_alloc(json_home, size);
}

static void
json_give_back(void *memory)
{
    if (json_home == NULL) {
        mem_free(memory);
    }
}

void
json_start(void)
{
    json_set_alloc_funcs(json_take, json_give_back);
}

struct error
json_parse(struct arena *arena, const char *text, size_t length, json_t **out)
{
    json_error_t where;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);

    if (value == NULL) {
        return error_make(arena, ERR_INPUT, "not valid JSON: %s (line %d, column %d)", where.text,
                          where.line, where.column);
    }
    *out = value;
    return NO_ERROR;
}

struct error
json_parse_in(struct arena *arena, const char *text, size_t length, const json_t **out)
{
    json_t *value = NULL;

    assert(json_home == NULL);
    json_home = arena;
    struct error error = json_parse(arena, text, length, &value);
    json_home = NULL;
    *out = value;
    return error;
}

struct error
json_parse_file(struct arena *arena, const char *path, json_t **out)
{
    CLEANUP_BUFFER struct buffer content = { 0 };
    char piece[4096];
    size_t got;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return error_make(arena, ERR_IO, "cannot open %s: %s", path, strerror(errno));
    }
    while ((got = fread(piece, 1, sizeof piece, file)) > 0 && content.length < JSON_FILE_MAX) {
        buffer_add(&content, piece, got);
    }
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || content.length >= JSON_FILE_MAX) {
        return error_make(arena, ERR_IO, "cannot read %s, or it is over 4 MiB", path);
    }
    struct error error =
        json_parse(arena, content.bytes == NULL ? "" : content.bytes, content.length, out);
    if (error_is(error)) {
        return error_make(arena, ERR_INPUT, "%s: %s", path, error.message);
    }
    return NO_ERROR;
}

const char *
json_clean_text(struct arena *arena, const char *text)
{
    json_t *value = json_string(text);

    if (value != NULL) {
        json_decref(value);
        return text;
    }
    char *clean = arena_strdup(arena, text);
    for (char *c = clean; *c != '\0'; c++) {
        *c = (unsigned char)*c < 0x80 ? *c : '?';
    }
    return clean;
}

char *
json_text(struct arena *arena, const json_t *value)
{
    size_t length = json_dumpb(value, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    char *text = arena_alloc(arena, length + 1);

    json_dumpb(value, text, length, JSON_COMPACT | JSON_ENCODE_ANY);
    return text;
}

const char *
json_get_string(const json_t *object, const char *key, const char *fallback)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? json_string_value(value) : fallback;
}

int64_t
json_get_i64(const json_t *object, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

double
json_get_double(const json_t *object, const char *key, double fallback)
{
    const json_t *value = json_object_get(object, key);

    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool
json_get_bool(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);

    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

json_t *
json_string_or_null(const char *text)
{
    return text == NULL ? json_null() : json_string(text);
}

void
json_decref_at(json_t **value)
{
    json_decref(*value);
}
