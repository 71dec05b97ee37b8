/* Whole lives against a provider that lags, fails and lies: they end, nothing stays rented, and no
 * decision is due at once for ever. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "domain_fixture.h"
#include "domain_life.h"

enum {
    LIVES = 150,       /* of each scenario */
    CYCLES_MAX = 4000, /* of one life */
    CALLS_MAX = 300,   /* that one life pays for */
    AT_ONCE_MAX = 25, /* decisions in a row that are due at once: the longest way of single steps */
    FRUITLESS_MAX = 2, /* ... of which none changed anything */
    WEEK = 7 * 24,
};

enum life_goal { SERVES, GIVEN_UP, TERMINATED_EARLY, DRAINED, REINSTALLED, VANISHES };

struct scenario {
    const char *name;
    struct life_faults faults;
    enum life_goal goal;
    bool boots;
    bool two_machines; /* more than one at a time is possible */
};

static const struct scenario scenarios[] = {
    { "a good day", { 0 }, SERVES, true, false },
    { "a machine that never serves", { 0 }, GIVEN_UP, false, false },
    { "looks fail", { .looks = 40 }, SERVES, true, false },
    { "calls are refused for now",
      { .refused = 30, .refusal = ANSWER_TRANSIENT },
      SERVES,
      true,
      false },
    { "there is no stock",
      { .refused = 100, .refusal = ANSWER_OUT_OF_STOCK },
      GIVEN_UP,
      true,
      false },
    { "requests are refused as they are",
      { .refused = 30, .refusal = ANSWER_INVALID },
      SERVES,
      true,
      false },
    { "things are not known", { .refused = 30, .refusal = ANSWER_NOT_FOUND }, SERVES, true, false },
    { "credentials are refused now and then",
      { .refused = 30, .refusal = ANSWER_DENIED },
      SERVES,
      true,
      false },
    { "answers do not tell", { .unclear = 30 }, SERVES, true, false },
    { "callers die", { .crashed = 25 }, SERVES, true, false },
    { "everything at once",
      { .looks = 15, .refused = 10, .refusal = ANSWER_TRANSIENT, .unclear = 15, .crashed = 10 },
      SERVES,
      true,
      false },
    { "everything at once, and it never serves",
      { .looks = 15, .refused = 10, .refusal = ANSWER_TRANSIENT, .unclear = 15, .crashed = 10 },
      GIVEN_UP,
      false,
      false },
    { "everything at once, and it is terminated early",
      { .looks = 15, .refused = 10, .refusal = ANSWER_TRANSIENT, .unclear = 15, .crashed = 10 },
      TERMINATED_EARLY,
      true,
      false },
    { "it is drained", { .looks = 15, .unclear = 15, .crashed = 10 }, DRAINED, true, false },
    { "it is installed again",
      { .looks = 15, .refused = 20, .refusal = ANSWER_INVALID, .unclear = 15, .crashed = 10 },
      REINSTALLED,
      true,
      false },
    { "its machine vanishes", { .looks = 15, .crashed = 10 }, VANISHES, true, false },
    { "creates arrive late", { .late = 50 }, SERVES, true, true },
    { "creates arrive late, and it is terminated early",
      { .late = 70, .crashed = 10 },
      TERMINATED_EARLY,
      true,
      true },
    { "things that are there are not found", { .lies = 10, .looks = 10 }, SERVES, true, true },
};

/* No create may still arrive. */
static bool
life_test_is_quiet(const struct life *life)
{
    for (int i = 0; i < life->machine_count; i++) {
        if (life->machines[i].late_born_ms != 0) {
            return false;
        }
    }
    return true;
}

/* Until it rests, ready or over. */
static void
life_test_run(struct life *life, int cycles)
{
    for (int i = 0; i < cycles && life_turn(life);) {
        i++;
    }
}

static void
life_test_live(const struct scenario *scenario, uint64_t seed, struct life *life)
{
    *life = (struct life){ .policy = domain_policy(),
                           .faults = scenario->faults,
                           .boots = scenario->boots,
                           .beats = scenario->goal == DRAINED || scenario->goal == REINSTALLED };
    life_begin(life, seed);
    life_test_run(life, scenario->goal == TERMINATED_EARLY ? (int)(seed % 17) : CYCLES_MAX);
    if (scenario->goal == REINSTALLED && life->instance.state == INSTANCE_READY) {
        life->instance.wanted_generation++;
        life_test_run(life, CYCLES_MAX);
    }
    if (scenario->goal == VANISHES && life->instance.state == INSTANCE_READY) {
        life_vanish(life);
        life_test_run(life, CYCLES_MAX);
    }
    bool rests = life->instance.state == INSTANCE_READY;
    if (rests || scenario->goal == TERMINATED_EARLY) {
        life->instance.wish = scenario->goal == DRAINED ? WISH_DRAINED : WISH_TERMINATED;
        life->instance.wish_version++;
        life_test_run(life, CYCLES_MAX);
    }
    /* What arrived after it was given up and over is the sweep's; what is not over, ours. */
    if (!state_is_final(life->instance.state) && instance_rents_something(&life->instance)) {
        life_test_run(life, CYCLES_MAX);
    }
}

