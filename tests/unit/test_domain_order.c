/* Which rule wins, in each state, for each wish; what failed kinds keep; archiving. */
#include "check.h"
#include "domain_fixture.h"

/* An instance in which every rule of this file might fit. */
static struct domain_row
order_row(enum instance_state state, enum wish wish)
{
    return (struct domain_row){
        .name = state_name(state),
        .instance = { .state = state, .wish = wish, .machine_ref = "m1" },
        .server = { .ref = "m1", .state = SERVER_STOPPED },
    };
}

static bool
order_is_over(enum instance_state state)
{
    return state == INSTANCE_TERMINATING || state_is_final(state);
}

static void
test_terminate_wins(void)
{
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        struct domain_row row = order_row((enum instance_state)i, WISH_TERMINATED);
        row.instance.wanted_generation = 2;
        row.instance.archive_wanted = true;
        row.instance.deadline_ms = NOW - 1;
        row.instance.preserve_until_ms = NOW + AN_HOUR;
        struct decision got = domain_decide(&row);
        CHECK_CASE((got.rule == RULE_TERMINATE_REQUESTED) == !order_is_over(row.instance.state),
                   row.name);
        if (got.rule == RULE_TERMINATE_REQUESTED) {
            CHECK_CASE(got.to == INSTANCE_TERMINATING && got.next_run_ms == NOW, row.name);
            CHECK_CASE(got.deadline_ms == NOW + domain_policy().terminating_ms, row.name);
        }
    }
}

static void
test_drain(void)
{
    static const enum instance_rule rules[INSTANCE_STATE_COUNT_] = {
        [INSTANCE_PROVISIONING] = RULE_TERMINATE_REQUESTED,
        [INSTANCE_BOOTING] = RULE_TERMINATE_REQUESTED,
        [INSTANCE_INSTALLING] = RULE_TERMINATE_REQUESTED,
        [INSTANCE_STARTING] = RULE_TERMINATE_REQUESTED,
        [INSTANCE_READY] = RULE_DRAIN_REQUESTED,
        [INSTANCE_UNAVAILABLE] = RULE_DRAIN_REQUESTED,
        [INSTANCE_WORKER_DEAD] = RULE_DRAIN_REQUESTED,
        [INSTANCE_PROVISIONING_FAILED] = RULE_TERMINATE_REQUESTED,
        [INSTANCE_STARTUP_FAILED] = RULE_TERMINATE_REQUESTED,
        [INSTANCE_FAILED] = RULE_TERMINATE_REQUESTED,
    };

    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        struct domain_row row = order_row((enum instance_state)i, WISH_DRAINED);
        row.instance.status_changed_ms = NOW;
        row.instance.wanted_generation = 2;
        CHECK_CASE(domain_decide(&row).rule == rules[i], row.name);
    }
}

static void
test_reinstall(void)
{
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        struct domain_row row = order_row((enum instance_state)i, WISH_RUNNING);
        row.instance.wanted_generation = 2;
        bool may =
            matrix_cell(row.instance.state, RULE_REINSTALL_REQUESTED).effect == MATRIX_TRANSITION;
        struct decision got = domain_decide(&row);
        CHECK_CASE((got.rule == RULE_REINSTALL_REQUESTED) == may, row.name);
        CHECK_CASE(got.next_generation == may, row.name);
        if (may) {
            CHECK_CASE(got.to == INSTANCE_BOOTING && got.progress == 10, row.name);
            CHECK_STR(got.error_code, "");
        }
    }
}

