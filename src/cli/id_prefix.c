#include "cli/id_prefix.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/json.h"

enum { ID_NAMED_MAX = 5 };

bool
id_prefix_is_valid(const char *text)
{
    size_t length = strlen(text);

    return length >= ID_PREFIX_MIN && length <= ID_LENGTH &&
           strspn(text, "0123456789abcdefABCDEF-") == length;
}

bool
id_is_whole(const char *text)
{
    return id_prefix_is_valid(text) && strlen(text) == ID_LENGTH;
}

struct error
id_prefix_find(struct arena *arena, const json_t *list, const char *prefix, const char **out)
{
    CLEANUP_BUFFER struct buffer named = { 0 };
    const char *found = NULL;
    size_t matches = 0;
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        const char *id = json_get_string(row, "id", "");
        if (strncasecmp(id, prefix, strlen(prefix)) != 0) {
            continue;
        }
        found = id;
        if (++matches <= ID_NAMED_MAX) {
            buffer_printf(&named, "%s%s", matches == 1 ? "" : ", ", id);
        }
    }
    if (matches > 1) {
        return error_make(arena, ERR_INPUT,
                          "%zu instances begin with %s: %s%s; give more of the id", matches, prefix,
                          named.bytes, matches > ID_NAMED_MAX ? ", ..." : "");
    }
    *out = found;
    return NO_ERROR;
}

static int
id_compare(const void *left, const void *right)
{
    return strcasecmp(*(const char *const *)left, *(const char *const *)right);
}

static size_t
id_common_length(const char *left, const char *right)
{
    size_t length = 0;

    while (left[length] != '\0' && strncasecmp(left + length, right + length, 1) == 0) {
        length++;
    }
    return length;
}

size_t
id_prefix_length(struct arena *arena, const json_t *list)
{
    size_t count = json_array_size(list);
    const char **ids = arena_array(arena, const char *, count + 1);
    size_t length = ID_SHOWN;

    for (size_t i = 0; i < count; i++) {
        ids[i] = json_get_string(json_array_get(list, i), "id", "");
    }
    qsort(ids, count, sizeof *ids, id_compare);
    for (size_t i = 1; i < count; i++) {
        size_t needed = id_common_length(ids[i - 1], ids[i]) + 1;
        length = needed > length ? needed : length;
    }
    return length;
}
