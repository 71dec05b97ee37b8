#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "check.h"

static char captured[8192];

/* Standard error goes to a file while fn runs; captured holds what was written. */
static void
capture(void (*fn)(void))
{
    char path[] = "/tmp/inventiv-log-XXXXXX";
    int file = mkstemp(path);
    int kept = dup(STDERR_FILENO);

    dup2(file, STDERR_FILENO);
    fn();
    dup2(kept, STDERR_FILENO);
    ssize_t got = pread(file, captured, sizeof captured - 1, 0);
    captured[got < 0 ? 0 : got] = '\0';
    close(kept);
    close(file);
    unlink(path);
}

static void
write_hostile(void)
{
    log_warn("a \"quote\"\nand more", LOG_STR(PATH, "back\\slash\tand \x1b[31m\x7f"),
             LOG_I64(PORT, -5), LOG_STR(REASON, NULL));
}

static void
test_json(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *line = NULL;

    log_start("tester", "info", true);
    capture(write_hostile);
    CHECK(strchr(captured, '\n') == captured + strlen(captured) - 1); /* one line */
    struct error error = json_parse(arena, captured, strlen(captured), &line);
    CHECK_STR(error.message, NULL);
    CHECK_STR(json_get_string(line, "level", ""), "warn");
    CHECK_STR(json_get_string(line, "component", ""), "tester");
    CHECK_STR(json_get_string(line, "msg", ""), "a \"quote\"\nand more");
    CHECK_STR(json_get_string(line, "path", ""), "back\\slash\tand \x1b[31m\x7f");
    CHECK_I64(json_get_i64(line, "port", 0), -5);
    CHECK_STR(json_get_string(line, "reason", "-"), "");
    CHECK_I64(strlen(json_get_string(line, "ts", "")), CLOCK_TEXT_SIZE - 1);
    CHECK(strchr(captured, '\x1b') == NULL); /* no terminal obeys it */
}

static void
test_text(void)
{
    log_start("tester", "info", false);
    capture(write_hostile);
    CHECK(strstr(captured, " warn  tester") != NULL);
    CHECK(strstr(captured, "a \\\"quote\\\"\\nand more") != NULL);
    CHECK(strstr(captured, " port=-5") != NULL);
    CHECK(strchr(captured, '\x1b') == NULL);
    CHECK(strchr(captured, '\n') == captured + strlen(captured) - 1);
}

static void
write_all_levels(void)
{
    log_debug("alpha", LOG_I64(COUNT, 1));
    log_info("beta", LOG_I64(COUNT, 1));
    log_warn("gamma", LOG_I64(COUNT, 1));
    log_fail("delta", LOG_I64(COUNT, 1));
}

static void
test_levels(void)
{
    log_start("tester", "warn", true);
    capture(write_all_levels);
    CHECK(strstr(captured, "alpha") == NULL && strstr(captured, "beta") == NULL);
    CHECK(strstr(captured, "gamma") != NULL && strstr(captured, "delta") != NULL);
    CHECK(log_enabled(LOG_LEVEL_ERROR) && !log_enabled(LOG_LEVEL_INFO));
    log_start("tester", "debug", true);
    capture(write_all_levels);
    CHECK(strstr(captured, "alpha") != NULL);
    log_start("tester", "no-such-level", true); /* keeps the last one */
    CHECK(log_enabled(LOG_LEVEL_DEBUG));
}

static void
test_clock_text(void)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format(0, text);
    CHECK_STR(text, "1970-01-01T00:00:00.000Z");
    clock_format(1767693600123, text);
    CHECK_STR(text, "2026-01-06T10:00:00.123Z");
    CHECK(clock_wall_ms() > 1700000000000);
    int64_t before = clock_monotonic_ms();
    CHECK(clock_monotonic_ms() >= before);
}

int
main(void)
{
    check_run("a line is one JSON object, whatever its texts hold", test_json);
    check_run("text for a terminal is one line and escaped, too", test_text);
    check_run("lines under the level are not written", test_levels);
    check_run("times are written as RFC 3339 in UTC", test_clock_text);
    return check_end();
}
