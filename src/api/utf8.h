/* utf8.h: text from outside that may be no UTF-8 at all, made fit for the database. */
#ifndef INVENTIV_API_UTF8_H
#define INVENTIV_API_UTF8_H

#include <stddef.h>

#include "base/arena.h"

/* A copy of at most `most` bytes, cut between characters; every byte that belongs to none becomes
 * a '?'.  NULL stays NULL. */
const char *utf8_repair(struct arena *arena, const char *text, size_t most);

#endif
