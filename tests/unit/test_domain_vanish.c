/* Machines that are gone behind our back: what proves them gone, and what holds that back. */
#include "domain/vanish.h"

#include "check.h"
#include "domain_fixture.h"

static void
test_mass(void)
{
    static const struct {
        const char *name;
        int64_t machines;
        int64_t vanishing;
        bool mass;
    } cases[] = {
        { "a single one has a rule of its own", 1, 1, false },
        { "one of two", 2, 1, false },
        { "both", 2, 2, true },
        { "one of three", 3, 1, false },
        { "two of three: fewer than the minimum", 3, 2, false },
        { "all three", 3, 3, true },
        { "two of five", 5, 2, false },
        { "three of five", 5, 3, true },
        { "three of ten: no more than the percentage", 10, 3, false },
        { "four of ten", 10, 4, true },
        { "ten of ten", 10, 10, true },
        { "thirty of a hundred", 100, 30, false },
        { "thirty-one of a hundred", 100, 31, true },
        { "nothing", 0, 0, false },
        { "none of many", 100, 0, false },
    };
    struct policy policy = domain_policy();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(vanish_is_mass(cases[i].machines, cases[i].vanishing, &policy) == cases[i].mass,
                   cases[i].name);
    }
    policy.vanish_percent = 0;
    CHECK_CASE(vanish_is_mass(100, 3, &policy), "no share is small enough");
    CHECK_CASE(!vanish_is_mass(100, 2, &policy), "but some numbers are");
    policy.vanish_percent = 100;
    CHECK_CASE(!vanish_is_mass(100, 99, &policy), "any share is small enough");
    CHECK_CASE(vanish_is_mass(100, 100, &policy), "but all of it is not");
}

/* Missed for so long, after so many looks in vain, in a zone that was looked through since. */
#define MISSED(state_, for_ms_, looks_)                                                            \
    .state = (state_), .machine_ref = "m1", .gone_first_seen_ms = NOW - (for_ms_),                 \
    .gone_looks = (looks_), .zone_watched_ms = NOW - (for_ms_) + 1
#define ZONE(machines_, vanishing_) .zone_machines = (machines_), .zone_vanishing = (vanishing_)
#define READY_MISSED MISSED(INSTANCE_READY, 2000, 1)
#define NOT_FOUND .seen = { .server_ref = "m1", .server_class = ANSWER_NOT_FOUND }
#define SEES(class_) .seen = { .server_ref = "m1", .server_class = (class_) }
#define RUNS .server = { .ref = "m1", .state = SERVER_RUNNING }
#define ABSENT_AGAIN(in_ms_, message_)                                                             \
    .then = { .in_ms = (in_ms_), .message = (message_), .marks = { { MARK_MACHINE_ABSENT, "m1" } } }
#define LOOKS_AGAIN(in_ms_) ABSENT_AGAIN(in_ms_, "the machine is absent; looked up again")
#define HELD                                                                                       \
    ABSENT_AGAIN(10000, "too much of its zone is absent at once: held until it is seen again or "  \
                        "confirmed to be gone")
#define VANISHED                                                                                   \
    .then = { .rule = RULE_SERVER_VANISHED,                                                        \
              .to = INSTANCE_TERMINATING,                                                          \
              .message = "the machine is gone from the provider",                                  \
              .marks = { { MARK_MACHINE_GONE, "m1" } } }

