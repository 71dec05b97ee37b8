/* test_outbox.c: what is written into the outbox is published at least once, and of each instance
 * in order, whoever dies, sleeps or is away. */
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "base/arena.h"
#include "base/mem.h"
#include "bench.h"
#include "check.h"
#include "orchestrator/jobs/jobs.h"
#include "rival.h"
#include "stage.h"
#include "store/publisher.h"
#include "test_db.h"
#include "test_service.h"

enum { ANSWER_SECONDS = 10, LEASE_MS = 61000, LANES = 20, ROWS_A_LANE = 5, EMPTY_CYCLES = 100 };

static struct config *config;
static struct test_redis redis;
static struct bench *relay;
static struct bench *other_relay;

/* --- somebody who listens --- */

static redisContext *ear;

static redisReply *
ear_next(void)
{
    void *reply = NULL;

    if (redisGetReply(ear, &reply) != REDIS_OK) {
        test_give_up("nothing is heard: %s", ear->errstr);
    }
    return reply;
}

static void
ear_open(void)
{
    const struct timeval limit = { .tv_sec = ANSWER_SECONDS };

    ear = redisConnectUnix(redis.url + strlen("unix://"));
    if (ear == NULL || ear->err != 0 || redisSetTimeout(ear, limit) != REDIS_OK) {
        test_give_up("no connection to Redis");
    }
    redisAppendCommand(ear, "SUBSCRIBE orchestrator_events finops_events mark");
    for (int i = 0; i < 3; i++) {
        freeReplyObject(ear_next());
    }
}

static void
ear_close(void)
{
    redisFree(ear);
}

/* Everything that was published until now, one message a line. */
static const char *
ear_heard(void)
{
    static const struct publication mark = { "mark", "here" };
    struct arena *arena = test_db_arena();
    struct publisher *marker = publisher_new(config);
    const char *heard = "";
    bool marked = false;

    if (error_is(publisher_open(marker, arena)) || publisher_send(marker, arena, &mark, 1) != 1) {
        test_give_up("no mark: %s", publisher_fault(marker));
    }
    publisher_free(marker);
    while (!marked) {
        redisReply *reply = ear_next();
        marked = strcmp(reply->element[1]->str, "mark") == 0;
        if (!marked) {
            heard = arena_printf(arena, "%s%s\n", heard, reply->element[2]->str);
        }
        freeReplyObject(reply);
    }
    return heard;
}

static int
ear_count(const char *heard, const char *piece)
{
    int count = 0;

    for (const char *at = strstr(heard, piece); at != NULL; at = strstr(at + 1, piece)) {
        count++;
    }
    return count;
}

static bool
ear_before(const char *heard, const char *first, const char *second)
{
    const char *a = strstr(heard, first);
    const char *b = strstr(heard, second);

    return a != NULL && b != NULL && a < b;
}

/* --- rows --- */

static void
outbox_clear(void)
{
    test_db_exec("UPDATE outbox SET published_at = fleet_now() WHERE published_at IS NULL");
    ear_heard();
}

static int64_t
outbox_waiting(void)
{
    return test_db_i640("SELECT count(*) FROM outbox WHERE published_at IS NULL");
}

static void
outbox_add(const char *instance_id, const char *type, const char *note)
{
    test_db_text("INSERT INTO outbox (instance_id, type, body)"
                 " VALUES ($1, $2, jsonb_build_object('note', $3::text))",
                 TEST_PARAMS(instance_id, type, note));
}

static const char *
outbox_instance(void)
{
    const char *id = test_db_instance(INSTANCE_BOOTING);

    test_db_exec("UPDATE outbox SET published_at = fleet_now() WHERE published_at IS NULL");
    return id;
}

static struct tally
relay_run(struct bench *bench)
{
    return bench_run(bench, &job_outbox);
}

static void
outbox_wish(struct rival *rival, const char *instance_id, const char *wish)
{
    const char *const params[] = { instance_id, wish, NULL, wish };

    rival_send(rival, Q_API_WISH, params, 4);
}

