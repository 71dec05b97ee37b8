/* arguments.h: members of a request's body, checked.  Each returns false when the call was refused
 * (and answered); a missing or null member gives the fallback.  What is given out is borrowed from
 * the body. */
#ifndef INVENTIV_MOCKCLOUD_ARGUMENTS_H
#define INVENTIV_MOCKCLOUD_ARGUMENTS_H

#include "mockcloud/call.h"

bool arguments_text(struct call *call, const char *name, const char *fallback, const char **out);
/* As above, and it must be there. */
bool arguments_required_text(struct call *call, const char *name, const char **out);
bool arguments_bool(struct call *call, const char *name, bool fallback, bool *out);
/* A whole number above 0, or the fallback. */
bool arguments_size(struct call *call, const json_t *object, const char *name, int64_t fallback,
                    int64_t *out);
/* An array of texts; *out is NULL when there is none. */
bool arguments_tags(struct call *call, json_t **out);
/* Refuses another project than ours; none given is ours. */
bool arguments_project(struct call *call, const char *name);

/* A new reference: the array, or an empty one for NULL. */
json_t *arguments_array_or_empty(json_t *array);

#endif
