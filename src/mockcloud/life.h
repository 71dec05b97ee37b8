/* life.h: the states of a server and what takes time between them.  Each step that takes time is
 * in the state file (what comes next and when), so that a restart goes on where it was. */
#ifndef INVENTIV_MOCKCLOUD_LIFE_H
#define INVENTIV_MOCKCLOUD_LIFE_H

#include <jansson.h>
#include <stdbool.h>

#include "mockcloud/cloud.h"

/* The provider's own words. */
#define LIFE_STOPPED "stopped"
#define LIFE_STARTING "starting"
#define LIFE_RUNNING "running"
#define LIFE_STOPPING "stopping"
#define LIFE_STOPPED_IN_PLACE "stopped in place"
#define LIFE_LOCKED "locked"

void life_start(struct cloud *cloud); /* once: takes up the machines that outlived us */
void life_stop(struct cloud *cloud);

const char *life_state(const json_t *server);
bool life_is(const json_t *server, const char *state);
/* starting, stopping: nothing may be asked of it. */
bool life_is_transient(const json_t *server);

/* False: no loopback address is left. */
bool life_power_on(struct cloud *cloud, json_t *server);

enum life_goal { LIFE_GOAL_STOPPED, LIFE_GOAL_IN_PLACE, LIFE_GOAL_RESTART, LIFE_GOAL_GONE };
void life_power_off(struct cloud *cloud, json_t *server, enum life_goal goal);

/* At once: ends its machine, detaches block volumes and addresses, which stay rented; deletes
 * local volumes when told to, else detaches them.  The server is gone afterwards. */
void life_delete(struct cloud *cloud, json_t *server, bool with_local_volumes);

/* The processes of a machine have ended, asked or unasked. */
void life_machine_ended(struct cloud *cloud, const char *server_id);

/* Arms the timer for what is due next; after every change. */
void life_arm(struct cloud *cloud);

#endif
