/* check.h: the whole test framework.  A test's name is a sentence that holds when it passes.
 *
 *     static void test_x(void) { CHECK(1 + 1 == 2); CHECK_STR(name, "x"); }
 *     int main(void) { check_run("one and one are two", test_x); return check_end(); }
 */
#ifndef INVENTIV_TESTS_CHECK_H
#define INVENTIV_TESTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* A failed check is printed and counted; the test goes on. */
#define CHECK(condition) check_that((condition), #condition, __FILE__, __LINE__)
#define CHECK_I64(got, wanted)                                                                     \
    check_i64((int64_t)(got), (int64_t)(wanted), #got, __FILE__, __LINE__)
#define CHECK_STR(got, wanted) check_str((got), (wanted), #got, __FILE__, __LINE__)
/* Also says which case of a table it was. */
#define CHECK_CASE(condition, name) check_case((condition), (name), #condition, __FILE__, __LINE__)

bool check_that(bool holds, const char *text, const char *file, int line);
bool check_case(bool holds, const char *name, const char *text, const char *file, int line);
bool check_i64(int64_t got, int64_t wanted, const char *text, const char *file, int line);
bool check_str(const char *got, const char *wanted, const char *text, const char *file, int line);

void check_run(const char *sentence, void (*test)(void));
/* Prints "N passed, N failed"; the value for main() to return. */
int check_end(void);

#endif