static void
test_reinstall_guards(void)
{
    static const struct {
        const char *name;
        struct instance instance;
        bool granted;
    } cases[] = {
        { "wanted", { .machine_ref = "m1", .wanted_generation = 2 }, true },
        { "the third of the second",
          { .machine_ref = "m1", .generation = 2, .wanted_generation = 3 },
          true },
        { "granted already",
          { .machine_ref = "m1", .generation = 2, .wanted_generation = 2 },
          false },
        { "no machine", { .wanted_generation = 2 }, false },
        { "a machine that is gone",
          { .machine_ref = "m1", .machine_gone = true, .wanted_generation = 2 },
          false },
        { "another member lives",
          { .machine_ref = "m1", .live_elsewhere = true, .wanted_generation = 2 },
          false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = { .instance = cases[i].instance };
        row.instance.state = INSTANCE_READY;
        bool granted = domain_decide(&row).rule == RULE_REINSTALL_REQUESTED;
        CHECK_CASE(granted == cases[i].granted, cases[i].name);
    }
}

#define GOOD                                                                                       \
    {                                                                                              \
        .asked = true, .answered = true, .ok = true                                                \
    }
#define SERVED .seen = { .probes = { [PROBE_MODELS] = GOOD, [PROBE_WARMUP] = GOOD } }

static const struct domain_row order_rows[] = {
    { "reinstall before progress",
      .instance = { .state = INSTANCE_STARTING, .machine_ref = "m1", .wanted_generation = 2 },
      SERVED,
      .then = { .rule = RULE_REINSTALL_REQUESTED, .to = INSTANCE_BOOTING, .error_code = "" } },
    { "progress before the deadline",
      .instance = { .state = INSTANCE_STARTING, .machine_ref = "m1", .deadline_ms = NOW - 1 },
      SERVED,
      .then = { .rule = RULE_MODEL_SERVED,
                .to = INSTANCE_READY,
                .in_ms = NEVER,
                .error_code = "" } },
    { "model before agent before machine",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" },
      .seen = { .probes = { GOOD, GOOD, GOOD, GOOD } },
      .then = { .rule = RULE_MODEL_SERVED,
                .to = INSTANCE_READY,
                .in_ms = NEVER,
                .error_code = "" } },
    { "agent before machine", .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" },
      .seen = { .probes = { [PROBE_SSH] = GOOD, [PROBE_READYZ] = GOOD } },
      .then = { .rule = RULE_AGENT_SEEN, .to = INSTANCE_STARTING } },
    { "progress before an open call",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" },
      .operations = { { .op_id = "o", .kind = CALL_SERVER_REBOOT, .send_by_ms = NOW + 9 } },
      .seen = { .probes = { [PROBE_SSH] = GOOD } },
      .then = { .rule = RULE_SSH_REACHABLE, .to = INSTANCE_INSTALLING } },
    { "ready and nothing wanted: no run by itself",
      .instance = { .state = INSTANCE_READY, .machine_ref = "m1" },
      .then = { .in_ms = NEVER, .message = "nothing to do" } },
    { "terminated and nothing wanted",
      .instance = { .state = INSTANCE_TERMINATED, .machine_ref = "m1", .machine_gone = true },
      .then = { .in_ms = NEVER } },
    { "archived, whatever is wanted",
      .instance = { .state = INSTANCE_ARCHIVED,
                    .wish = WISH_TERMINATED,
                    .archive_wanted = true,
                    .wanted_generation = 2 },
      .then = { .in_ms = NEVER } },
};

static void
test_order(void)
{
    DOMAIN_CHECK_ALL(order_rows);
}

#define FAILED_KIND .state = INSTANCE_STARTUP_FAILED, .machine_ref = "m1"

static const struct domain_row retention_rows[] = {
    { "kept until its deadline", .instance = { FAILED_KIND, .deadline_ms = NOW + 60000 },
      .then = { .in_ms = 60000 } },
    { "and then given back", .instance = { FAILED_KIND, .deadline_ms = NOW },
      .then = { .rule = RULE_RETENTION_OVER, .to = INSTANCE_TERMINATING } },
    { "kept longer when it is to be preserved",
      .instance = { FAILED_KIND, .deadline_ms = NOW - 60000, .preserve_until_ms = NOW + 5000 },
      .then = { .in_ms = 5000 } },
    { "looked at when its deadline comes, all the same",
      .instance = { FAILED_KIND, .deadline_ms = NOW + 6000, .preserve_until_ms = NOW + 90000 },
      .then = { .in_ms = 6001 } },
    { "what was to be preserved, and is not any more",
      .instance = { FAILED_KIND, .deadline_ms = NOW - 2, .preserve_until_ms = NOW },
      .then = { .rule = RULE_RETENTION_OVER, .to = INSTANCE_TERMINATING } },
    { "nothing rented: over",
      .instance = { .state = INSTANCE_PROVISIONING_FAILED, .deadline_ms = NOW },
      .then = { .in_ms = NEVER, .message = "nothing is rented" } },
    { "a machine proven gone is nothing", .instance = { FAILED_KIND, .machine_gone = true },
      .then = { .in_ms = NEVER, .message = "nothing is rented" } },
    { "a create that is open is something",
      .instance = { .state = INSTANCE_PROVISIONING_FAILED, .deadline_ms = NOW },
      .operations = { { .op_id = "c1", .kind = CALL_SERVER_CREATE } },
      .then = { .rule = RULE_RETENTION_OVER, .to = INSTANCE_TERMINATING } },
    { "one with an unknown answer is",
      .instance = { .state = INSTANCE_PROVISIONING_FAILED, .deadline_ms = NOW },
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .outcome = OUTCOME_ANSWERED,
                        .class = ANSWER_UNKNOWN } },
      .then = { .rule = RULE_RETENTION_OVER, .to = INSTANCE_TERMINATING } },
    { "one that names a machine is",
      .instance = { .state = INSTANCE_PROVISIONING_FAILED, .deadline_ms = NOW },
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .outcome = OUTCOME_NOT_DONE,
                        .ref = "m9" } },
      .then = { .rule = RULE_RETENTION_OVER, .to = INSTANCE_TERMINATING } },
    { "an address is", .instance = { .state = INSTANCE_FAILED, .deadline_ms = NOW },
      .addresses = { { .ref = "a1" } },
      .then = { .rule = RULE_RETENTION_OVER, .to = INSTANCE_TERMINATING } },
    { "a volume that is kept is not", .instance = { .state = INSTANCE_FAILED, .deadline_ms = NOW },
      .volumes = { { .ref = "v1", .keep = true } }, .then = { .in_ms = NEVER } },
};

