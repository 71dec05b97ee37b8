/* main.c: `inventiv`, the command line: a client of the public API and of nothing else. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/program.h"
#include "cli/clean_text.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/exit_status.h"

/* The command line, sorted: words of the program itself, the command, its own words. */
struct cli_words {
    const char *own; /* --help, --version, --print-config; NULL: none */
    const char *command;
    char **rest;
    size_t rest_count;
    bool json;
    bool help; /* of the command */
};

static bool
cli_is_own(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
           strcmp(word, "--version") == 0 || strcmp(word, "--print-config") == 0;
}

/* --json counts anywhere before "--"; --help behind a command asks for that command's. */
static struct cli_words
cli_sort(struct arena *arena, int argc, char **argv)
{
    struct cli_words words = { .rest = arena_array(arena, char *, (size_t)argc + 1) };
    bool ended = false;

    for (int i = 1; i < argc; i++) {
        bool help = strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0;
        ended = ended || strcmp(argv[i], "--") == 0;
        if (!ended && strcmp(argv[i], "--json") == 0) {
            words.json = true;
        } else if (!ended && words.command == NULL && cli_is_own(argv[i])) {
            words.own = help ? "--help" : argv[i];
        } else if (!ended && help) {
            words.help = true;
        } else if (words.command == NULL && !ended) {
            words.command = argv[i];
        } else {
            words.rest[words.rest_count++] = argv[i];
        }
    }
    return words;
}

/* `inventiv help [COMMAND]` is a way that people try. */
static void
cli_take_help(struct cli_words *words)
{
    if (words->command == NULL || strcmp(words->command, "help") != 0) {
        return;
    }
    words->help = words->rest_count > 0;
    words->own = words->help ? NULL : "--help";
    words->command = words->help ? words->rest[0] : NULL;
    words->rest_count = 0;
}

static int
cli_refuse(struct arena *arena, const struct cli_words *words)
{
    if (words->command == NULL) {
        fprintf(stderr, "inventiv: which command? There are %s\n`inventiv --help` says more\n",
                commands_names(arena));
    } else {
        fprintf(stderr, "inventiv: unknown command '%s'; there are %s\n",
                clean_line(arena, words->command), commands_names(arena));
    }
    return EXIT_STATUS_USAGE;
}

/* With --json an error is a document too: the API's own, else one of that shape. */
static void
cli_tell_error(struct cli *cli, const struct command *command, struct error error)
{
    CLEANUP_JSON json_t *document = json_pack("{s:s, s:s}", "error", error_code_name(error.code),
                                              "message", clean_line(cli->arena, error.message));
    bool usage = error.code == ERR_INPUT && cli->refusal == NULL;
    bool kept = cli->refusal != NULL && cli->refusal[0] == '{';

    fflush(stdout);
    if (cli->json && !cli->answered) {
        printf("%s\n", kept ? cli->refusal : json_text(cli->arena, document));
    }
    fprintf(stderr, "inventiv: %s\n", clean_line(cli->arena, error.message));
    if (usage) {
        fprintf(stderr, "`inventiv %s --help` says more\n", command->name);
    }
}

static int
cli_run(struct cli *cli, const struct command *command, const struct cli_words *words)
{
    struct error error = arguments_parse(cli->arena, &command->form, words->rest, words->rest_count,
                                         &cli->arguments);

    if (!error_is(error)) {
        error = command->run(cli);
    }
    if (error_is(error)) {
        cli_tell_error(cli, command, error);
    }
    if (fflush(stdout) != 0 || ferror(stdout) != 0) {
        fprintf(stderr, "inventiv: the answer could not be written\n");
        return EXIT_STATUS_FAILED;
    }
    return (int)exit_status_of(error.code);
}

static struct config *
cli_start(struct arena *arena, const struct cli_words *words, char **argv)
{
    char *own = arena_strdup(arena, words->own == NULL ? "" : words->own);
    char *seen[] = { argv[0], own, NULL };
    const struct program program = { .name = "inventiv",
                                     .letter = 'C',
                                     .summary = "Command line of inventiv: rents GPU machines and "
                                                "serves models on them.",
                                     .usage = commands_help(arena),
                                     .for_people = true };

    return program_start(&program, words->own == NULL ? 1 : 2, seen);
}

int
main(int argc, char **argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct cli_words words = cli_sort(arena, argc, argv);

    cli_take_help(&words);
    const struct command *command = words.command == NULL ? NULL : command_find(words.command);
    if (command != NULL && words.help) {
        fputs(command_help(arena, command), stdout);
        return EXIT_STATUS_OK;
    }
    if (command == NULL && words.own == NULL) {
        return cli_refuse(arena, &words);
    }
    terminal_start();
    struct config *config = cli_start(arena, &words, argv);
    struct cli cli = { .arena = arena,
                       .config = config,
                       .http = http_client_new(1),
                       .json = words.json,
                       .out = terminal_of(stdout),
                       .err = terminal_of(stderr) };
    assert(command != NULL); /* program_start() has ended what is the program's own */
    int status = cli_run(&cli, command, &words);
    http_client_free(cli.http);
    config_free(config);
    return status;
}
