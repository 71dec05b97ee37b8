/* test_service.h: servers of a test's own, on Unix sockets in a folder that goes with the test:
 * a Redis to kill and start again, and a PostgreSQL where TEST_DATABASE_URL names none.  Also
 * waiting for a condition, with a limit.  What fails ends the test. */
#ifndef INVENTIV_TESTS_TEST_SERVICE_H
#define INVENTIV_TESTS_TEST_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

/* True as soon as holds(argument) is; false when it was not for that long. */
bool test_until(int64_t limit_ms, bool (*holds)(void *argument), void *argument);

/* Says what went wrong, and ends the test with 1. */
_Noreturn void test_give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- PostgreSQL; stopped, and its files deleted, at exit --- */

/* The URL of a superuser: TEST_DATABASE_URL, or a server started for this test alone. */
const char *test_cluster_url(void);

/* --- Redis --- */

/* Zero-initialise. */
struct test_redis {
    char folder[64];
    char url[128]; /* for REDIS_URL */
    int pid;       /* 0: not running */
};

/* Start and kill as often as you like; one socket.  stop_for_good also deletes the folder. */
void test_redis_start(struct test_redis *redis);
void test_redis_kill(struct test_redis *redis);
void test_redis_stop_for_good(struct test_redis *redis);

#endif
