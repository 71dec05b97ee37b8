/* ghosts.h: things that are gone and still seen by lists that lag behind.  In memory alone. */
#ifndef INVENTIV_MOCKCLOUD_GHOSTS_H
#define INVENTIV_MOCKCLOUD_GHOSTS_H

#include "mockcloud/world.h"

struct ghost {
    struct ghost *next; /* removed earlier */
    const json_t *table;
    json_t *thing; /* as it last was */
    int64_t removed_ms;
};

/* Keeps the thing for as long as the world's ghosts last; forgets those whose time is over. */
void ghosts_add(struct world *world, const json_t *table, json_t *thing);
void ghosts_free(struct world *world);

/* Adds the table's things removed less than lag_ms ago to rows, which are in order of birth. */
void ghosts_merge(const struct world *world, const json_t *table, int64_t lag_ms, int64_t now_ms,
                  json_t *rows);

#endif
