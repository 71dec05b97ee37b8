/* When the worker speaks, and what it makes of the answers. */
#include <string.h>

#include "base/mem.h"
#include "check.h"
#include "worker/beat_schedule.h"
#include "worker/plane_reply.h"

static const struct beat_rules rules = {
    .interval_ms = 10000,
    .interval_max_ms = 120000,
    .backoff_min_ms = 1000,
    .backoff_max_ms = 15000,
    .stopped_ms = 300000,
};

static void
test_period(void)
{
    CHECK_I64(beat_period_ms(&rules, 0), 10000);
    CHECK_I64(beat_period_ms(&rules, -5), 10000);
    CHECK_I64(beat_period_ms(&rules, 25000), 25000);
    CHECK_I64(beat_period_ms(&rules, 1), 10000);
    CHECK_I64(beat_period_ms(&rules, INT64_MAX), 120000);
}

static void
test_backoff(void)
{
    static const struct {
        int64_t failures;
        double jitter;
        int64_t delay_ms;
    } cases[] = {
        { 1, 0, 500 },      { 1, 1, 1000 },          { 2, 0, 1000 },  { 2, 1, 2000 },
        { 3, 0.5, 3000 },   { 6, 1, 32000 },         { 7, 1, 60000 }, { 7, 0, 30000 },
        { 1000, 1, 60000 }, { INT64_MAX, 1, 60000 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CHECK_I64(beat_backoff_ms(1000, 60000, cases[i].failures, cases[i].jitter),
                  cases[i].delay_ms);
    }
    CHECK_I64(beat_backoff_ms(90000, 60000, 1, 1), 60000);
}

static void
test_delay(void)
{
    static const struct {
        const char *name;
        enum plane_outcome outcome;
        int64_t period_ms, failures, retry_after_ms;
        int64_t least_ms, most_ms;
    } cases[] = {
        { "accepted", PLANE_ACCEPTED, 10000, 0, -1, 9000, 11000 },
        { "accepted, stretched", PLANE_ACCEPTED, 30000, 0, -1, 27000, 33000 },
        { "told to stop", PLANE_STOP, 10000, 0, -1, 270000, 330000 },
        { "nobody there: soon", PLANE_UNREACHABLE, 10000, 1, -1, 500, 1000 },
        { "nobody there, again", PLANE_UNREACHABLE, 10000, 4, -1, 4000, 8000 },
        { "nobody there, for long", PLANE_UNREACHABLE, 10000, 99, -1, 7500, 15000 },
        { "refused", PLANE_REFUSED, 10000, 1, -1, 500, 1000 },
        { "no answer: a period at the least", PLANE_SILENT, 10000, 1, -1, 5000, 10000 },
        { "no answer, again: never long", PLANE_SILENT, 10000, 2, -1, 7500, 15000 },
        { "an error, for long", PLANE_REJECTED, 10000, 50, -1, 7500, 15000 },
        { "busy", PLANE_BUSY, 10000, 1, -1, 5000, 10000 },
        { "busy, for long", PLANE_BUSY, 10000, 50, -1, 7500, 15000 },
        { "busy, and says how long", PLANE_BUSY, 10000, 1, 20000, 20000, 25000 },
        { "busy for ever", PLANE_BUSY, 10000, 1, INT64_MAX, 120000, 150000 },
        { "busy for no time", PLANE_BUSY, 10000, 1, 0, 1000, 1250 },
        { "a period over the back-off", PLANE_SILENT, 100000, 9, -1, 50000, 100000 },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        int64_t previous_ms = 0;
        for (int step = 0; step <= 4; step++) {
            int64_t delay_ms =
                beat_delay_ms(&rules, cases[i].outcome, cases[i].period_ms, cases[i].failures,
                              cases[i].retry_after_ms, step / 4.0);
            CHECK_CASE(delay_ms >= cases[i].least_ms && delay_ms <= cases[i].most_ms,
                       cases[i].name);
            CHECK_CASE(delay_ms > previous_ms, cases[i].name);
            previous_ms = delay_ms;
        }
    }
}

static struct plane_reply
schedule_reply(struct arena *arena, int status, const char *text)
{
    struct http_call call = { .outcome = HTTP_ANSWERED,
                              .status = status,
                              .reply = text,
                              .reply_length = strlen(text),
                              .retry_after_ms = -1 };
    struct plane_reply reply;

    plane_reply_read(arena, &call, &reply);
    return reply;
}

static void
test_outcomes(void)
{
    static const struct {
        int status;
        const char *text;
        enum plane_outcome outcome;
    } cases[] = {
        { 200, "{\"status\":\"ok\"}", PLANE_ACCEPTED },
        { 200, "", PLANE_ACCEPTED },
        { 204, "junk", PLANE_ACCEPTED },
        { 400, "{\"error\":\"invalid_body\"}", PLANE_REJECTED },
        { 401, "", PLANE_REFUSED },
        { 404, "{\"error\":\"instance_not_found\"}", PLANE_REJECTED },
        { 409, "", PLANE_REJECTED },
        { 410, "{\"directive\":\"stop\"}", PLANE_STOP },
        { 410, "{\"directive\":\"go\"}", PLANE_REJECTED },
        { 410, "", PLANE_REJECTED },
        { 410, "[\"stop\"]", PLANE_REJECTED },
        { 404, "{\"directive\":\"stop\"}", PLANE_REJECTED },
        { 429, "", PLANE_BUSY },
        { 500, "", PLANE_REJECTED },
        { 503, "", PLANE_BUSY },
        { 302, "", PLANE_REJECTED },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        struct plane_reply reply = schedule_reply(arena, cases[i].status, cases[i].text);
        CHECK_CASE(reply.outcome == cases[i].outcome, cases[i].text);
        CHECK_STR(reply.outcome == PLANE_ACCEPTED ? reply.failure : "", "");
    }
}

static void
test_reply_members(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct plane_reply reply = schedule_reply(
        arena, 200,
        "{\"next_heartbeat_seconds\":2.5,\"bootstrap_token\":\"wk_1\","
        "\"engine_env\":{\"HF_TOKEN\":\"a=b\",\"1X\":\"n\",\"A B\":\"n\",\"N\":5,\"_x\":\"\"}}");

    CHECK_I64(reply.next_heartbeat_ms, 2500);
    CHECK_STR(reply.bootstrap_token, "wk_1");
    CHECK(reply.has_engine_env);
    CHECK_I64(reply.engine_env_count, 2);
    CHECK_STR(reply.engine_env[0], "HF_TOKEN=a=b");
    CHECK_STR(reply.engine_env[1], "_x=");
    reply = schedule_reply(arena, 200,
                           "{\"next_heartbeat_seconds\":\"5\",\"bootstrap_token\":\"a b\","
                           "\"engine_env\":[]}");
    CHECK_I64(reply.next_heartbeat_ms, 0);
    CHECK(reply.bootstrap_token == NULL && !reply.has_engine_env);
    reply = schedule_reply(arena, 500, "{\"bootstrap_token\":\"wk_1\"}");
    CHECK(reply.bootstrap_token == NULL);
}

static void
test_no_answer(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct http_call call = { .outcome = HTTP_NOT_SENT, .failure = "refused" };
    struct plane_reply reply;

    plane_reply_read(arena, &call, &reply);
    CHECK(reply.outcome == PLANE_UNREACHABLE && reply.status == 0);
    call.outcome = HTTP_NO_ANSWER;
    plane_reply_read(arena, &call, &reply);
    CHECK(reply.outcome == PLANE_SILENT);
    CHECK_STR(reply.failure, "refused");
}

int
main(void)
{
    check_run("the period is what was asked for, in bounds", test_period);
    check_run("back-off doubles, is capped and spread", test_backoff);
    check_run("each outcome has its pause", test_delay);
    check_run("each answer has its meaning", test_outcomes);
    check_run("what a reply tells is taken, what it may not tell is left", test_reply_members);
    check_run("no answer is told from not sent", test_no_answer);
    return check_end();
}
