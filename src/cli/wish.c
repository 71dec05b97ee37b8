#include "cli/wish.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/instance_pick.h"
#include "cli/output.h"
#include "cli/remote.h"

struct error
wish_send(struct cli *cli, const char *method, const char *id, const char *what, bool document)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };

    TRY(remote_call(cli, cli->arena, method, instance_path(cli, id, what), NULL, &reply));
    if (cli->json && document) {
        output_document(cli, reply.text);
    }
    output_line(
        cli, "%s  %s", instance_short(cli, id),
        json_get_string(reply.json, "message", json_get_string(reply.json, "status", "accepted")));
    return NO_ERROR;
}

static struct error
wish_run(struct cli *cli, const char *method, const char *what)
{
    const char *id;

    TRY(instance_pick(cli, cli->arguments.given[0], &id));
    return wish_send(cli, method, id, what, true);
}

struct error
wish_drain(struct cli *cli)
{
    return wish_run(cli, "POST", "/drain");
}

struct error
wish_reinstall(struct cli *cli)
{
    return wish_run(cli, "POST", "/reinstall");
}

struct error
wish_archive(struct cli *cli)
{
    return wish_run(cli, "PUT", "/archive");
}
