/* Lists of many pages, of two APIs, and lists that are not whole. */
#include "check.h"

#include <string.h>

#include "base/mem.h"
#include "scripted_provider.h"

#define TAGGED ",\"tags\":[\"inventiv-instance=i\",\"x\",\"inventiv-fleet=f\"]}"
#define ROW(id) "{\"id\":\"" id "\"" TAGGED

struct list_page {
    const char *when; /* in the request's first line */
    const char *total;
    const char *body;
};

struct list_case {
    const char *name;
    enum call_kind kind;
    struct list_page pages[5];
    enum answer_class wanted;
    const char *refs; /* of the rows in order */
    int requests;     /* 0: not looked at */
};

static const struct list_case list_cases[] = {
    { "no row", CALL_SERVER_LIST, { { "?page=1&", "0", "{\"servers\":[]}" } }, ANSWER_OK, "", 1 },
    { "three pages up to the total",
      CALL_SERVER_LIST,
      { { "?page=1&", "5", "{\"servers\":[" ROW("a") "," ROW("b") "]}" },
        { "?page=2&", "5", "{\"servers\":[" ROW("c") "," ROW("d") "]}" },
        { "?page=3&", "5", "{\"servers\":[" ROW("e") "]}" } },
      ANSWER_OK,
      "a b c d e ",
      3 },
    { "no total: an empty page ends it",
      CALL_ADDRESS_LIST,
      { { "?page=1&", NULL, "{\"ips\":[" ROW("a") "]}" },
        { "?page=2&", NULL, "{\"ips\":[" ROW("b") "]}" },
        { "?page=3&", NULL, "{\"ips\":[]}" } },
      ANSWER_OK,
      "a b ",
      3 },
    { "pages smaller than asked for",
      CALL_SERVER_LIST,
      { { "?page=1&", "2", "{\"servers\":[" ROW("a") "]}" },
        { "?page=2&", "2", "{\"servers\":[" ROW("b") "]}" } },
      ANSWER_OK,
      "a b ",
      2 },
    { "a list shorter than its total",
      CALL_SERVER_LIST,
      { { "?page=1&", "3", "{\"servers\":[" ROW("a") "," ROW("b") "]}" },
        { "?page=2&", "3", "{\"servers\":[]}" } },
      ANSWER_TRANSIENT,
      "",
      2 },
    { "an empty first page of a full list",
      CALL_SERVER_LIST,
      { { "?page=1&", "3", "{\"servers\":[]}" } },
      ANSWER_TRANSIENT,
      "",
      1 },
    { "the same page for ever",
      CALL_SERVER_LIST,
      { { "", "9", "{\"servers\":[" ROW("a") "," ROW("b") "]}" } },
      ANSWER_TRANSIENT,
      "",
      2 },
    { "a row seen twice counts once",
      CALL_SERVER_LIST,
      { { "?page=1&", "3", "{\"servers\":[" ROW("a") "," ROW("b") "]}" },
        { "?page=2&", "3", "{\"servers\":[" ROW("b") "," ROW("c") "]}" } },
      ANSWER_OK,
      "a b c ",
      2 },
    { "rows went while it was read",
      CALL_SERVER_LIST,
      { { "?page=1&", "4", "{\"servers\":[" ROW("a") "," ROW("b") "]}" },
        { "?page=2&", "1", "{\"servers\":[]}" } },
      ANSWER_OK,
      "a b ",
      2 },
    { "more pages than allowed",
      CALL_SERVER_LIST,
      { { "?page=1&", "9", "{\"servers\":[" ROW("a") "," ROW("b") "]}" },
        { "?page=2&", "9", "{\"servers\":[" ROW("c") "," ROW("d") "]}" },
        { "?page=3&", "9", "{\"servers\":[" ROW("e") "," ROW("f") "]}" } },
      ANSWER_TRANSIENT,
      "",
      3 },
    { "a row without id",
      CALL_SERVER_LIST,
      { { "?page=1&", "2", "{\"servers\":[" ROW("a") ",{\"name\":\"x\"}]}" } },
      ANSWER_TRANSIENT,
      "",
      1 },
    { "a second page that fails",
      CALL_SERVER_LIST,
      { { "?page=1&", "4", "{\"servers\":[" ROW("a") "," ROW("b") "]}" }, { "page=2", "x", NULL } },
      ANSWER_TRANSIENT,
      "",
      0 },
    { "foreign rows of a list that ignores the filter",
      CALL_SERVER_LIST,
      { { "?page=1&", "3",
          "{\"servers\":[{\"id\":\"a\"},{\"id\":\"b\",\"tags\":[\"inventiv-fleet=f\"]}]}" },
        { "?page=2&", "3", "{\"servers\":[" ROW("c") "]}" } },
      ANSWER_OK,
      "c ",
      2 },
    { "groups by tag",
      CALL_SECURITY_GROUP_LIST,
      { { "?page=1&", "2", "{\"security_groups\":[{\"id\":\"a\",\"tags\":[]}," ROW("b") "]}" } },
      ANSWER_OK,
      "b ",
      1 },
    { "volumes of both APIs",
      CALL_VOLUME_LIST,
      { { "/instance/v1", "1", "{\"volumes\":[" ROW("a") "]}" },
        { "?page=1&page_size=2", NULL,
          "{\"volumes\":[" ROW("b") "," ROW("c") "],\"total_count\":3}" },
        { "?page=2&page_size=2", NULL, "{\"volumes\":[{\"id\":\"d\"}],\"total_count\":3}" } },
      ANSWER_OK,
      "a b c ",
      3 },
    { "a volume that both APIs show",
      CALL_VOLUME_LIST,
      { { "/instance/v1", "1", "{\"volumes\":[" ROW("a") "]}" },
        { "/block/v1", NULL, "{\"volumes\":[" ROW("a") "," ROW("b") "],\"total_count\":2}" } },
      ANSWER_OK,
      "a b ",
      2 },
    { "volumes of one API alone",
      CALL_VOLUME_LIST,
      { { "/instance/v1", "1", "{\"volumes\":[" ROW("a") "]}" }, { "/block/v1", "x", NULL } },
      ANSWER_TRANSIENT,
      "",
      0 },
};