/* --- tests --- */

static void
test_reverse_commits(void)
{
    struct rival *first = rival_open(config);
    struct rival *second = rival_open(config);
    const char *a = outbox_instance();
    const char *b = outbox_instance();

    rival_exec(first, "BEGIN");
    outbox_wish(first, a, "terminate");
    rival_join(first);
    outbox_wish(second, b, "terminate");
    rival_join(second);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK_I64(ear_count(ear_heard(), b), 1);
    rival_exec(first, "COMMIT");
    CHECK(test_db_i64("SELECT min(id) FROM outbox WHERE instance_id = $1 AND published_at IS NULL",
                      TEST_PARAMS(a)) <
          test_db_i64("SELECT max(id) FROM outbox WHERE instance_id = $1", TEST_PARAMS(b)));
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK_I64(ear_count(ear_heard(), a), 1);
    CHECK_I64(outbox_waiting(), 0);
    rival_close(first);
    rival_close(second);
}

static void
test_two_wishes(void)
{
    struct rival *first = rival_open(config);
    struct rival *second = rival_open(config);
    const char *id = outbox_instance();

    rival_exec(first, "BEGIN");
    outbox_wish(first, id, "reinstall");
    rival_join(first);
    outbox_wish(second, id, "terminate"); /* waits for the first */
    CHECK(rival_makes_wait());
    CHECK_I64(relay_run(relay).applied, 0);
    rival_exec(first, "COMMIT");
    rival_join(second);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK(ear_before(ear_heard(), "CMD:REINSTALL", "CMD:TERMINATE"));
    rival_close(first);
    rival_close(second);
}

static void
test_head_of_line(void)
{
    const char *a = outbox_instance();
    const char *b = outbox_instance();

    outbox_add(a, "CMD:REINSTALL", "row a-1");
    outbox_add(a, "CMD:TERMINATE", "row a-2");
    outbox_add(b, "CMD:REINSTALL", "row b-1");
    test_db_exec("UPDATE outbox SET lease_until = fleet_now() + interval '60 s'"
                 " WHERE body ->> 'note' = 'row a-1'");
    relay_run(relay);
    relay_run(relay);
    const char *heard = ear_heard();
    CHECK_I64(ear_count(heard, "row b-1"), 1);
    CHECK_I64(ear_count(heard, "row a-"), 0);
    test_db_shift_clock(LEASE_MS);
    relay_run(relay);
    relay_run(relay);
    CHECK(ear_before(ear_heard(), "row a-1", "row a-2"));
    CHECK_I64(outbox_waiting(), 0);
}

struct drainer {
    struct bench *bench;
    int errors;
};

static void *
outbox_drain(void *argument)
{
    struct drainer *drainer = argument;

    for (int empty = 0; empty < EMPTY_CYCLES && drainer->errors < EMPTY_CYCLES;) {
        struct tally tally = relay_run(drainer->bench);
        empty = tally.claimed == 0 ? empty + 1 : 0;
        drainer->errors += tally.code == ERR_NONE ? 0 : 1;
    }
    return NULL;
}

static void
test_two_relays(void)
{
    pthread_t threads[2];
    struct drainer drainers[2] = { { relay, 0 }, { other_relay, 0 } };
    char note[2][32];

    for (int lane = 0; lane < LANES; lane++) {
        const char *id = outbox_instance();
        for (int row = 0; row < ROWS_A_LANE; row++) {
            snprintf(note[0], sizeof note[0], "lane-%d-row-%d.", lane, row);
            outbox_add(id, "CMD:REINSTALL", note[0]);
        }
        test_db_exec("UPDATE outbox SET published_at = NULL WHERE body ->> 'note' LIKE 'lane%'");
    }
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, outbox_drain, &drainers[i]);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        CHECK_I64(drainers[i].errors, 0);
    }
    CHECK_I64(outbox_waiting(), 0);
    const char *heard = ear_heard();
    CHECK_I64(ear_count(heard, "lane-"), LANES * ROWS_A_LANE);
    for (int i = 0; i < LANES * (ROWS_A_LANE - 1); i++) {
        int lane = i / (ROWS_A_LANE - 1);
        int row = i % (ROWS_A_LANE - 1);
        snprintf(note[0], sizeof note[0], "lane-%d-row-%d.", lane, row);
        snprintf(note[1], sizeof note[1], "lane-%d-row-%d.", lane, row + 1);
        CHECK_CASE(ear_before(heard, note[0], note[1]), note[0]);
    }
}

