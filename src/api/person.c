#include "api/person.h"

#include <stddef.h>
#include <string.h>

static const char *const role_names[] = {
#define X(id, name) name,
    ROLES(X)
#undef X
};

const char *
role_name(enum role role)
{
    return role_names[role];
}

enum role
role_parse(const char *name)
{
    for (enum role role = ROLE_VIEWER; role <= ROLE_ADMIN; role++) {
        if (strcmp(role_names[role], name) == 0) {
            return role;
        }
    }
    return ROLE_NOBODY;
}

bool
role_allows(enum role has, enum role needed)
{
    return needed == ROLE_NOBODY || (needed != ROLE_WORKER && has >= needed && has != ROLE_WORKER);
}
