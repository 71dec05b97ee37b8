/* stage.h: what an instance's state means to whoever waits for it.  A state that this program does
 * not know (an API newer than it) is shown as it is and waited on. */
#ifndef INVENTIV_CLI_STAGE_H
#define INVENTIV_CLI_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/table.h"

enum goal { GOAL_READY, GOAL_TERMINATED };
enum verdict { VERDICT_GOES_ON, VERDICT_REACHED, VERDICT_LOST };

const char *goal_name(enum goal goal);
/* How far it is on the way to the goal; percent: the API's own, which counts up to ready. */
int64_t goal_percent(enum goal goal, const char *state, int64_t percent);
enum verdict goal_judge(enum goal goal, const char *state);

/* What happens at this moment, from the state and, before ready, how far it is; "" when the state
 * is not known. */
const char *stage_now(const char *state, int64_t percent);
/* Between the request and ready: how far it is means something. */
bool stage_is_on_its_way(const char *state);
enum colour stage_colour(const char *state);

#endif
