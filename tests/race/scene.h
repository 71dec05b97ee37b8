/* scene.h: what tests of the sweep play with: machines made by hand, and cycles of job-watch-dog.
 * The stage is set first. */
#ifndef INVENTIV_TESTS_SCENE_H
#define INVENTIV_TESTS_SCENE_H

#include "bench.h"

enum { SCENE_PERIOD_MS = 10000 }; /* from one cycle to the next */

void scene_start(void);

/* A call made by a person, beside inventiv; in the stage's zone.  It succeeds. */
struct provider_call scene_by_hand(struct provider_call call);
/* A machine that runs, with its volume and its address; with a create's tags for that instance, or
 * without any (NULL).  Its ref. */
const char *scene_machine(const char *instance_id);
/* Exactly that is at the provider. */
bool scene_is_rented(size_t servers, size_t volumes, size_t addresses);

/* An instance in that state with a create on record, no machine on record, and no job at it. */
const char *scene_instance(enum instance_state state);

/* One cycle of job-watch-dog, a period later; so many. */
struct tally scene_cycle(struct bench *bench);
void scene_cycles(struct bench *bench, int count);
/* Cycles until that is what is rented, and some more; false when it does not come to that. */
bool scene_until_rented(struct bench *bench, size_t servers, size_t volumes, size_t addresses);

/* Rows of the table that fulfil the condition. */
int64_t scene_orphans(const char *condition);
int64_t scene_journal(const char *instance_id, const char *action);

/* Nothing is rented any more and no call of the sweep is open; settings, faults and rows are reset. */
void scene_clear(void);
/* Ends the instance first. */
void scene_finish(struct bench *bench, const char *id);

#endif
