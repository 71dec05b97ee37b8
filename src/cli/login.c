/* login.c: whose session with which API, from options, settings or questions. */
#include <string.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/remote.h"

static const char *
login_given(struct cli *cli, const char *option, enum setting_id setting)
{
    const char *given = option == NULL ? NULL : arguments_option(&cli->arguments, option);

    given = given == NULL ? config_text(cli->config, setting) : given;
    return given[0] == '\0' ? NULL : given;
}

/* The API to log in to: as told, else the one of the last login, else this machine's. */
static struct error
login_url(struct cli *cli, const char **out)
{
    const char *given = login_given(cli, "url", SETTING_INVENTIV_API_URL);

    if (given == NULL) {
        given = session_read(cli->arena, cli->config, NULL).url;
    }
    return session_url(cli->arena,
                       given == NULL ? settings[SETTING_API_PUBLIC_URL].fallback : given, out);
}

static struct error
login_email(struct cli *cli, const char **out)
{
    *out = login_given(cli, "email", SETTING_INVENTIV_EMAIL);
    if (*out != NULL) {
        return NO_ERROR;
    }
    if (!terminal_of(stdin).is_terminal) {
        return error_static(ERR_INPUT, "who logs in? Give --email E, or set INVENTIV_EMAIL");
    }
    return terminal_ask(cli->arena, "E-mail: ", out);
}

static struct error
login_password(struct cli *cli, const char **out)
{
    *out = login_given(cli, NULL, SETTING_INVENTIV_PASSWORD);
    if (*out != NULL) {
        return NO_ERROR;
    }
    TRY(terminal_ask_secret(cli->arena, "Password: ", out));
    return (*out)[0] == '\0' ? error_static(ERR_INPUT, "no password was given") : NO_ERROR;
}

static void
login_warn_plain(struct cli *cli, const char *url)
{
    bool near = strncmp(url, "http://127.", 11) == 0 || strncmp(url, "http://localhost", 16) == 0 ||
                strncmp(url, "http://[::1]", 12) == 0;

    if (strncmp(url, "https://", 8) != 0 && !near) {
        output_note(cli, "inventiv: %s is not encrypted: who listens reads the password", url);
    }
}

struct error
login_run(struct cli *cli)
{
    const char *url;
    const char *email;
    const char *password;

    TRY(login_url(cli, &url));
    login_warn_plain(cli, url);
    TRY(login_email(cli, &email));
    TRY(login_password(cli, &password));
    TRY(remote_login(cli, url, email, password, true));
    return whoami_run(cli);
}
