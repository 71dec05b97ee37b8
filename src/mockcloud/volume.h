/* volume.h: volumes of both kinds, as the world keeps them: block volumes, which live in the Block
 * API and are unknown to the Instance API, and local ones, which are the other way round.  A
 * volume belongs to at most one server. */
#ifndef INVENTIV_MOCKCLOUD_VOLUME_H
#define INVENTIV_MOCKCLOUD_VOLUME_H

#include "mockcloud/world.h"

struct volume_birth {
    const char *zone;
    const char *name;
    int64_t size; /* bytes */
    bool is_local;
    json_t *tags;     /* borrowed; NULL: none */
    int64_t delay_ms; /* how long it is "creating" */
};

/* Rented from now on; borrowed. */
json_t *volume_new(struct world *world, const struct volume_birth *birth, int64_t now_ms);
bool volume_is_local(const json_t *volume);
/* "creating", "available", "in_use", "resizing" or "deleting". */
const char *volume_status(const json_t *volume);
const char *volume_server(const json_t *volume); /* NULL: detached */

void volume_attach(struct world *world, json_t *volume, const char *server_id, int64_t now_ms);
void volume_detach(struct world *world, json_t *volume, int64_t now_ms);
void
volume_resize(struct world *world, json_t *volume, int64_t size, int64_t now_ms, int64_t delay_ms);
/* Ends now, or after a while of "deleting". */
void volume_delete(struct world *world, json_t *volume, int64_t now_ms, int64_t delay_ms);

/* What takes time has taken it: moves on; the volume may be gone afterwards. */
void volume_arrive(struct world *world, json_t *volume, int64_t now_ms);

#endif
