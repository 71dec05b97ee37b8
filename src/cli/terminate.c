/* terminate.c: asks a person first, and with --wait stays until nothing is rented. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/instance_pick.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"
#include "cli/wish.h"

/* Somebody who sees what goes away says yes; where nobody can be asked, it is done. */
static struct error
terminate_confirm(struct cli *cli, const char *id)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };

    if (arguments_option(&cli->arguments, "yes") != NULL || !terminal_of(stdin).is_terminal) {
        return NO_ERROR;
    }
    TRY(remote_get(cli, cli->arena, instance_path(cli, id, ""), false, &reply));
    const char *cost = instance_money(cli->arena, reply.json, "cost_per_hour");
    output_note(cli, "%s: %s, %s on %s in %s%s%s%s", instance_short(cli, id),
                json_get_string(reply.json, "status", "?"), instance_model(reply.json),
                instance_code(reply.json, "instance_type", "?"),
                instance_code(reply.json, "zone", "?"), cost[0] == '\0' ? "" : ", ", cost,
                cost[0] == '\0' ? "" : " EUR an hour");
    return terminal_confirms(cli->arena, "Terminate it and give back all that it rents? [y/N] ")
               ? NO_ERROR
               : error_static(ERR_STALE, "nothing was done");
}

struct error
terminate_run(struct cli *cli)
{
    struct follow_wish wish = { .goal = GOAL_TERMINATED, .patient = true };
    bool waits = arguments_option(&cli->arguments, "wait") != NULL;

    TRY(follow_timeout_given(cli, &wish.timeout_ms));
    TRY(instance_pick(cli, cli->arguments.given[0], &wish.id));
    TRY(terminate_confirm(cli, wish.id));
    TRY(wish_send(cli, "DELETE", wish.id, "", !waits));
    return waits ? follow_instance(cli, &wish) : NO_ERROR;
}
