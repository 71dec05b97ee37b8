/* schema_start.h: brings the schema up to date and makes the first admin, on a thread of its own,
 * again and again while the database is away. */
#ifndef INVENTIV_API_SCHEMA_START_H
#define INVENTIV_API_SCHEMA_START_H

#include "api/api.h"

struct schema_start;

/* done(argument, works) is called on the loop once; works false: the database is not ours to use,
 * the reason is in the log. */
struct schema_start *
schema_start_new(struct api *api, void (*done)(void *argument, bool works), void *argument);
/* Asks it to end; true when it has, and nothing of it is left on the loop. */
bool schema_start_stop(struct schema_start *start);
/* Waits for its end. */
void schema_start_free(struct schema_start *start);

#endif
