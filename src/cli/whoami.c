/* whoami.c: who is logged in, where and until when. */
#include "base/clock.h"
#include "base/json.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/remote.h"

struct error
whoami_run(struct cli *cli)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    char until[CLOCK_TEXT_SIZE];

    TRY(remote_get(cli, cli->arena, "/auth/me", false, &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    clock_format(cli->session.expires_at_ms, until);
    output_line(cli, "%s (%s) at %s, until %s UTC", json_get_string(reply.json, "email", "?"),
                json_get_string(reply.json, "role", "?"), cli->session.url,
                time_second(cli->arena, until));
    return NO_ERROR;
}
