#include "cli/commands.h"

#include <string.h>

#include "base/buffer.h"
#include "base/mem.h"
#include "cli/exit_status.h"

static const struct option_form login_options[] = {
    { "email", "E", "who logs in: e-mail or user name (INVENTIV_EMAIL)" },
    { "url", "URL", "the API to log in to (INVENTIV_API_URL)" },
    { 0 },
};
static const struct option_form deploy_options[] = {
    { "model", "M", "what to serve (`inventiv models`)" },
    { "type", "T", "on which kind of machine (`inventiv types --model M`)" },
    { "zone", "Z", "where (`inventiv zones`)" },
    { "provider", "P", "whose; needed where several have a zone of that name" },
    { "wait", NULL, "stay until it is ready" },
    { "timeout", "S", "seconds to wait at most (INVENTIV_WAIT_SECONDS)" },
    { 0 },
};
static const struct option_form ls_options[] = {
    { "archived", NULL, "the archived ones" },
    { 0 },
};
static const struct option_form wait_options[] = {
    { "for", "STATE", "ready (default) or terminated" },
    { "timeout", "S", "seconds to wait at most (INVENTIV_WAIT_SECONDS)" },
    { 0 },
};
static const struct option_form terminate_options[] = {
    { "yes", NULL, "do not ask" },
    { "wait", NULL, "stay until nothing is rented any more" },
    { "timeout", "S", "seconds to wait at most (INVENTIV_WAIT_SECONDS)" },
    { 0 },
};
static const struct option_form logs_options[] = {
    { "limit", "N", "the last N entries (100; at most 1000)" },
    { 0 },
};
static const struct option_form alerts_options[] = {
    { "status", "S", "open, acknowledged or resolved; all of them where not told" },
    { 0 },
};
static const struct option_form zones_options[] = {
    { "provider", "P", "whose; needed where several have a zone of that name" },
    { 0 },
};
static const struct option_form types_options[] = {
    { "model", "M", "those that this model fits on" },
    { 0 },
};

enum { WORDS_MAX = 4096 };

/* In the order in which a newcomer meets them. */
static const struct command commands[] = {
    { "login", { "", 0, 0, login_options }, "log in, and keep the session", login_run },
    { "logout", { "", 0, 0, NULL }, "end the session", logout_run },
    { "whoami", { "", 0, 0, NULL }, "who is logged in, and where", whoami_run },
    { "models",
      { "", 0, 0, NULL },
      "what can be served, and the cheapest machine for it",
      models_run },
    { "types",
      { "", 0, 0, types_options },
      "kinds of machines: size, price, what fits",
      types_run },
    { "zones",
      { "[confirm-vanished ZONE]", 0, 2, zones_options },
      "where machines can be rented; or: those that are absent there are really gone",
      zones_run },
    { "deploy",
      { "", 0, 0, deploy_options },
      "rent a machine and serve a model on it",
      deploy_run },
    { "ls", { "", 0, 0, ls_options }, "all instances", ls_run },
    { "show", { "ID", 1, 1, NULL }, "everything about one instance", show_run },
    { "wait", { "ID", 1, 1, wait_options }, "wait until it is ready, or terminated", wait_run },
    { "ask", { "ID PROMPT", 2, WORDS_MAX, NULL }, "ask its model a question", ask_run },
    { "logs", { "ID", 1, 1, logs_options }, "its journal, oldest first", logs_run },
    { "alerts", { "", 0, 0, alerts_options }, "what somebody should know of", alerts_run },
    { "drain",
      { "ID", 1, 1, NULL },
      "let it finish what it serves, then terminate it",
      wish_drain },
    { "reinstall", { "ID", 1, 1, NULL }, "install its machine anew", wish_reinstall },
    { "terminate",
      { "ID", 1, 1, terminate_options },
      "give back everything that it rents",
      terminate_run },
    { "archive", { "ID", 1, 1, NULL }, "hide it from lists, once it is over", wish_archive },
};

const struct command *
command_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

const char *
commands_names(struct arena *arena)
{
    CLEANUP_BUFFER struct buffer names = { 0 };

    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", commands[i].name);
    }
    return arena_strndup(arena, names.bytes, names.length);
}

const char *
commands_help(struct arena *arena)
{
    CLEANUP_BUFFER struct buffer help = { 0 };

    buffer_add_text(&help, "\nCommands; each has --help:\n");
    for (size_t i = 0; i < ARRAY_LENGTH(commands); i++) {
        const char *name = arena_printf(arena, "%s %s", commands[i].name, commands[i].form.shown);
        buffer_printf(&help, "  %-16s %s\n", name, commands[i].text);
    }
    buffer_add_text(&help, "\nFirst steps:\n"
                           "  inventiv login --url http://127.0.0.1:8003\n"
                           "  inventiv models\n"
                           "  inventiv types --model MODEL\n"
                           "  inventiv deploy --model MODEL --type TYPE --zone ZONE --wait\n"
                           "  inventiv ask ID 'What is a lease?'\n"
                           "  inventiv terminate ID --wait\n"
                           "\nAn ID may be cut to its first 4 or more characters.  --json, "
                           "anywhere: the API's JSON as it\ncame, one document on standard output "
                           "(errors too).\n"
                           "\nIt ends with\n");
#define X(name, number, text) buffer_printf(&help, "  %d  %s\n", (number), (text));
    EXIT_STATUSES(X)
#undef X
    return arena_strndup(arena, help.bytes, help.length);
}

const char *
command_help(struct arena *arena, const struct command *command)
{
    CLEANUP_BUFFER struct buffer help = { 0 };
    const struct option_form *options = command->form.options;

    buffer_printf(&help, "inventiv %s: %s\n\nUsage: inventiv %s%s%s%s [--json]\n", command->name,
                  command->text, command->name, command->form.shown[0] == '\0' ? "" : " ",
                  command->form.shown, options == NULL ? "" : " [OPTIONS]");
    for (size_t i = 0; options != NULL && options[i].name != NULL; i++) {
        const char *shown = arena_printf(arena, "--%s %s", options[i].name,
                                         options[i].value == NULL ? "" : options[i].value);
        buffer_printf(&help, "%s  %-16s %s\n", i == 0 ? "\n" : "", shown, options[i].text);
    }
    return arena_strndup(arena, help.bytes, help.length);
}
