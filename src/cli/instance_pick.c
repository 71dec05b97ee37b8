#include "cli/instance_pick.h"

#include <string.h>

#include "base/mem.h"
#include "cli/id_prefix.h"
#include "cli/remote.h"

struct error
instance_pick(struct cli *cli, const char *given, const char **out)
{
    static const char *const lists[] = { "/instances?archived=false", "/instances?archived=true" };

    if (!id_prefix_is_valid(given)) {
        return error_make(cli->arena, ERR_INPUT,
                          "'%s' is no instance: give its id, or the first %d or more characters of "
                          "it (`inventiv ls`)",
                          given, ID_PREFIX_MIN);
    }
    if (id_is_whole(given)) {
        *out = given;
        return NO_ERROR;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
        CLEANUP_REPLY struct remote_reply reply = { 0 };
        const char *found;
        TRY(remote_get_list(cli, lists[i], &reply));
        TRY(id_prefix_find(cli->arena, reply.json, given, &found));
        if (found != NULL) {
            *out = arena_strdup(cli->arena, found);
            return NO_ERROR;
        }
    }
    return error_make(cli->arena, ERR_NOT_FOUND, "no instance begins with %s (`inventiv ls`)",
                      given);
}

const char *
instance_short(struct cli *cli, const char *id)
{
    return arena_strndup(cli->arena, id, strlen(id) < ID_SHOWN ? strlen(id) : ID_SHOWN);
}

const char *
instance_path(struct cli *cli, const char *id, const char *what)
{
    return arena_printf(cli->arena, "/instances/%s%s", id, what);
}
