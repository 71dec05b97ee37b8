#include "check.h"

#include <stdio.h>
#include <string.h>

static struct {
    int passed;
    int failed;
    int failures_in_test;
} check_state;

static bool
check_report(bool holds, const char *file, int line)
{
    if (!holds) {
        check_state.failures_in_test++;
        fprintf(stderr, "    %s:%d: ", file, line);
    }
    return holds;
}

bool
check_that(bool holds, const char *text, const char *file, int line)
{
    if (!check_report(holds, file, line)) {
        fprintf(stderr, "does not hold: %s\n", text);
    }
    return holds;
}

bool
check_case(bool holds, const char *name, const char *text, const char *file, int line)
{
    if (!check_report(holds, file, line)) {
        fprintf(stderr, "case '%s': does not hold: %s\n", name, text);
    }
    return holds;
}

bool
check_i64(int64_t got, int64_t wanted, const char *text, const char *file, int line)
{
    if (!check_report(got == wanted, file, line)) {
        fprintf(stderr, "%s is %lld, not %lld\n", text, (long long)got, (long long)wanted);
    }
    return got == wanted;
}

bool
check_str(const char *got, const char *wanted, const char *text, const char *file, int line)
{
    bool same = got == wanted || (got != NULL && wanted != NULL && strcmp(got, wanted) == 0);

    if (!check_report(same, file, line)) {
        fprintf(stderr, "%s is '%s', not '%s'\n", text, got == NULL ? "(null)" : got,
                wanted == NULL ? "(null)" : wanted);
    }
    return same;
}

void
check_run(const char *sentence, void (*test)(void))
{
    check_state.failures_in_test = 0;
    test();
    bool passed = check_state.failures_in_test == 0;
    printf("%s %s\n", passed ? "ok  " : "FAIL", sentence);
    fflush(stdout);
    if (passed) {
        check_state.passed++;
    } else {
        check_state.failed++;
    }
}

int
check_end(void)
{
    printf("%d passed, %d failed\n", check_state.passed, check_state.failed);
    return check_state.failed == 0 ? 0 : 1;
}
