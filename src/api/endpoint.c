#include "api/endpoint.h"

#include <string.h>

/* Whether the path is one of the template's; *id is the segment that stands for {id}, or NULL. */
static bool
endpoint_matches(struct arena *arena, const char *template, const char *path, const char **id)
{
    const char *hole = strchr(template, '{');

    if (hole == NULL) {
        *id = NULL;
        return strcmp(template, path) == 0;
    }
    size_t before = (size_t)(hole - template);
    if (strncmp(template, path, before) != 0) {
        return false;
    }
    size_t length = strcspn(path + before, "/");
    if (length == 0 || strcmp(strchr(hole, '}') + 1, path + before + length) != 0) {
        return false;
    }
    *id = arena_strndup(arena, path + before, length);
    return true;
}

const struct endpoint *
endpoint_find(struct arena *arena, const char *method, const char *path, const char **path_id,
              const char **allowed)
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    *allowed = NULL;
    for (size_t i = 0; i < endpoint_count; i++) {
        const struct endpoint *endpoint = &endpoints[i];
        if (!endpoint_matches(arena, endpoint->path, path, path_id)) {
            continue;
        }
        if (strcmp(endpoint->method, wanted) == 0) {
            return endpoint;
        }
        *allowed = *allowed == NULL ? endpoint->method
                                    : arena_printf(arena, "%s, %s", *allowed, endpoint->method);
    }
    return NULL;
}

void
endpoint_print(FILE *out)
{
    for (size_t i = 0; i < endpoint_count; i++) {
        fprintf(out, "%-6s %-32s %s\n", endpoints[i].method, endpoints[i].path,
                role_name(endpoints[i].role));
    }
}
