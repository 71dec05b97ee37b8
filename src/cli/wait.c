/* wait.c: stays until an instance is ready, or nothing of it is rented any more. */
#include <string.h>

#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/instance_pick.h"

struct error
wait_run(struct cli *cli)
{
    const char *goal = arguments_option(&cli->arguments, "for");
    struct follow_wish wish = { .goal = GOAL_READY };

    TRY(follow_timeout_given(cli, &wish.timeout_ms));
    if (goal != NULL && strcmp(goal, goal_name(GOAL_TERMINATED)) == 0) {
        wish.goal = GOAL_TERMINATED;
    } else if (goal != NULL && strcmp(goal, goal_name(GOAL_READY)) != 0) {
        return error_make(cli->arena, ERR_INPUT, "--for %s: must be ready or terminated", goal);
    }
    TRY(instance_pick(cli, cli->arguments.given[0], &wish.id));
    return follow_instance(cli, &wish);
}
