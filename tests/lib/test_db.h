/* test_db.h: a database of its own for a test program, migrated, dropped at exit; statements of
 * the test's own on it; and rows to begin with.  Whatever fails here ends the test, with its
 * message.  Texts live until the test ends. */
#ifndef INVENTIV_TESTS_TEST_DB_H
#define INVENTIV_TESTS_TEST_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "domain/state.h"

struct arena;

/* The defaults of a program ('A', 'O') with DATABASE_URL of a fresh, migrated database.  One a
 * test program; freed at exit. */
struct config *test_db_start(char program);
/* The same, without the migrations. */
struct config *test_db_start_empty(char program);
/* For what the test keeps. */
struct arena *test_db_arena(void);

/* --- statements of the test's own, on a connection of its own; $1.. are texts or NULL --- */

#define TEST_PARAMS(...)                                                                           \
    (const char *const[]){ __VA_ARGS__ },                                                          \
        sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *)

void test_db_exec(const char *sql);
/* The first cell; "" when it is null or there is no row. */
const char *test_db_text(const char *sql, const char *const *params, size_t count);
const char *test_db_text0(const char *sql);
int64_t test_db_i64(const char *sql, const char *const *params, size_t count);
int64_t test_db_i640(const char *sql);
/* The SQLSTATE with which it is refused; "" when it succeeds. */
const char *test_db_refusal(const char *sql, const char *const *params, size_t count);

/* --- rows to begin with --- */

struct test_catalogue {
    const char *provider_id; /* code "test", driver "memory", prefix TEST */
    const char *region_id;   /* code "test" */
    const char *zone_id;     /* code "test-1" */
    const char *type_id;     /* code "test-gpu": one GPU of 24 GB, 1.5 EUR an hour */
    const char *model_id;    /* "test-model", needs 8 GB */
};

/* Makes them once; later calls return the same. */
const struct test_catalogue *test_db_catalogue(void);

/* The id of a new instance, the first of its wish, moved to the state over the shortest legal way;
 * token 0, no lease, due now; with its row in worker_heartbeats.  It has a machine on record from
 * booting on, and none any more once terminated or archived. */
const char *test_db_instance(enum instance_state state);
/* Moves a row by one transition, as the orchestrator would; refusals end the test. */
void test_db_move(const char *instance_id, const char *rule, enum instance_state to);
/* Shifts fleet_now(), for everybody.  The config of test_db_start() allows it. */
void test_db_shift_clock(int64_t by_ms);

#endif
