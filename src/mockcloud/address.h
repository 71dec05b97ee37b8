/* address.h: public addresses as the world keeps them, and which loopback address is free. */
#ifndef INVENTIV_MOCKCLOUD_ADDRESS_H
#define INVENTIV_MOCKCLOUD_ADDRESS_H

#include "mockcloud/cloud.h"
#include "mockcloud/world.h"

/* A free one of MOCKCLOUD_NETWORK, in the arena: held by no server and no address of ours, and
 * with the machines' own ports unused by others.  NULL: none is left. */
const char *address_find_free(struct cloud *cloud, struct arena *arena);

/* Rented from now on; borrowed.  tags are borrowed, NULL: none; server_id NULL: detached. */
json_t *address_new(struct world *world, const char *zone, const char *text, json_t *tags,
                    const char *server_id, int64_t now_ms);
void address_delete(struct world *world, const json_t *address, int64_t now_ms);

/* Borrowed, or NULL. */
json_t *address_of_server(const struct world *world, const char *server_id);

#endif
