/* workbench.h: what one thread of the runner keeps: a database connection, an HTTP client for probes,
 * a publisher, and one open provider for each provider row it has met.  All connect when used. */
#ifndef INVENTIV_ORCHESTRATOR_WORKBENCH_H
#define INVENTIV_ORCHESTRATOR_WORKBENCH_H

#include "orchestrator/job.h"
#include "store/publisher.h"

struct workbench *workbench_new(const struct config *config);
void workbench_free(struct workbench *workbench);
struct db *workbench_db(struct workbench *workbench);
struct http_client *workbench_http(struct workbench *workbench);
struct publisher *workbench_publisher(struct workbench *workbench);

/* Open provider for a row; borrowed.  ERR_CONFIG when its credentials are missing. */
MUST_CHECK struct error
workbench_provider(struct workbench *workbench, struct arena *arena, const char *code,
                   const char *driver, const char *api_url, const char *prefix,
                   struct provider **out);

#endif
