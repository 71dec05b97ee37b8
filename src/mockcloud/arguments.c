#include "mockcloud/arguments.h"

#include <string.h>

#include "base/json.h"

bool
arguments_text(struct call *call, const char *name, const char *fallback, const char **out)
{
    const json_t *value = json_object_get(call->body, name);

    if (value != NULL && !json_is_null(value) && !json_is_string(value)) {
        call_invalid(call, name, "format", "must be a text");
        return false;
    }
    *out = json_is_string(value) ? json_string_value(value) : fallback;
    return true;
}

bool
arguments_required_text(struct call *call, const char *name, const char **out)
{
    const char *value;

    if (!arguments_text(call, name, "", &value)) {
        return false;
    }
    if (value[0] == '\0') {
        call_invalid(call, name, "required", "");
        return false;
    }
    *out = value;
    return true;
}

bool
arguments_bool(struct call *call, const char *name, bool fallback, bool *out)
{
    const json_t *value = json_object_get(call->body, name);

    if (value != NULL && !json_is_null(value) && !json_is_boolean(value)) {
        call_invalid(call, name, "format", "must be true or false");
        return false;
    }
    *out = json_is_boolean(value) ? json_is_true(value) : fallback;
    return true;
}

bool
arguments_size(struct call *call, const json_t *object, const char *name, int64_t fallback,
               int64_t *out)
{
    const json_t *value = json_object_get(object, name);

    if (value != NULL && !json_is_null(value) &&
        (!json_is_integer(value) || json_integer_value(value) <= 0)) {
        call_invalid(call, name, "constraint", "must be a number of bytes above 0");
        return false;
    }
    *out = json_is_integer(value) ? json_integer_value(value) : fallback;
    return true;
}

bool
arguments_tags(struct call *call, json_t **out)
{
    json_t *tags = json_object_get(call->body, "tags");
    size_t index;
    json_t *tag;

    if (tags == NULL || json_is_null(tags)) {
        *out = NULL;
        return true;
    }
    bool fits = json_is_array(tags);
    json_array_foreach(tags, index, tag)
    {
        fits = fits && json_is_string(tag);
    }
    if (!fits) {
        call_invalid(call, "tags", "format", "must be a list of texts");
        return false;
    }
    *out = tags;
    return true;
}

bool
arguments_project(struct call *call, const char *name)
{
    const char *project;

    if (!arguments_text(call, name, call->world->project, &project)) {
        return false;
    }
    if (strcmp(project, call->world->project) != 0) {
        call_reply(call, 403,
                   json_pack("{s:s, s:s, s:[{s:s, s:s}]}", "type", "permissions_denied", "message",
                             "insufficient permissions", "details", "resource", "project", "action",
                             "write"));
        return false;
    }
    return true;
}

json_t *
arguments_array_or_empty(json_t *array)
{
    return json_is_array(array) ? json_incref(array) : json_array();
}