static void
lists_refs(struct arena *arena, const struct provider_call *call, const char **out)
{
    *out = "";
    for (size_t i = 0; i < call->server_count; i++) {
        *out = arena_printf(arena, "%s%s ", *out, call->servers[i].ref);
    }
    for (size_t i = 0; i < call->volume_count; i++) {
        *out = arena_printf(arena, "%s%s ", *out, call->volumes[i].ref);
    }
    for (size_t i = 0; i < call->address_count; i++) {
        *out = arena_printf(arena, "%s%s ", *out, call->addresses[i].ref);
    }
    for (size_t i = 0; i < call->security_group_count; i++) {
        *out = arena_printf(arena, "%s%s ", *out, call->security_groups[i].ref);
    }
}

static const char *
lists_reply(struct arena *arena, const struct list_page *page)
{
    const char *header =
        page->total == NULL ? "" : arena_printf(arena, "X-Total-Count: %s\r\n", page->total);
    return page->body == NULL
               ? scripted_reply(arena, "503 Unavailable", "text/plain", "", "later")
               : scripted_reply(arena, "200 OK", "application/json", header, page->body);
}

static void
lists_count_page(void *argument)
{
    ++*(int *)argument;
}

static void
lists_check(const struct list_case *one)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rules[ARRAY_LENGTH(one->pages)];
    size_t count = 0;
    while (count < ARRAY_LENGTH(one->pages) && one->pages[count].when != NULL) {
        rules[count] =
            (struct scripted_rule){ .when = one->pages[count].when,
                                    .bytes = lists_reply(scripted.arena, &one->pages[count]) };
        count++;
    }
    scripted_provider_start(&scripted, rules, count);
    struct provider_call call = scripted_call(&scripted, one->kind);
    int pages = 0;
    call.on_page = lists_count_page;
    call.on_page_argument = &pages;
    scripted_run(&scripted, &call);
    const char *refs;
    lists_refs(scripted.arena, &call, &refs);
    CHECK_CASE(call.class == one->wanted, one->name);
    CHECK_CASE(strcmp(refs, one->refs) == 0, one->name);
    CHECK_CASE(one->requests == 0 ||
                   scripted_server_count(scripted.server) == (size_t)one->requests,
               one->name);
    CHECK_CASE(one->requests == 0 || pages == one->requests - 1, one->name);
    scripted_provider_stop(&scripted);
}