static void
test_dies_before_mark(void)
{
    const char *const claim[] = { "60000", "100", "11111111-1111-4111-8111-111111111111" };
    struct arena *arena = test_db_arena();
    struct rival *dead = rival_open(config);
    struct publisher *publisher = publisher_new(config);
    const char *id = outbox_instance();

    outbox_add(id, "EVT:INSTANCE_COST_START", "once more");
    struct db_rows claimed = rival_run(dead, Q_OUTBOX_CLAIM, claim, 3);
    CHECK_I64(claimed.count, 1);
    const char *message = row_text(&claimed, 0, "message");
    struct publication said = { row_text(&claimed, 0, "channel"), message };
    CHECK(!error_is(publisher_open(publisher, arena)));
    CHECK_I64(publisher_send(publisher, arena, &said, 1), 1);
    CHECK_I64(relay_run(relay).claimed, 0);
    test_db_shift_clock(LEASE_MS);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK_I64(ear_count(ear_heard(), message), 2); /* the event_id is in it */
    CHECK(strstr(message, "\"event_id\"") != NULL);
    publisher_free(publisher);
    rival_close(dead);
}

/* The other does all that there is while the first sleeps. */
static void
outbox_other_does_all(void *argument)
{
    (void)argument;
    test_db_shift_clock(LEASE_MS);
    CHECK_I64(relay_run(other_relay).applied, 1);
    CHECK_I64(relay_run(other_relay).applied, 1);
}

static void
outbox_other_does_all_and_lease_ends(void *argument)
{
    outbox_other_does_all(argument);
    bench_age_lease(relay, LEASE_MS);
}

static void
test_sleeps_in_its_lease(void)
{
    const char *id = outbox_instance();

    outbox_add(id, "CMD:REINSTALL", "s-1");
    outbox_add(id, "CMD:TERMINATE", "s-2");
    stage_once(KILL_POINT_CLAIMED, NULL, outbox_other_does_all, NULL);
    struct tally tally = relay_run(relay);
    CHECK_I64(stage_leftovers(), 0);
    CHECK_I64(tally.applied, 0);
    const char *heard = ear_heard();
    CHECK_I64(ear_count(heard, "s-1"), 2); /* said again ... */
    CHECK_I64(ear_count(heard, "s-2"), 1);
    CHECK(ear_before(heard, "s-1", "s-2")); /* ... and overtaken by nothing */
    outbox_add(id, "CMD:REINSTALL", "s-3");
    outbox_add(id, "CMD:TERMINATE", "s-4");
    stage_once(KILL_POINT_CLAIMED, NULL, outbox_other_does_all_and_lease_ends, NULL);
    relay_run(relay);
    heard = ear_heard();
    CHECK_I64(ear_count(heard, "s-3"), 1); /* It knew that its lease is over. */
    CHECK_I64(outbox_waiting(), 0);
}

/* The other has claimed what the first still believes to hold. */
static void
outbox_other_claims(void *argument)
{
    const char *const claim[] = { "60000", "100", bench_id(other_relay) };

    test_db_shift_clock(LEASE_MS);
    CHECK_I64(rival_run(argument, Q_OUTBOX_CLAIM, claim, 3).count, 1);
    bench_age_lease(relay, LEASE_MS);
}

