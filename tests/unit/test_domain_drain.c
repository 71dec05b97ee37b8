/* Asked to stop: until when it may finish what it serves. */
#include "check.h"
#include "domain_fixture.h"

/* Drained 100 s ago; its worker beats every 10 s. */
#define DRAINING .state = INSTANCE_DRAINING, .status_changed_ms = NOW - 100000
#define BEAT(age_, running_, waiting_)                                                             \
    {                                                                                              \
        .at_ms = NOW - (age_), .generation = 1, .running = (running_), .waiting = (waiting_),      \
        .period_ms = 10000                                                                         \
    }
#define SILENT                                                                                     \
    .flags = NO_PLAN, .instance = { .state = INSTANCE_DRAINING,                                    \
                                    .machine_ref = "m1",                                           \
                                    .status_changed_ms = NOW - 900000,                             \
                                    .heartbeat = BEAT(300001, 1, 0) }
#define UNANSWERED .flags = NO_PLAN, .seen = { .probes = { [PROBE_READYZ] = { .asked = true } } }
#define QUIET .then = { .rule = RULE_DRAINED, .to = INSTANCE_TERMINATING }
#define STAYS .then = { .in_ms = 1000 }

static const struct domain_row drain_rows[] = {
    { "it serves", .instance = { DRAINING, .heartbeat = BEAT(5000, 3, 0) }, STAYS },
    { "somebody waits", .instance = { DRAINING, .heartbeat = BEAT(5000, 0, 2) }, STAYS },
    { "nothing runs, nothing waits", .instance = { DRAINING, .heartbeat = BEAT(5000, 0, 0) },
      QUIET },
    { "the second beat after leaving traffic counts",
      .instance = { DRAINING, .heartbeat = BEAT(80000, 0, 0) }, QUIET },
    { "the first does not", .instance = { DRAINING, .heartbeat = BEAT(80001, 0, 0) }, STAYS },
    { "a beat from before does not", .instance = { DRAINING, .heartbeat = BEAT(150000, 0, 0) },
      STAYS },
    { "running is not told", .instance = { DRAINING, .heartbeat = BEAT(5000, -1, 0) }, STAYS },
    { "waiting is not told", .instance = { DRAINING, .heartbeat = BEAT(5000, 0, -1) }, STAYS },
    { "the period is not told",
      .instance = { DRAINING, .heartbeat = { .at_ms = NOW - 5000, .generation = 1 } }, STAYS },
    { "never beat, not silent for long enough", .instance = { DRAINING }, STAYS },
    { "silent for as long as is borne",
      .instance = { .state = INSTANCE_DRAINING,
                    .status_changed_ms = NOW - 900000,
                    .heartbeat = BEAT(300000, 1, 0) },
      STAYS },
    { "silent for longer: lost",
      .instance = { .state = INSTANCE_DRAINING,
                    .status_changed_ms = NOW - 900000,
                    .heartbeat = BEAT(300001, 1, 0) },
      UNANSWERED, .then = { .rule = RULE_DRAIN_WORKER_LOST, .to = INSTANCE_TERMINATING } },
    { "silent, but its worker answers us: our own door may be shut", SILENT,
      .seen = { .probes = { [PROBE_READYZ] = { .asked = true, .answered = true } } }, STAYS },
    { "silent, and nobody has looked yet", SILENT, STAYS },
    { "silent, and the provider shows it stopped: lost", SILENT,
      .seen = { .server_ref = "m1", .server_class = ANSWER_OK },
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .then = { .rule = RULE_DRAIN_WORKER_LOST, .to = INSTANCE_TERMINATING } },
    { "silence counts from the drain on",
      .instance = { .state = INSTANCE_DRAINING,
                    .status_changed_ms = NOW - 300000,
                    .heartbeat = BEAT(900000, 1, 0) },
      STAYS },
    { "a slow worker is borne with for five of its periods",
      .instance = { .state = INSTANCE_DRAINING,
                    .status_changed_ms = NOW - 900000,
                    .heartbeat = { .at_ms = NOW - 500000, .running = 1, .period_ms = 100000 } },
      STAYS },
    { "never beat", .instance = { .state = INSTANCE_DRAINING, .status_changed_ms = NOW - 300001 },
      UNANSWERED, .then = { .rule = RULE_DRAIN_WORKER_LOST, .to = INSTANCE_TERMINATING } },
    { "at its deadline",
      .instance = { DRAINING, .deadline_ms = NOW, .heartbeat = BEAT(5000, 1, 0) },
      .then = { .in_ms = 1 } },
    { "past its deadline",
      .instance = { DRAINING, .deadline_ms = NOW - 1, .heartbeat = BEAT(5000, 1, 0) },
      .then = { .rule = RULE_DRAIN_TIMEOUT, .to = INSTANCE_TERMINATING } },
    { "quiet and past its deadline: quiet",
      .instance = { DRAINING, .deadline_ms = NOW - 1, .heartbeat = BEAT(5000, 0, 0) }, QUIET },
    { "lost and past its deadline: lost",
      .instance = { .state = INSTANCE_DRAINING,
                    .status_changed_ms = NOW - 300001,
                    .deadline_ms = NOW - 1 },
      UNANSWERED, .then = { .rule = RULE_DRAIN_WORKER_LOST, .to = INSTANCE_TERMINATING } },
    { "right before its deadline",
      .instance = { DRAINING, .deadline_ms = NOW + 300, .heartbeat = BEAT(5000, 1, 0) },
      .then = { .in_ms = 301 } },
    { "terminate does not wait",
      .instance = { DRAINING, .wish = WISH_TERMINATED, .heartbeat = BEAT(5000, 1, 0) },
      .then = { .rule = RULE_TERMINATE_REQUESTED, .to = INSTANCE_TERMINATING } },
    { "a drain that is granted is not granted again",
      .instance = { DRAINING, .wish = WISH_DRAINED, .heartbeat = BEAT(5000, 1, 0) }, STAYS },
};

static void
test_draining(void)
{
    DOMAIN_CHECK_ALL(drain_rows);
}

int
main(void)
{
    check_run("it drains until it is quiet, lost or late", test_draining);
    return check_end();
}