static void
test_lists(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(list_cases); i++) {
        lists_check(&list_cases[i]);
    }
}

static void
test_types_are_merged_with_stock(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    const struct list_page pages[] = {
        { "/availability?page=1", "3",
          "{\"servers\":{\"L4-1-24G\":{\"availability\":\"scarce\"},"
          "\"UNHEARD-OF\":{\"availability\":\"available\"}}}" },
        { "/availability?page=2", "3",
          "{\"servers\":{\"RENDER-S\":{\"availability\":\"shortage\"}}}" },
        { "?page=1&", "3",
          "{\"servers\":{\"L4-1-24G\":{\"hourly_price\":0.75,\"ncpus\":8,\"ram\":51539607552,"
          "\"gpu\":1,\"gpu_info\":{\"gpu_memory\":25769803776},"
          "\"network\":{\"sum_internet_bandwidth\":2500000000}},\"DEV1-S\":{\"ncpus\":2}}}" },
        { "?page=2&", "3", "{\"servers\":{\"RENDER-S\":{\"gpu\":1}}}" },
    };
    struct scripted_rule rules[ARRAY_LENGTH(pages)];
    for (size_t i = 0; i < ARRAY_LENGTH(pages); i++) {
        rules[i] = (struct scripted_rule){ .when = pages[i].when,
                                           .bytes = lists_reply(scripted.arena, &pages[i]) };
    }
    scripted_provider_start(&scripted, rules, ARRAY_LENGTH(rules));
    struct provider_call call = scripted_call(&scripted, CALL_TYPE_LIST);
    scripted_run(&scripted, &call);
    CHECK(call.class == ANSWER_OK);
    if (CHECK_I64(call.type_count, 3)) {
        CHECK_STR(call.types[0].code, "L4-1-24G");
        CHECK_I64(call.types[0].gpu_count, 1);
        CHECK_I64(call.types[0].vram_per_gpu_bytes, 25769803776);
        CHECK_I64(call.types[0].cpu_count, 8);
        CHECK_I64(call.types[0].ram_bytes, 51539607552);
        CHECK_I64(call.types[0].bandwidth_bps, 2500000000);
        CHECK(call.types[0].cost_per_hour_eur > 0.7499 && call.types[0].cost_per_hour_eur < 0.751);
        CHECK_STR(call.types[0].stock, "scarce");
        CHECK_STR(call.types[1].stock, "");
        CHECK_I64(call.types[1].gpu_count, 0);
        CHECK_STR(call.types[2].stock, "shortage");
    }
    scripted_provider_stop(&scripted);
}

/* Many calls of different lengths in one run, each with its own answer. */
static void
test_calls_of_one_run_do_not_mix(void)
{
    enum { CALLS = 40 };
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rules[] = {
        { .when = "DELETE", .bytes = scripted_reply(scripted.arena, "204 No Content", "", "", "") },
        { .when = "?page=1&",
          .bytes =
              scripted_reply(scripted.arena, "200 OK", "application/json", "X-Total-Count: 3\r\n",
                             "{\"servers\":[" ROW("a") "," ROW("b") "]}") },
        { .when = "?page=2&",
          .bytes = scripted_reply(scripted.arena, "200 OK", "application/json",
                                  "X-Total-Count: 3\r\n", "{\"servers\":[" ROW("c") "]}") },
    };
    struct provider_call calls[CALLS];
    struct provider_call *all[CALLS];
    scripted_provider_start(&scripted, rules, ARRAY_LENGTH(rules));
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = scripted_call(&scripted, i % 2 == 0 ? CALL_SERVER_LIST : CALL_SERVER_DELETE);
        all[i] = &calls[i];
    }
    provider_run(scripted.provider, scripted.arena, all, CALLS);
    for (size_t i = 0; i < CALLS; i++) {
        CHECK(calls[i].class == ANSWER_OK);
        CHECK_I64(calls[i].server_count, i % 2 == 0 ? 3 : 0);
    }
    CHECK_I64(scripted.sent, CALLS / 2);
    scripted_provider_stop(&scripted);
}

int
main(void)
{
    check_run("lists are read whole, or are no answer", test_lists);
    check_run("types are merged with their stock over pages", test_types_are_merged_with_stock);
    check_run("calls of one run do not mix", test_calls_of_one_run_do_not_mix);
    return check_end();
}
