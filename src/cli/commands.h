/* commands.h: the one table of commands: what each is called, takes and does. */
#ifndef INVENTIV_CLI_COMMANDS_H
#define INVENTIV_CLI_COMMANDS_H

#include "cli/cli.h"

struct command {
    const char *name;
    struct argument_form form;
    const char *text; /* one line */
    struct error (*run)(struct cli *cli);
};

/* NULL: there is none. */
const struct command *command_find(const char *name);
/* For --help: all of them, the first steps, the exit statuses. */
const char *commands_help(struct arena *arena);
const char *command_help(struct arena *arena, const struct command *command);
/* For "unknown command": the names. */
const char *commands_names(struct arena *arena);

/* Each in the file of its name; those that take nothing but an id in wish.c. */
struct error login_run(struct cli *cli);
struct error logout_run(struct cli *cli);
struct error whoami_run(struct cli *cli);
struct error deploy_run(struct cli *cli);
struct error ls_run(struct cli *cli);
struct error show_run(struct cli *cli);
struct error wait_run(struct cli *cli);
struct error ask_run(struct cli *cli);
struct error terminate_run(struct cli *cli);
struct error wish_drain(struct cli *cli);
struct error wish_reinstall(struct cli *cli);
struct error wish_archive(struct cli *cli);
struct error logs_run(struct cli *cli);
struct error alerts_run(struct cli *cli);
struct error models_run(struct cli *cli);
struct error types_run(struct cli *cli);
struct error zones_run(struct cli *cli);

#endif
