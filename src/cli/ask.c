/* ask.c: one question to an instance's model; the answer and nothing else. */
#include "base/buffer.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/instance_pick.h"
#include "cli/output.h"
#include "cli/remote.h"

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