static void
test_gives_back_its_own(void)
{
    struct rival *rival = rival_open(config);

    outbox_add(outbox_instance(), "CMD:REINSTALL", "g-1");
    stage_once(KILL_POINT_CLAIMED, NULL, outbox_other_claims, rival);
    relay_run(relay);
    CHECK_I64(relay_run(relay).claimed, 0); /* It is the other's. */
    test_db_shift_clock(LEASE_MS);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK_I64(ear_count(ear_heard(), "g-1"), 1);
    rival_close(rival);
}

static void
outbox_kill_redis(void *argument)
{
    (void)argument;
    ear_close();
    test_redis_kill(&redis);
}

static void
test_redis_dies(void)
{
    const char *id = outbox_instance();

    outbox_add(id, "CMD:REINSTALL", "r-1");
    outbox_add(id, "CMD:TERMINATE", "r-2");
    stage_once(KILL_POINT_CLAIMED, NULL, outbox_kill_redis, NULL);
    struct tally tally = relay_run(relay);
    CHECK_I64(tally.code, ERR_UNAVAILABLE);
    CHECK_I64(tally.claimed, 1);
    CHECK_I64(tally.applied, 0);
    CHECK_I64(outbox_waiting(), 2);
    CHECK_I64(test_db_i640("SELECT count(*) FROM outbox WHERE lease_until > fleet_now()"), 0);
    tally = relay_run(relay);
    CHECK_I64(tally.code, ERR_UNAVAILABLE);
    CHECK_I64(tally.claimed, 0); /* not claimed and given back all the time */
    test_redis_start(&redis);
    ear_open();
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK(ear_before(ear_heard(), "r-1", "r-2"));
}

static void
test_fleet_rows(void)
{
    const char *id = outbox_instance();

    outbox_add(NULL, "CMD:RECONCILE", "f-1");
    outbox_add(NULL, "CMD:SYNC_CATALOG", "f-2");
    outbox_add(id, "CMD:TERMINATE", "f-3");
    CHECK_I64(relay_run(relay).applied, 2);
    CHECK_I64(relay_run(relay).applied, 1);
    CHECK(ear_before(ear_heard(), "f-1", "f-2"));
}

static void
test_no_redis(void)
{
    const char *id = outbox_instance();

    outbox_add(id, "CMD:TERMINATE", "n-1");
    stage_set(SETTING_REDIS_URL, "");
    struct bench *lonely = bench_new(config);
    CHECK_I64(relay_run(lonely).applied, 1);
    CHECK_I64(outbox_waiting(), 0);
    bench_free(lonely);
    stage_set(SETTING_REDIS_URL, redis.url);
    CHECK_STR(ear_heard(), "");
}

int
main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as every program does */
    config = stage_start();
    test_redis_start(&redis);
    stage_set(SETTING_REDIS_URL, redis.url);
    relay = bench_new(config);
    other_relay = bench_new(config);
    ear_open();
    outbox_clear();
    check_run("two transactions that commit in reverse order lose nothing", test_reverse_commits);
    check_run("two wishes on one instance are told in their order", test_two_wishes);
    check_run("an older row that is not published holds back those of its instance alone",
              test_head_of_line);
    check_run("two relays at once publish each row once, each instance's in order",
              test_two_relays);
    check_run("what a relay published and did not mark is published again, as the same event",
              test_dies_before_mark);
    check_run("a relay that slept says again what was said, and overtakes nothing",
              test_sleeps_in_its_lease);
    check_run("a relay that slept gives back nothing that another has claimed",
              test_gives_back_its_own);
    check_run("what Redis did not acknowledge stays unpublished, and is published when it is back",
              test_redis_dies);
    check_run("rows about the fleet have an order of their own", test_fleet_rows);
    check_run("without a Redis rows count as published", test_no_redis);
    ear_close();
    bench_free(relay);
    bench_free(other_relay);
    test_redis_stop_for_good(&redis);
    return check_end();
}
