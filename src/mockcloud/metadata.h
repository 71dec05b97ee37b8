/* metadata.h: the metadata service of one machine, on the machine's own address: its name, tags
 * and user data, and nobody else's. */
#ifndef INVENTIV_MOCKCLOUD_METADATA_H
#define INVENTIV_MOCKCLOUD_METADATA_H

#include "base/error.h"
#include "mockcloud/cloud.h"

struct metadata;

MUST_CHECK struct error
metadata_new(struct cloud *cloud, struct arena *arena, const char *server_id, const char *address,
             struct metadata **out);
void metadata_free(struct metadata *metadata); /* NULL accepted */

#endif