static bool
life_test_is_over(const struct life *life)
{
    return life->instance.state == INSTANCE_TERMINATED ||
           (life->instance.state == INSTANCE_PROVISIONING_FAILED &&
            !instance_rents_something(&life->instance));
}

static bool
life_test_judge(const struct scenario *scenario, const struct life *life, uint64_t seed)
{
    bool lied = scenario->faults.lies > 0;
    const char *name = scenario->name;
    bool good = CHECK_CASE(life_test_is_over(life), name);

    good = CHECK_CASE(life_rented(life) == 0 || lied || !life_test_is_quiet(life), name) && good;
    good = CHECK_CASE(life->alive_most <= 1 || scenario->two_machines, name) && good;
    good = CHECK_CASE(life->at_once_most <= AT_ONCE_MAX, name) && good;
    good = CHECK_CASE(life->fruitless_most <= FRUITLESS_MAX, name) && good;
    good = CHECK_CASE(life->calls <= CALLS_MAX, name) && good;
    good = CHECK_CASE(life->refused_intents == 0, name) && good;
    good = CHECK_CASE(life->refused_ends == 0, name) && good;
    if (!good) {
        fprintf(stderr,
                "        seed %llu: %s after %d cycles and %d calls, %d rented, %d at once, "
                "%d fruitless, %d and %d refused, %d alive: %s\n",
                (unsigned long long)seed, state_name(life->instance.state), life->cycles,
                life->calls, life_rented(life), life->at_once_most, life->fruitless_most,
                life->refused_intents, life->refused_ends, life->alive_most, life->message);
    }
    return good;
}

static void
test_lives(void)
{
    static struct life life;

    for (size_t i = 0; i < sizeof scenarios / sizeof scenarios[0]; i++) {
        int served = 0;
        int again = 0;
        int vanished = 0;
        for (uint64_t seed = 1; seed <= LIVES; seed++) {
            life_test_live(&scenarios[i], seed, &life);
            served += life.instance.was_ready;
            vanished += life.vanished;
            again += life.instance.was_ready && life.instance.generation == 2 &&
                     life.instance.heartbeat.generation == 2;
            if (!life_test_judge(&scenarios[i], &life, seed)) {
                break;
            }
        }
        bool some_serve =
            (scenarios[i].goal != SERVES && scenarios[i].goal != DRAINED) || served > 0;
        CHECK_CASE(scenarios[i].goal != VANISHES || vanished > 0, scenarios[i].name);
        CHECK_CASE(scenarios[i].goal != REINSTALLED || again > 0, scenarios[i].name);
        CHECK_CASE(some_serve && (scenarios[i].goal != GIVEN_UP || served == 0), scenarios[i].name);
    }
}

/* A machine that stays locked is never given up, and not asked for all the time either. */
static void
test_locked_for_ever(void)
{
    static struct life life;

    life = (struct life){ .policy = domain_policy(), .boots = true };
    life_begin(&life, 7);
    life_test_run(&life, CYCLES_MAX);
    CHECK_I64(life.instance.state, INSTANCE_READY);
    life.machines[0].state = SERVER_LOCKED;
    life.instance.wish = WISH_TERMINATED;
    life.cycles = life.calls = 0;
    int64_t until_ms = life.now_ms + WEEK * AN_HOUR;
    while (life.now_ms < until_ms && life_turn(&life)) {
    }
    CHECK_I64(life.instance.state, INSTANCE_TERMINATING);
    CHECK_I64(life.calls, 0);
    CHECK(life.cycles < WEEK * 400);
    life.machines[0].state = SERVER_STOPPED;
    life_test_run(&life, CYCLES_MAX);
    CHECK_I64(life.instance.state, INSTANCE_TERMINATED);
    CHECK_I64(life_rented(&life), 0);
}

int
main(void)
{
    check_run("every life ends, with nothing rented, without a tight loop", test_lives);
    check_run("a locked machine is waited for, at ease", test_locked_for_ever);
    return check_end();
}
