/* What the command line shows, without an API: cleaned text, times, tables, bars. */
#include <locale.h>
#include <string.h>

#include "base/mem.h"
#include "base/time_text.h"
#include "check.h"
#include "cli/clean_text.h"
#include "cli/progress_bar.h"
#include "cli/table.h"

static void
test_line(void)
{
    static const struct {
        const char *text;
        const char *wanted;
    } cases[] = {
        { "plain", "plain" },
        { "caf\xc3\xa9", "caf\xc3\xa9" },
        { "two\nlines\tand\rmore", "two lines and more" },
        { "\033[2Jgone\007", "\xef\xbf\xbd[2Jgone\xef\xbf\xbd" },
        { "a\x7f", "a\xef\xbf\xbd" },
        { "a\xc2\x9b", "a\xef\xbf\xbd" },     /* CSI as one C1 control */
        { "a\xe2\x80\xae", "a\xef\xbf\xbd" }, /* right-to-left override */
        { "a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd" },
        { "\xe0\x80\x9b", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
        { NULL, "" },
    };
    CLEANUP_ARENA struct arena *arena = arena_new();

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CHECK_STR(clean_line(arena, cases[i].text), cases[i].wanted);
    }
    CHECK_STR(clean_lines(arena, "a\n\tb\r\033"), "a\n\tb\xef\xbf\xbd");
}

static void
test_json(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    CHECK_STR(clean_json(arena, "{\"a\":\"\x7f\xc2\x9b\xe2\x80\xae\xc3\xa9\"}\n"),
              "{\"a\":\"\\u007f\\u009b\\u202e\xc3\xa9\"}\n");
}

static void
test_width(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    CHECK_I64(clean_width("caf\xc3\xa9"), 4);
    CHECK_I64(clean_width("\xe6\xbc\xa2"), 2);
    CHECK_STR(clean_cut(arena, "abcdef", 6, true), "abcdef");
    CHECK_STR(clean_cut(arena, "abcdef", 5, true), "abcd\xe2\x80\xa6");
    CHECK_STR(clean_cut(arena, "abcdef", 5, false), "abcd~");
    CHECK_STR(clean_cut(arena, "\xe6\xbc\xa2\xe6\xbc\xa2", 3, false), "\xe6\xbc\xa2~");
    CHECK_STR(clean_cut(arena, "abc", 0, false), "");
}

static void
test_spans(void)
{
    static const struct {
        int64_t ms;
        const char *span;
        const char *age;
    } cases[] = {
        { -5, "0 ms", "0 s" },
        { 999, "999 ms", "0 s" },
        { 1000, "1.0 s", "1 s" },
        { 59999, "59.9 s", "59 s" },
        { 60000, "1 m 00 s", "1 m" },
        { 3599999, "59 m 59 s", "59 m" },
        { 3600000, "1 h 00 m", "1 h" },
        { 86399999, "23 h 59 m", "23 h" },
        { 86400000, "1 d 00 h", "1 d" },
        { 90000000, "1 d 01 h", "1 d" },
        { INT64_C(8640000000), "100 d 00 h", "100 d" },
    };
    CLEANUP_ARENA struct arena *arena = arena_new();

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CHECK_STR(time_span(arena, cases[i].ms), cases[i].span);
        CHECK_STR(time_age(arena, cases[i].ms), cases[i].age);
    }
}

static void
test_moments(void)
{
    static const char *const broken[] = { NULL,
                                          "",
                                          "soon",
                                          "2026-01-06",
                                          "2026-01-06T10:00:00",
                                          "2026-01-06T10:00:00+2",
                                          "2026-01-06T10:00:00Zz" };
    CLEANUP_ARENA struct arena *arena = arena_new();
    int64_t at_ms = 0;

    CHECK(time_parse("2026-01-06T10:00:00.123Z", &at_ms));
    CHECK_I64(at_ms, INT64_C(1767693600123));
    CHECK(time_parse("2026-01-06T12:00:00.123456+02:00", &at_ms));
    CHECK_I64(at_ms, INT64_C(1767693600123));
    CHECK(time_parse("2026-01-06T04:30:00-05:30", &at_ms));
    CHECK_I64(at_ms, INT64_C(1767693600000));
    for (size_t i = 0; i < ARRAY_LENGTH(broken); i++) {
        CHECK_CASE(!time_parse(broken[i], &at_ms), broken[i] == NULL ? "NULL" : broken[i]);
    }
    CHECK_STR(time_second(arena, "2026-01-06T12:00:00.5+02:00"), "2026-01-06 10:00:00");
    CHECK_STR(time_moment(arena, "2026-01-06T10:00:00.5Z"), "2026-01-06 10:00:00.500");
    CHECK_STR(time_second(arena, NULL), "");
}

static const struct table_column columns[] = {
    { "ID", false, 0, 0 },
    { "NAME", false, 5, 2 },
    { "EUR", true, 0, 1 },
    { "PLACE", false, 4, 0 },
};

