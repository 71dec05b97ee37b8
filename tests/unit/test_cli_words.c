/* How the command line understands what it is given: arguments, ids, addresses, states. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "check.h"
#include "cli/arguments.h"
#include "cli/catalogue.h"
#include "cli/exit_status.h"
#include "cli/id_prefix.h"
#include "cli/session.h"
#include "cli/stage.h"
#include "domain/state.h"

static const struct option_form options[] = {
    { "zone", "Z", "where" },
    { "yes", NULL, "do not ask" },
    { "timeout", "S", "seconds" },
    { "limit", "N", "rows" },
    { 0 },
};
static const struct argument_form form = { "ID", 1, 2, options };

/* Words are separated by one space. */
static struct error
parse(struct arena *arena, const char *line, struct arguments *out)
{
    char *copy = arena_strdup(arena, line);
    char **words = arena_array(arena, char *, strlen(line) + 1);
    size_t count = 0;

    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        words[count++] = word;
    }
    return arguments_parse(arena, &form, words, count, out);
}

static void
test_options(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct arguments got;

    CHECK(!error_is(parse(arena, "--zone a abcd --yes", &got)));
    CHECK_STR(arguments_option(&got, "zone"), "a");
    CHECK(arguments_option(&got, "yes") != NULL);
    CHECK(arguments_option(&got, "timeout") == NULL);
    CHECK_STR(got.given[0], "abcd");
    CHECK(!error_is(parse(arena, "abcd --zone=b=c", &got)));
    CHECK_STR(arguments_option(&got, "zone"), "b=c");
    CHECK(!error_is(parse(arena, "abcd -- --zone", &got)));
    CHECK_STR(got.given[1], "--zone");
    CHECK(arguments_option(&got, "zone") == NULL);
    CHECK(!error_is(parse(arena, "-", &got)));
}

static void
test_wrong_options(void)
{
    static const struct {
        const char *line;
        const char *says;
    } cases[] = {
        { "", "something is missing: ID" },
        { "a b c", "'c' is too much; wanted: ID" },
        { "a --zon b", "unknown option '--zon'; there are --zone, --yes" },
        { "a -z", "unknown option '-z'" },
        { "a --zone", "--zone needs a value: --zone Z" },
        { "a --yes=no", "--yes takes no value" },
    };
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct arguments got;

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error error = parse(arena, cases[i].line, &got);
        CHECK_CASE(error.code == ERR_INPUT && strstr(error.message, cases[i].says) != NULL,
                   cases[i].line);
    }
}

static void
test_numbers(void)
{
    static const char *const broken[] = { "a --timeout x",  "a --timeout 0",   "a --timeout -1",
                                          "a --timeout 1s", "a --timeout nan", "a --timeout 1e9" };
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct arguments got;
    int64_t value;

    CHECK(!error_is(parse(arena, "a --timeout 1.5 --limit 7", &got)));
    CHECK(!error_is(arguments_seconds(&got, arena, "timeout", 9, &value)));
    CHECK_I64(value, 1500);
    CHECK(!error_is(arguments_count(&got, arena, "limit", 100, 1000, &value)));
    CHECK_I64(value, 7);
    CHECK(!error_is(parse(arena, "a --limit 1001", &got)));
    CHECK(!error_is(arguments_seconds(&got, arena, "timeout", 9, &value)));
    CHECK_I64(value, 9);
    CHECK(error_is(arguments_count(&got, arena, "limit", 100, 1000, &value)));
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        CHECK(!error_is(parse(arena, broken[i], &got)));
        struct error error = arguments_seconds(&got, arena, "timeout", 9, &value);
        CHECK_CASE(error.code == ERR_INPUT, broken[i]);
    }
}

static json_t *
ids(void)
{
    return json_pack("[{s:s}, {s:s}, {s:s}, {}]", "id", "aaaa1111-0000-4000-8000-000000000001",
                     "id", "aaaa1111-0000-4000-8000-000000000002", "id",
                     "bbbb2222-0000-4000-8000-000000000003");
}

static void
test_prefixes(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *list = ids();
    const char *found = "";

    CHECK(!error_is(id_prefix_find(arena, list, "bbbb", &found)));
    CHECK_STR(found, "bbbb2222-0000-4000-8000-000000000003");
    CHECK(!error_is(id_prefix_find(arena, list, "BBBB2", &found)));
    CHECK_STR(found, "bbbb2222-0000-4000-8000-000000000003");
    CHECK(!error_is(id_prefix_find(arena, list, "cccc", &found)));
    CHECK(found == NULL);
    struct error error = id_prefix_find(arena, list, "aaaa", &found);
    CHECK(error.code == ERR_INPUT);
    CHECK(strstr(error.message, "2 instances begin with aaaa") != NULL);
    CHECK(strstr(error.message, "8000-000000000002") != NULL);
    CHECK_I64(id_prefix_length(arena, list), 36);
}

static void
test_prefix_form(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *few =
        json_pack("[{s:s}, {s:s}]", "id", "abcd1234-5678", "id", "abcd1235-5678");

    CHECK(id_prefix_is_valid("abcd"));
    CHECK(!id_prefix_is_valid("abc"));
    CHECK(!id_prefix_is_valid("../../models"));
    CHECK(!id_prefix_is_valid("aaaa1111-0000-4000-8000-0000000000011"));
    CHECK(id_is_whole("aaaa1111-0000-4000-8000-000000000001"));
    CHECK(!id_is_whole("aaaa1111"));
    CHECK_I64(id_prefix_length(arena, few), 8);
}

