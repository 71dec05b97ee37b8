/* test_messages.c: what messages of others come to in the database: they hasten and decide nothing. */
#include "base/arena.h"
#include "check.h"
#include "rival.h"
#include "stage.h"
#include "test_db.h"

enum { LATER_MS = 61000 };

static struct config *config;

static const char heard_within_ms[] = "60000";

static void
test_one_request(void)
{
    const char *const hear[] = { "job-watch-dog", heard_within_ms };
    const char *const take[] = { "11111111-1111-4111-8111-111111111111", "{job-watch-dog}" };
    struct rival *first = rival_open(config);
    struct rival *second = rival_open(config);

    rival_exec(first, "BEGIN");
    rival_run(first, Q_JOB_REQUEST_HEAR, hear, 2);
    rival_send(second, Q_JOB_REQUEST_HEAR, hear, 2); /* waits for the first */
    CHECK(rival_makes_wait());
    rival_exec(first, "COMMIT");
    rival_join(second);
    CHECK_I64(test_db_i640("SELECT count(*) FROM job_requests"), 1);
    CHECK_I64(rival_run(first, Q_JOB_REQUEST_TAKE, take, 2).count, 1);
    rival_run(second, Q_JOB_REQUEST_HEAR, hear, 2); /* heard late: it has run already */
    CHECK_I64(test_db_i640("SELECT count(*) FROM job_requests"), 1);
    test_db_shift_clock(LATER_MS);
    rival_run(second, Q_JOB_REQUEST_HEAR, hear, 2);
    CHECK_I64(test_db_i640("SELECT count(*) FROM job_requests"), 2);
    rival_close(first);
    rival_close(second);
}

static int64_t
messages_due_after(const char *id, const char *next_run)
{
    struct rival *rival = rival_open(config);
    const char *ids = arena_printf(test_db_arena(), "{%s,%s}", id, id);

    test_db_text("UPDATE instances SET next_run_at = fleet_now() + $2::interval WHERE id = $1",
                 TEST_PARAMS(id, next_run));
    rival_run(rival, Q_INSTANCE_DUE, &ids, 1);
    rival_close(rival);
    return stage_number(id, "coalesce((next_run_at <= fleet_now())::int, -1)");
}

static void
test_made_due(void)
{
    const char *booting = test_db_instance(INSTANCE_BOOTING);
    const char *ready = test_db_instance(INSTANCE_READY);
    const char *over = test_db_instance(INSTANCE_TERMINATED);
    int64_t wishes = test_db_i640("SELECT sum(wish_version) FROM instances");

    CHECK_I64(messages_due_after(booting, "1 hour"), 1);
    CHECK_I64(messages_due_after(ready, NULL), 1);
    CHECK_I64(messages_due_after(over, "1 hour"), 0);
    CHECK_I64(messages_due_after(over, NULL), -1);
    CHECK_I64(test_db_i640("SELECT sum(wish_version) FROM instances"), wishes);
}

int
main(void)
{
    config = stage_start();
    check_run("a request by message is one, whoever hears it and when", test_one_request);
    check_run("a message makes due what there is work on, and wishes nothing", test_made_due);
    return check_end();
}
