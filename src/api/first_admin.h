/* first_admin.h: the first user, made when there is none. */
#ifndef INVENTIV_API_FIRST_ADMIN_H
#define INVENTIV_API_FIRST_ADMIN_H

#include "store/db.h"

/* Prints a password that it has made, once, on standard output; it is stored nowhere. */
MUST_CHECK struct error
first_admin_ensure(struct db *db, struct arena *arena, const struct config *config);

#endif
