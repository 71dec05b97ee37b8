#include "cli/follow.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/time_text.h"
#include "cli/clean_text.h"
#include "cli/instance_pick.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "cli/remote.h"

struct follow {
    struct cli *cli;
    const struct follow_wish *wish;
    FILE *stream;
    struct terminal terminal;
    int64_t started_ms;
    struct progress last; /* texts in cli->arena or literals */
    struct buffer document;
    bool drawn; /* a bar stands on the present line */
};

static void
follow_draw(struct follow *follow)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    size_t width = follow->terminal.width > 1 ? follow->terminal.width - 1 : 1;

    fprintf(follow->stream, "\r%s\033[K",
            progress_line(arena, &follow->last, width, follow->terminal.unicode));
    fflush(follow->stream);
    follow->drawn = true;
}

static void
follow_leave_line(struct follow *follow)
{
    if (follow->drawn) {
        fputs("\n", follow->stream);
        fflush(follow->stream);
    }
    follow->drawn = false;
}

/* What is new goes on a line of its own; a bar is drawn anew at each look. */
static void
follow_show(struct follow *follow, const char *state, int64_t percent, const char *now)
{
    bool changed = follow->last.percent != percent || strcmp(follow->last.state, state) != 0 ||
                   strcmp(follow->last.now, now) != 0;

    if (changed) {
        struct arena *arena = follow->cli->arena;
        follow->last = (struct progress){ .percent = percent,
                                          .state = clean_line(arena, state),
                                          .now = clean_line(arena, now) };
    }
    follow->last.elapsed_ms = clock_monotonic_ms() - follow->started_ms;
    if (follow->terminal.redraws) {
        follow_draw(follow);
    } else if (changed) {
        fprintf(follow->stream, "%s\n", progress_plain(follow->cli->arena, &follow->last));
        fflush(follow->stream);
    }
}

static void
follow_look(struct follow *follow, const struct remote_reply *reply)
{
    const char *state = json_get_string(reply->json, "status", "?");
    int64_t percent = json_get_i64(reply->json, "progress_percent", 0);

    buffer_clear(&follow->document);
    buffer_add_text(&follow->document, reply->text);
    follow_show(follow, state, goal_percent(follow->wish->goal, state, percent),
                stage_now(state, percent));
}

/* With --json the one document is the instance, however the wait ended. */
static void
follow_tell_document(struct follow *follow)
{
    if (follow->cli->json && follow->document.length > 0) {
        output_document(follow->cli, follow->document.bytes);
    }
}

static struct error
follow_end(struct follow *follow, const struct remote_reply *reply, enum verdict verdict)
{
    struct cli *cli = follow->cli;
    const char *short_id = instance_short(cli, follow->wish->id);
    const char *reason = instance_error(cli->arena, reply->json);

    if (verdict == VERDICT_REACHED) {
        output_line(cli, "%s is %s after %s", short_id, follow->last.state,
                    time_span(cli->arena, follow->last.elapsed_ms));
        return NO_ERROR;
    }
    return error_make(cli->arena, ERR_STALE,
                      "%s is %s and will not be %s%s%s; see `inventiv logs %s`", short_id,
                      follow->last.state, goal_name(follow->wish->goal),
                      reason[0] == '\0' ? "" : ": ", reason, short_id);
}

static struct error
follow_timeout(struct follow *follow)
{
    struct cli *cli = follow->cli;
    const char *short_id = instance_short(cli, follow->wish->id);

    return error_make(cli->arena, ERR_TIMEOUT,
                      "%s is %s, not %s, after %s; it goes on without this command: `inventiv wait "
                      "%s --for %s`",
                      short_id, follow->last.state, goal_name(follow->wish->goal),
                      time_span(cli->arena, follow->wish->timeout_ms), short_id,
                      goal_name(follow->wish->goal));
}

/* The API is away, busy or being restarted: what happens to the instance does not depend on it. */
static bool
follow_bears(struct error error)
{
    return error.code == ERR_UNAVAILABLE || error.code == ERR_INTERNAL || error.code == ERR_LIMIT;
}

/* One look; *verdict stays VERDICT_GOES_ON when the API did not answer. */
static struct error
follow_once(struct follow *follow, bool patient, bool *answered, enum verdict *verdict)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    struct error error = remote_get(
        follow->cli, arena, instance_path(follow->cli, follow->wish->id, ""), false, &reply);

    *answered = !error_is(error);
    if (*answered) {
        follow_look(follow, &reply);
        *verdict = goal_judge(follow->wish->goal, json_get_string(reply.json, "status", ""));
        if (*verdict != VERDICT_GOES_ON) {
            follow_leave_line(follow);
            return follow_end(follow, &reply, *verdict);
        }
        return NO_ERROR;
    }
    if (patient && follow_bears(error)) {
        follow->cli->refusal = NULL;
        follow_show(follow, follow->last.state, follow->last.percent,
                    "the API does not answer; asking again");
        return NO_ERROR;
    }
    return error;
}

static struct error
follow_loop(struct follow *follow)
{
    const struct config *config = follow->cli->config;
    int64_t period_ms = config_ms(config, SETTING_INVENTIV_POLL_SECONDS);
    int64_t longest_ms = config_ms(config, SETTING_INVENTIV_POLL_MAX_SECONDS);
    int64_t deadline_ms = follow->started_ms + follow->wish->timeout_ms;
    int64_t pause_ms = period_ms;
    bool patient = follow->wish->patient;

    for (;;) {
        enum verdict verdict = VERDICT_GOES_ON;
        bool answered;
        TRY(follow_once(follow, patient, &answered, &verdict));
        int64_t left_ms = deadline_ms - clock_monotonic_ms();
        if (verdict != VERDICT_GOES_ON) {
            return NO_ERROR;
        }
        if (left_ms <= 0) {
            return follow_timeout(follow);
        }
        pause_ms = answered ? period_ms : pause_ms * 2 > longest_ms ? longest_ms : pause_ms * 2;
        clock_pause_ms(pause_ms < left_ms ? pause_ms : left_ms);
        patient = true;
    }
}

struct error
follow_instance(struct cli *cli, const struct follow_wish *wish)
{
    struct follow follow = {
        .cli = cli,
        .wish = wish,
        .stream = cli->json ? stderr : stdout,
        .terminal = cli->json ? cli->err : cli->out,
        .started_ms = clock_monotonic_ms(),
        .last = { .percent = -1, .state = "", .now = "" },
    };
    struct error error = follow_loop(&follow);

    follow_leave_line(&follow);
    follow_tell_document(&follow);
    buffer_free(&follow.document);
    return error;
}

struct error
follow_timeout_given(const struct cli *cli, int64_t *out)
{
    return arguments_seconds(&cli->arguments, cli->arena, "timeout",
                             config_ms(cli->config, SETTING_INVENTIV_WAIT_SECONDS), out);
}