static const struct domain_row look_rows[] = {
    { "the first look in vain, by whoever looks",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" }, NOT_FOUND,
      LOOKS_AGAIN(2000) },
    { "a machine that is being provisioned is missed, too",
      .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" }, NOT_FOUND,
      LOOKS_AGAIN(2000) },
    { "the second look comes too soon",
      .instance = { MISSED(INSTANCE_READY, 1999, 1), ZONE(10, 1) }, NOT_FOUND, LOOKS_AGAIN(1) },
    { "the second look", .instance = { READY_MISSED, ZONE(10, 1) }, NOT_FOUND, VANISHED },
    { "one of two", .instance = { READY_MISSED, ZONE(2, 1) }, NOT_FOUND, VANISHED },
    { "the list is not answered in it", .instance = { READY_MISSED, ZONE(10, 1) },
      .seen = { .server_ref = "m1",
                .server_class = ANSWER_NOT_FOUND,
                .list_class = ANSWER_TRANSIENT },
      .then = { .in_ms = 500,
                .failed = true,
                .message = "the provider's list does not answer; nothing is concluded" } },
    { "its zone was not looked through since",
      .instance = { .state = INSTANCE_READY,
                    .machine_ref = "m1",
                    .gone_first_seen_ms = NOW - 2000,
                    .gone_looks = 1,
                    .zone_watched_ms = NOW - 2000,
                    ZONE(10, 1) },
      NOT_FOUND, ABSENT_AGAIN(10000, "the machine is absent; its zone is looked through first") },
    { "there after all", .instance = { READY_MISSED, ZONE(10, 1) }, RUNS,
      .then = { .in_ms = NEVER, .marks = { { MARK_MACHINE_SEEN, "m1" } } } },
    { "what is proven gone is not proven again",
      .instance = { .state = INSTANCE_FAILED, .machine_ref = "m1", .machine_gone = true },
      NOT_FOUND, .then = { .in_ms = NEVER } },
};

static const struct domain_row mass_rows[] = {
    { "all of its zone", .instance = { READY_MISSED, ZONE(4, 4) }, NOT_FOUND, HELD },
    { "for a long time", .instance = { MISSED(INSTANCE_READY, 90000000, 9000), ZONE(4, 4) },
      NOT_FOUND, HELD },
    { "much of its zone", .instance = { READY_MISSED, ZONE(10, 4) }, NOT_FOUND, HELD },
    { "not so much", .instance = { READY_MISSED, ZONE(10, 3) }, NOT_FOUND, VANISHED },
    { "confirmed", .instance = { READY_MISSED, ZONE(4, 4), .vanish_confirmed = true }, NOT_FOUND,
      VANISHED },
    { "confirmed, before the zone was looked through",
      .instance = { .state = INSTANCE_READY,
                    .machine_ref = "m1",
                    .gone_first_seen_ms = NOW - 2000,
                    .gone_looks = 1,
                    .vanish_confirmed = true },
      NOT_FOUND, VANISHED },
    { "confirmed, and there after all",
      .instance = { READY_MISSED, ZONE(4, 4), .vanish_confirmed = true }, RUNS,
      .then = { .in_ms = NEVER, .marks = { { MARK_MACHINE_SEEN, "m1" } } } },
    { "held: no deadline fires",
      .instance = { MISSED(INSTANCE_STARTING, 60000, 9), ZONE(4, 4), .deadline_ms = NOW - 1 },
      NOT_FOUND, HELD },
    { "held: no retention ends",
      .instance = { MISSED(INSTANCE_FAILED, 60000, 9), ZONE(4, 4), .deadline_ms = NOW - 1 },
      NOT_FOUND, HELD },
    { "held: a drain goes on",
      .instance = { MISSED(INSTANCE_DRAINING, 2000, 1), ZONE(4, 4), .wish = WISH_DRAINED,
                    .deadline_ms = NOW - 1 },
      NOT_FOUND,
      .then = { .rule = RULE_DRAIN_TIMEOUT,
                .to = INSTANCE_TERMINATING,
                .marks = { { MARK_MACHINE_ABSENT, "m1" } } } },
    { "held: a wish to terminate is not",
      .instance = { READY_MISSED, ZONE(4, 4), .wish = WISH_TERMINATED }, NOT_FOUND,
      .then = { .rule = RULE_TERMINATE_REQUESTED, .to = INSTANCE_TERMINATING } },
};