static void
test_retention(void)
{
    DOMAIN_CHECK_ALL(retention_rows);
}

static void
test_nothing_rented_has_no_deadline(void)
{
    struct domain_row row = { .instance = { .state = INSTANCE_PROVISIONING_FAILED } };

    CHECK_I64(domain_decide(&row).deadline_ms, 0);
    row.instance.machine_ref = "m1";
    CHECK_I64(domain_decide(&row).deadline_ms, NOW + AN_HOUR);
}

static void
test_archive(void)
{
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        struct domain_row row = order_row((enum instance_state)i, WISH_RUNNING);
        row.instance.archive_wanted = true;
        row.instance.machine_gone = true;
        row.volumes[0] = (struct rented){ .ref = "v1", .keep = true };
        bool may =
            matrix_cell(row.instance.state, RULE_ARCHIVE_REQUESTED).effect == MATRIX_TRANSITION;
        CHECK_CASE((domain_decide(&row).rule == RULE_ARCHIVE_REQUESTED) == may, row.name);
        row.instance.machine_gone = false;
        CHECK_CASE(domain_decide(&row).rule != RULE_ARCHIVE_REQUESTED, row.name);
    }
}

/* What a failed kind is moved to runs again when its retention is over, not before. */
static void
test_failed_kinds_wait(void)
{
    struct domain_row row = {
        .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1", .deadline_ms = NOW - 1 },
        .server = { .ref = "m1" },
    };
    struct decision got = domain_decide(&row);

    CHECK_I64(got.to, INSTANCE_STARTUP_FAILED);
    CHECK_I64(got.deadline_ms, NOW + domain_policy().failed_retention_ms);
    CHECK_I64(got.next_run_ms, got.deadline_ms);
    row.instance.state = INSTANCE_PROVISIONING;
    got = domain_decide(&row);
    CHECK_I64(got.to, INSTANCE_PROVISIONING_FAILED);
    CHECK_I64(got.deadline_ms, NOW);
    CHECK_I64(got.next_run_ms, NOW);
}

int
main(void)
{
    check_run("terminate wins in every state that is not over", test_terminate_wins);
    check_run("a drain drains what serves and ends what does not", test_drain);
    check_run("a reinstallation is granted where the matrix has it", test_reinstall);
    check_run("and where there is a machine and no other live member", test_reinstall_guards);
    check_run("of several rules the first one wins", test_order);
    check_run("a failed kind keeps what it rents for a while", test_retention);
    check_run("a failed kind that rents nothing has no deadline",
              test_nothing_rented_has_no_deadline);
    check_run("what rents nothing is archived where the matrix has it", test_archive);
    check_run("a failed kind runs again when its retention is over", test_failed_kinds_wait);
    return check_end();
}
