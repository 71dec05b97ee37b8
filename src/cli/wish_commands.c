/* wish_commands.c: what is wished of one instance: terminate, drain, reinstall, archive; and ask. */
#include "cli/commands.h"

#include "base/buffer.h"
#include "base/json.h"
#include "cli/follow.h"
#include "cli/instance_pick.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"

/* Sends it and shows what the API says to it; *status is that of its answer. */
static struct error
wish_send(struct cli *cli, const char *method, const char *id, const char *what, int *status,
          bool document)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };

    TRY(remote_call(cli, cli->arena, method, instance_path(cli, id, what), NULL, &reply));
    if (cli->json && document) {
        output_document(cli, reply.text);
    }
    output_line(
        cli, "%s  %s", instance_short(cli, id),
        json_get_string(reply.json, "message", json_get_string(reply.json, "status", "accepted")));
    *status = reply.status;
    return NO_ERROR;
}

static struct error
wish_run(struct cli *cli, const char *method, const char *what)
{
    const char *id;
    int status;

    TRY(instance_pick(cli, cli->arguments.given[0], &id));
    return wish_send(cli, method, id, what, &status, true);
}

struct error
drain_run(struct cli *cli)
{
    return wish_run(cli, "POST", "/drain");
}

struct error
reinstall_run(struct cli *cli)
{
    return wish_run(cli, "POST", "/reinstall");
}

struct error
archive_run(struct cli *cli)
{
    return wish_run(cli, "PUT", "/archive");
}

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
    int status;

    TRY(arguments_seconds(&cli->arguments, cli->arena, "timeout",
                          config_ms(cli->config, SETTING_INVENTIV_WAIT_SECONDS), &wish.timeout_ms));
    TRY(instance_pick(cli, cli->arguments.given[0], &wish.id));
    TRY(terminate_confirm(cli, wish.id));
    TRY(wish_send(cli, "DELETE", wish.id, "", &status, !waits));
    return waits ? follow_instance(cli, &wish) : NO_ERROR;
}

static const char *
ask_prompt(struct cli *cli)
{
    CLEANUP_BUFFER struct buffer words = { 0 };

    for (size_t i = 1; i < cli->arguments.count; i++) {
        buffer_printf(&words, "%s%s", i == 1 ? "" : " ", cli->arguments.given[i]);
    }
    return arena_strndup(cli->arena, words.bytes, words.length);
}

/* Where the API puts the answer: its own field, else that of a chat or text completion. */
static const char *
ask_answer(const json_t *reply)
{
    const json_t *choice = json_array_get(json_object_get(reply, "choices"), 0);
    const char *text = json_get_string(reply, "answer", NULL);

    if (text == NULL) {
        text = json_get_string(json_object_get(choice, "message"), "content", NULL);
    }
    return text == NULL ? json_get_string(choice, "text", NULL) : text;
}

struct error
ask_run(struct cli *cli)
{
    CLEANUP_JSON json_t *body = json_pack("{s:s}", "prompt", ask_prompt(cli));
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    const char *id;

    if (body == NULL) {
        return error_static(ERR_INPUT, "the question must be valid UTF-8");
    }
    TRY(instance_pick(cli, cli->arguments.given[0], &id));
    TRY(remote_call(cli, cli->arena, "POST", instance_path(cli, id, "/ask"), body, &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    const char *answer = ask_answer(reply.json);
    if (answer == NULL) {
        return error_static(ERR_INTERNAL, "the API's reply holds no answer; see it with --json");
    }
    output_line(cli, "%s", answer);
    return NO_ERROR;
}
