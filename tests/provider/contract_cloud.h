/* contract_cloud.h: a local cloud process of the test's own, on free ports, with tiny times. */
#ifndef INVENTIV_TESTS_CONTRACT_CLOUD_H
#define INVENTIV_TESTS_CONTRACT_CLOUD_H

#include "base/arena.h"

#define CLOUD_SECRET_KEY "c0ffee00-0000-4000-8000-000000000001"
#define CLOUD_PROJECT_ID "c0ffee00-0000-4000-8000-000000000002"

struct contract_cloud;

/* program: path of inventiv-mockcloud.  NULL, with the reason on standard error, when it does not
 * come up. */
struct contract_cloud *contract_cloud_start(const char *program);
/* Ends its machines and the process, and removes its folder; NULL accepted. */
void contract_cloud_stop(struct contract_cloud *cloud);
const char *contract_cloud_url(const struct contract_cloud *cloud);

/* Waits a moment between two looks at a condition. */
void contract_cloud_moment(void);

#endif
