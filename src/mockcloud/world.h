/* world.h: what is rented, as one JSON document that is also the state file.  Things are kept in a
 * form of our own; the APIs' forms are made from it (the *_view functions).  Owns lookups, the
 * bill's entries live in bill.h, the file in world_file.h. */
#ifndef INVENTIV_MOCKCLOUD_WORLD_H
#define INVENTIV_MOCKCLOUD_WORLD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/error.h"

struct ghost;

/* The tables map an id to a thing, in order of birth; all are borrowed from the document. */
struct world {
    json_t *document;
    json_t *servers;
    json_t *volumes;
    json_t *addresses;
    json_t *groups;
    json_t *bill; /* array */
    const char *project;
    const char *organization;
    const char *zones; /* comma-separated */
    bool changed;      /* since it was last written */

    /* ghosts.h; not in the document. */
    struct ghost *ghosts; /* removed last first */
    int64_t ghost_ms;     /* how long they are kept; 0: none is */
};

/* An empty world; the texts are borrowed from the settings. */
struct world *world_new(const struct config *config);
void world_free(struct world *world);

/* Takes over a document read from a file; ERR_INPUT when it is no state of ours. */
MUST_CHECK struct error world_adopt(struct world *world, struct arena *arena, json_t *document);

bool world_has_zone(const struct world *world, const char *zone);

/* Borrowed, or NULL: not there, or in another zone. */
json_t *world_find(const json_t *table, const char *zone, const char *id);

/* Puts a new thing with a fresh id, the zone and its birth into the table; borrowed. */
json_t *world_add(struct world *world, json_t *table, const char *zone, int64_t now_ms);

/* Small setters; each marks the world as changed. */
void world_set_text(struct world *world, json_t *thing, const char *key, const char *value);
void world_set_i64(struct world *world, json_t *thing, const char *key, int64_t value);
void world_set_bool(struct world *world, json_t *thing, const char *key, bool value);
void world_set_json(struct world *world, json_t *thing, const char *key, json_t *stolen);
void world_remove(struct world *world, json_t *table, const char *id);

/* A new reference: the time as text, or null for 0. */
json_t *world_date(int64_t wall_ms);

#endif