static const char *
table_text(struct arena *arena, size_t width, bool colour)
{
    CLEANUP_BUFFER struct buffer out = { 0 };
    const struct table_form form = { .width = width, .colour = colour };
    struct table *table = table_new(arena, columns, ARRAY_LENGTH(columns));
    static const char *const cells[] = {
        "1", "the first of all names", "1.5", "here", "22", "x", "", "over there"
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cells); i++) {
        table_add(table, cells[i], i == 0 ? COLOUR_GREEN : COLOUR_NONE);
    }
    table_write(table, &form, &out);
    return arena_strndup(arena, out.bytes, out.length);
}

static void
test_table_natural(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *wanted = "ID  NAME                    EUR  PLACE\n"
                         "1   the first of all names  1.5  here\n"
                         "22  x                            over there\n";

    CHECK_STR(table_text(arena, 0, false), wanted);
    CHECK_STR(table_text(arena, 43, false), wanted);
}

static void
test_table_shrinks(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    CHECK_STR(table_text(arena, 41, false), "ID  NAME                  EUR  PLACE\n"
                                            "1   the first of all na~  1.5  here\n"
                                            "22  x                          over there\n");
}

static void
test_table_drops(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    /* NAME goes first, rather than being cut to what nobody can read; then EUR. */
    CHECK_STR(table_text(arena, 40, false), "ID  EUR  PLACE\n"
                                            "1   1.5  here\n"
                                            "22       over there\n");
    CHECK_STR(table_text(arena, 18, false), "ID  PLACE\n"
                                            "1   here\n"
                                            "22  over there\n");
    /* What must stay is cut in the end, down to its least. */
    CHECK_STR(table_text(arena, 12, false), "ID  PLACE\n"
                                            "1   here\n"
                                            "22  over th~\n");
    CHECK_STR(table_text(arena, 3, false), "ID  PLA~\n"
                                           "1   here\n"
                                           "22  ove~\n");
}

static void
test_table_empty_column(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_BUFFER struct buffer out = { 0 };
    const struct table_form forms[] = { { .width = 80 }, { .width = 0 } };
    struct table *table = table_new(arena, columns, ARRAY_LENGTH(columns));

    for (int i = 0; i < 4; i++) {
        table_add(table, i == 1 || i == 2 ? "" : "x", COLOUR_NONE);
    }
    table_write(table, &forms[0], &out);
    table_write(table, &forms[1], &out);
    CHECK_STR(out.bytes, "ID  PLACE\nx   x\n"
                         "ID  NAME  EUR  PLACE\nx              x\n");
}

static void
test_table_colour(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *text = table_text(arena, 0, true);

    CHECK(strstr(text, "\033[32m1\033[0m   the first of") != NULL);
    CHECK(strchr(table_text(arena, 0, false), '\033') == NULL);
}

static void
test_table_cleans(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_BUFFER struct buffer out = { 0 };
    const struct table_form form = { .width = 0 };
    struct table *table = table_new(arena, columns, 1);

    table_add(table, "\033]0;x\007\ny", COLOUR_NONE);
    table_write(table, &form, &out);
    CHECK_STR(out.bytes, "ID\n\xef\xbf\xbd]0;x\xef\xbf\xbd y\n");
}

static void
test_bar(void)
{
    static const struct {
        int64_t percent;
        const char *wanted;
    } cases[] = {
        { -1, "[..........]" },   { 0, "[..........]" },  { 9, "[..........]" },
        { 10, "[#.........]" },   { 99, "[#########.]" }, { 100, "[##########]" },
        { 1000, "[##########]" },
    };
    CLEANUP_ARENA struct arena *arena = arena_new();

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        CHECK_STR(progress_bar(arena, cases[i].percent, 10, false), cases[i].wanted);
    }
    CHECK_I64(clean_width(progress_bar(arena, 50, 10, true)), 10);
}

static void
test_progress_line(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const struct progress progress = {
        .percent = 40, .state = "booting", .now = "waiting", .elapsed_ms = 72400
    };

    CHECK_STR(progress_line(arena, &progress, 80, false),
              "[########............]  40 %  booting  1 m 12 s  waiting");
    for (size_t width = 1; width < 90; width++) {
        CHECK(clean_width(progress_line(arena, &progress, width, width % 2 == 0)) <= width);
    }
    CHECK_STR(progress_plain(arena, &progress), " 1 m 12 s   40 %  booting       waiting");
}

int
main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    check_run("a line shows nothing that a terminal would obey", test_line);
    check_run("JSON for a terminal means the same and moves nothing", test_json);
    check_run("text is measured and cut in columns", test_width);
    check_run("spans and ages read as people say them", test_spans);
    check_run("times of any offset are shown in UTC, broken ones not at all", test_moments);
    check_run("a table takes the width that it needs and ends lines without spaces",
              test_table_natural);
    check_run("a table too wide shrinks what may shrink, the widest first", test_table_shrinks);
    check_run("a table still too wide leaves out what may go", test_table_drops);
    check_run("a column without content is left out on a terminal, and there for programs",
              test_table_empty_column);
    check_run("a table has colours only where asked for", test_table_colour);
    check_run("a table's cells are cleaned", test_table_cleans);
    check_run("a bar is as full as the percentage says, never more", test_bar);
    check_run("a progress line fits any width", test_progress_line);
    return check_end();
}
