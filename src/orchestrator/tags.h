/* tags.h: how things at a provider say whose they are.  Tags are the only licence, besides our own
 * records, to touch a thing: fleet, instance and the operation that made it. */
#ifndef INVENTIV_ORCHESTRATOR_TAGS_H
#define INVENTIV_ORCHESTRATOR_TAGS_H

#include "base/arena.h"

enum { TAGS_OF_FLEET = 1, TAGS_OF_INSTANCE = 2, TAGS_OF_CREATE = 5 };

/* What to look for, and what volumes carry. */
const char *const *tags_of_fleet(struct arena *arena, const char *fleet_id);
const char *const *
tags_of_instance(struct arena *arena, const char *fleet_id, const char *instance_id);
/* What a new machine carries: those, its operation, and the two of the existing system. */
const char *const *tags_of_create(struct arena *arena, const char *fleet_id,
                                  const char *instance_id, const char *op_id);

#endif
