/* stage.h: what race tests play on: a database of their own, the provider in memory behind a gate,
 * and points at which a cycle stops to let the test act.  The points are the kill points, and
 * two at the provider's gate. */
#ifndef INVENTIV_TESTS_STAGE_H
#define INVENTIV_TESTS_STAGE_H

#include "base/kill_point.h"
#include "domain/state.h"
#include "store/db.h"

enum {
    STAGE_ASKED = KILL_POINT_COUNT_, /* calls stand before the provider; passed once for each */
    STAGE_ANSWERED,                  /* and behind it */
};

/* Database, catalogue of one zone whose security group is ready, provider without faults.  Pauses
 * are short.  Once a program; ends at exit. */
struct config *stage_start(void);
void stage_set(enum setting_id id, const char *value);

/* The next cycle that passes the point (kind NULL: whatever the kind) calls act(argument) there, on
 * its own thread, once. */
void stage_once(int point, const char *kind, void (*act)(void *argument), void *argument);
/* How many of those did not come to pass; they are forgotten. */
int stage_leftovers(void);

/* An instance in provisioning, due. */
const char *stage_instance(void);
/* What somebody wishes ("terminate", "drain"), by the API's own statement. */
struct db_rows stage_wish(const char *instance_id, const char *wish);
/* Its row is in that state now. */
bool stage_is(const char *instance_id, enum instance_state state);
/* A number of its row, by the column's name or any expression on instances. */
int64_t stage_number(const char *instance_id, const char *expression);
/* Whether its row is due. */
bool stage_is_due(const char *instance_id);

#endif
