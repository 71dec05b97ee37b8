/* logout.c: ends the session here, and at the API where it hears. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/remote.h"

/* The session here ends whatever the API says. */
struct error
logout_run(struct cli *cli)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };

    TRY(remote_find_session(cli));
    const char *url = cli->session.url;
    if (cli->session.token == NULL) {
        return error_make(cli->arena, ERR_DENIED, "nobody is logged in at %s", url);
    }
    struct error error = remote_call(cli, cli->arena, "POST", "/auth/logout", NULL, &reply);
    TRY(session_remove(cli->arena, cli->config, url));
    if (error.code == ERR_DENIED) {
        cli->refusal = NULL;
        output_line(cli, "the session at %s had ended already", url);
        return NO_ERROR;
    }
    if (error_is(error)) {
        return error_make(cli->arena, error.code,
                          "the session is forgotten here, but lives on at the API until it ends by "
                          "itself: %s",
                          error.message);
    }
    if (cli->json) {
        output_document(cli, reply.text);
    }
    output_line(cli, "logged out at %s", url);
    return NO_ERROR;
}
