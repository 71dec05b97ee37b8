/* server_view.h: a server in the Instance API's form. */
#ifndef INVENTIV_MOCKCLOUD_SERVER_VIEW_H
#define INVENTIV_MOCKCLOUD_SERVER_VIEW_H

#include "mockcloud/call.h"

/* A new reference. */
json_t *server_view(const struct call *call, json_t *server);
/* What may be asked of it in its state; a new reference to an array of texts. */
json_t *server_allowed_actions(const json_t *server);
/* {"id", "name"}, or null for NULL; a new reference. */
json_t *server_summary(const struct world *world, const char *server_id);

#endif