static void
test_urls(void)
{
    static const char *const broken[] = {
        "",           "127.0.0.1:8003",   "ftp://a",    "http://",   "https:///",
        "http://a b", "http://user:pw@a", "http://a?x", "http://a\n"
    };
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *url = "";

    CHECK(!error_is(session_url(arena, "http://127.0.0.1:8003//", &url)));
    CHECK_STR(url, "http://127.0.0.1:8003");
    CHECK(!error_is(session_url(arena, "https://plane.example/inventiv/", &url)));
    CHECK_STR(url, "https://plane.example/inventiv");
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        CHECK_CASE(session_url(arena, broken[i], &url).code == ERR_INPUT, broken[i]);
    }
}

static void
test_stages(void)
{
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        const char *name = state_name((enum instance_state)i);
        for (int64_t percent = 0; percent <= 100; percent++) {
            CHECK_CASE(stage_now(name, percent)[0] != '\0', name);
        }
        bool live = state_is_live((enum instance_state)i);
        bool final = state_is_final((enum instance_state)i);
        CHECK_CASE((goal_judge(GOAL_READY, name) == VERDICT_LOST) == !live, name);
        CHECK_CASE((goal_judge(GOAL_TERMINATED, name) == VERDICT_REACHED) == final, name);
        CHECK_CASE(stage_colour(name) != COLOUR_NONE, name);
    }
    CHECK(stage_is_on_its_way("booting") && !stage_is_on_its_way("ready"));
    CHECK_I64(goal_percent(GOAL_READY, "booting", 30), 30);
    CHECK_I64(goal_percent(GOAL_TERMINATED, "ready", 100), 0);
    CHECK_I64(goal_percent(GOAL_TERMINATED, "draining", 100), 30);
    CHECK_I64(goal_percent(GOAL_TERMINATED, "terminated", 100), 100);
    CHECK(goal_judge(GOAL_READY, "ready") == VERDICT_REACHED);
    CHECK(goal_judge(GOAL_READY, "of a later version") == VERDICT_GOES_ON);
    CHECK_STR(stage_now("booting", 30), "waiting for its address");
    CHECK_STR(stage_now("of a later version", 30), "");
}

static void
test_exit_statuses(void)
{
    CHECK_I64(exit_status_of(ERR_NONE), 0);
    CHECK_I64(exit_status_of(ERR_STALE), 1);
    CHECK_I64(exit_status_of(ERR_INPUT), 2);
    CHECK_I64(exit_status_of(ERR_DENIED), 3);
    CHECK_I64(exit_status_of(ERR_NOT_FOUND), 4);
    CHECK_I64(exit_status_of(ERR_CONFLICT), 5);
    CHECK_I64(exit_status_of(ERR_UNAVAILABLE), 6);
    CHECK_I64(exit_status_of(ERR_TIMEOUT), 7);
}

static json_t *
type(const char *code, int gpus, int vram, double price, bool available)
{
    return json_pack("{s:s, s:i, s:i, s:f, s:[{s:s, s:b}]}", "code", code, "gpu_count", gpus,
                     "vram_per_gpu_gb", vram, "cost_per_hour", price, "zones", "code", "z-1",
                     "is_available", (int)available);
}

static void
test_catalogue(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *model =
        json_pack("{s:s, s:s, s:i}", "id", "m1", "model_id", "org/Model", "required_vram_gb", 40);
    CLEANUP_JSON json_t *models = json_pack("[O]", model);
    CLEANUP_JSON json_t *types =
        json_pack("[o, o, o, o]", type("small", 1, 24, 0.5, true), type("pair", 2, 24, 1.5, true),
                  type("big", 1, 80, 2.5, true), type("gone", 1, 80, 0.1, false));

    CHECK(catalogue_model_in(models, "org/model") == model);
    CHECK(catalogue_model_in(models, "m1") == model);
    CHECK(catalogue_model_in(models, "m2") == NULL);
    CHECK(!catalogue_fits(model, json_array_get(types, 0)));
    CHECK(catalogue_fits(model, json_array_get(types, 1)));
    CHECK(catalogue_cheapest(types, model) == json_array_get(types, 1));
    CHECK_STR(catalogue_zones_of(arena, json_array_get(types, 1)), "z-1");
    CHECK_STR(catalogue_zones_of(arena, json_array_get(types, 3)), "");
}

int
main(void)
{
    check_run("options stand anywhere, with or without =", test_options);
    check_run("a wrong option is refused with what there is", test_wrong_options);
    check_run("numbers are read whole and within their bounds", test_numbers);
    check_run("an id is found by its begin, and never guessed", test_prefixes);
    check_run("what is no id goes into no path", test_prefix_form);
    check_run("an address is trimmed, and refused when it is none", test_urls);
    check_run("every state says what happens, and whether a wait can end", test_stages);
    check_run("every kind of failure has its exit status", test_exit_statuses);
    check_run("a model is placed on the cheapest type that fits and can be had", test_catalogue);
    return check_end();
}