static const struct domain_row single_rows[] = {
    { "two looks do not do", .instance = { READY_MISSED, ZONE(1, 1) }, NOT_FOUND,
      LOOKS_AGAIN(10000) },
    { "three looks, but not long enough",
      .instance = { MISSED(INSTANCE_READY, 289999, 2), ZONE(1, 1) }, NOT_FOUND, LOOKS_AGAIN(1) },
    { "long enough, but the second look only",
      .instance = { MISSED(INSTANCE_READY, 290000, 1), ZONE(1, 1) }, NOT_FOUND, LOOKS_AGAIN(2000) },
    { "three looks over that time", .instance = { MISSED(INSTANCE_READY, 290000, 2), ZONE(1, 1) },
      NOT_FOUND, VANISHED },
    { "confirmed: two looks do", .instance = { READY_MISSED, ZONE(1, 1), .vanish_confirmed = true },
      NOT_FOUND, VANISHED },
};

static void
test_rows(void)
{
    DOMAIN_CHECK_ALL(look_rows);
    DOMAIN_CHECK_ALL(mass_rows);
    DOMAIN_CHECK_ALL(single_rows);
}

/* In every state that has the rule, absent twice is gone; no other answer concludes anything,
 * however long it lasts. */
static void
test_answers(void)
{
    for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        bool may = transition_find((enum instance_state)state, RULE_SERVER_VANISHED) != NULL;
        for (int class = 0; class < ANSWER_CLASS_COUNT_; class ++) {
            struct domain_row row = {
                .instance = { MISSED((enum instance_state)state, 9000000, 900), ZONE(100, 1),
                              .status_changed_ms = NOW },
                .seen = { .server_ref = "m1", .server_class = (enum answer_class) class },
            };
            if (class == ANSWER_OK) {
                row.server = (struct server_view){ .ref = "m1", .state = SERVER_RUNNING };
            }
            struct decision got = domain_decide(&row);
            bool vanished = got.rule == RULE_SERVER_VANISHED;
            CHECK_CASE(vanished == (may && class == ANSWER_NOT_FOUND),
                       state_name(row.instance.state));
            CHECK_CASE(vanished || got.to == row.instance.state ||
                           row.instance.state == INSTANCE_PROVISIONING,
                       state_name(row.instance.state));
        }
    }
}

static const struct domain_row stopped_rows[] = {
    { "ready, and stopped", .instance = { .state = INSTANCE_READY, .machine_ref = "m1" },
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .then = { .rule = RULE_SERVER_STOPPED, .to = INSTANCE_UNAVAILABLE } },
    { "ready, and stopped in place", .instance = { .state = INSTANCE_READY, .machine_ref = "m1" },
      .server = { .ref = "m1", .state = SERVER_STOPPED_IN_PLACE },
      .then = { .rule = RULE_SERVER_STOPPED, .to = INSTANCE_UNAVAILABLE } },
    { "ready, and stopping", .instance = { .state = INSTANCE_READY, .machine_ref = "m1" },
      .server = { .ref = "m1", .state = SERVER_STOPPING },
      .then = { .in_ms = 10000, .message = "the machine is changing by itself" } },
    { "ready, and it runs after all", .instance = { .state = INSTANCE_READY, .machine_ref = "m1" },
      RUNS, .then = { .in_ms = NEVER } },
    { "ready, and the provider does not answer",
      .instance = { .state = INSTANCE_READY, .machine_ref = "m1" }, SEES(ANSWER_TRANSIENT),
      .then = { .in_ms = 500, .failed = true } },
    { "unavailable and stopped: what answered a moment ago does not serve",
      .instance = { .state = INSTANCE_UNAVAILABLE,
                    .machine_ref = "m1",
                    .address = "10.0.0.1",
                    .probes = { [PROBE_MODELS] = { NOW - 5, 1, true },
                                [PROBE_WARMUP] = { NOW - 5, 1, true } } },
      .server = { .ref = "m1", .state = SERVER_STOPPED, .address = "10.0.0.1" },
      .then = { .in_ms = 5000,
                .failed = true,
                .message = "the provider shows the machine stopped" } },
};

static void
test_stopped(void)
{
    DOMAIN_CHECK_ALL(stopped_rows);
}

int
main(void)
{
    check_run("so much of a zone at once is a mass vanish", test_mass);
    check_run("absent twice is gone, unless that is held back", test_rows);
    check_run("only \"not found\" counts, in each state that has the rule", test_answers);
    check_run("a stopped machine serves nothing", test_stopped);
    return check_end();
}
