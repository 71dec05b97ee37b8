/* What follows a call, by its kind and the class of its answer. */
#include "check.h"
#include "domain_fixture.h"

static struct decision
after(const struct domain_row *row, enum call_kind kind, enum answer_class class,
      int64_t retry_after_ms)
{
    struct domain_row copy = *row;
    struct policy policy = domain_policy();
    struct instance instance = domain_instance(&copy);
    struct act act = { .wanted = true, .kind = kind, .ref = "x1", .volume_type = "" };

    return decide_after_act(&instance, &act, class, retry_after_ms, &policy, NOW, 0);
}

static bool
after_is_power(enum call_kind kind)
{
    return kind == CALL_SERVER_POWERON || kind == CALL_SERVER_POWEROFF ||
           kind == CALL_SERVER_REBOOT || kind == CALL_SERVER_DELETE;
}

static bool
after_is_thing(enum call_kind kind)
{
    return kind == CALL_VOLUME_DELETE || kind == CALL_ADDRESS_DELETE;
}

/* Pauses without jitter, of a first failure: half of 8 s, half of 1 s, or 1 s whole. */
static int64_t
after_wanted_ms(enum call_kind kind, enum answer_class class)
{
    bool deletion = after_is_thing(kind) || kind == CALL_SERVER_DELETE;

    if (class == ANSWER_OK || (class == ANSWER_NOT_FOUND && deletion)) {
        return after_is_power(kind) ? 1000 : 0;
    }
    if (after_is_thing(kind)) {
        return 1000;
    }
    return class == ANSWER_UNKNOWN ? 500 : 4000;
}

static void
test_every_kind_and_class(void)
{
    static const struct domain_row row = {
        .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1", .deadline_ms = NOW + 7 }
    };

    for (int i = 0; i < CALL_SERVER_GET; i++) {
        for (int j = 0; j < ANSWER_CLASS_COUNT_; j++) {
            enum call_kind kind = (enum call_kind)i;
            enum answer_class class = (enum answer_class)j;
            struct decision got = after(&row, kind, class, -1);
            const char *name = call_kind_name(kind);
            bool done =
                class == ANSWER_OK ||
                (class == ANSWER_NOT_FOUND && (after_is_thing(kind) || kind == CALL_SERVER_DELETE));
            CHECK_CASE(got.rule == RULE_NONE && got.to == INSTANCE_TERMINATING, name);
            CHECK_CASE(got.deadline_ms == NOW + 7 && !got.act.wanted, name);
            CHECK_CASE(got.failed == !done, name);
            CHECK_I64(got.next_run_ms - NOW, after_wanted_ms(kind, class));
            CHECK_STR(got.error_code,
                      done && class != ANSWER_OK ? NULL : answer_class_error_code(class));
            CHECK_CASE(got.message[0] != '\0', answer_class_name(class));
            CHECK_CASE((got.thing_next_ms != 0) == after_is_thing(kind), name);
        }
    }
}

static void
test_lateness_stays_on_record(void)
{
    struct domain_row row = {
        .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1", .deadline_ms = NOW }
    };

    CHECK_STR(after(&row, CALL_SERVER_POWEROFF, ANSWER_OK, -1).error_code, "");
    row.instance.deadline_ms = NOW - 1;
    CHECK_STR(after(&row, CALL_SERVER_POWEROFF, ANSWER_OK, -1).error_code, NULL);
    row.instance.state = INSTANCE_PROVISIONING;
    CHECK_STR(after(&row, CALL_SERVER_POWERON, ANSWER_OK, -1).error_code, "");
}

static void
test_failures_pause_longer(void)
{
    struct domain_row row = { .instance = { .state = INSTANCE_PROVISIONING } };
    static const int64_t refused_ms[] = { 4000, 8000, 16000, 32000, 64000, 128000, 160000, 160000 };
    static const int64_t unknown_ms[] = { 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000 };

    for (int i = 0; i < ROW_OPERATIONS_MAX; i++) {
        CHECK_I64(after(&row, CALL_SERVER_POWERON, ANSWER_OUT_OF_STOCK, -1).next_run_ms - NOW,
                  refused_ms[i]);
        CHECK_I64(after(&row, CALL_SERVER_POWERON, ANSWER_UNKNOWN, -1).next_run_ms - NOW,
                  unknown_ms[i]);
        row.operations[i] = (struct operation){ .op_id = "o",
                                                .kind = CALL_SERVER_POWERON,
                                                .outcome = OUTCOME_ANSWERED,
                                                .class = ANSWER_TRANSIENT };
    }
}

/* Only provisioning gives up what is refused as it is; elsewhere it is tried again, later and later. */
static void
test_refused_as_it_is(void)
{
    struct domain_row row = { .instance = { .state = INSTANCE_PROVISIONING } };

    CHECK_I64(after(&row, CALL_USER_DATA_PUT, ANSWER_INVALID, -1).next_run_ms - NOW, 1000);
    row.instance.state = INSTANCE_BOOTING;
    CHECK_I64(after(&row, CALL_USER_DATA_PUT, ANSWER_INVALID, -1).next_run_ms - NOW, 4000);
    row.operations[0] = (struct operation){ .op_id = "o",
                                            .kind = CALL_USER_DATA_PUT,
                                            .outcome = OUTCOME_ANSWERED,
                                            .class = ANSWER_INVALID };
    CHECK_I64(after(&row, CALL_USER_DATA_PUT, ANSWER_INVALID, -1).next_run_ms - NOW, 8000);
}

static void
test_retry_after(void)
{
    static const struct domain_row row = { .instance = { .state = INSTANCE_PROVISIONING } };
    static const struct {
        const char *name;
        int64_t told_ms;
        int64_t pause_ms;
    } cases[] = {
        { "not told", -1, 4000 },
        { "shorter than ours", 100, 4000 },
        { "longer than ours", 9000, 9000 },
        { "longer than anything", AN_HOUR, 320000 },
        { "at once", 0, 4000 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decision got = after(&row, CALL_SERVER_CREATE, ANSWER_TRANSIENT, cases[i].told_ms);
        CHECK_CASE(got.next_run_ms - NOW == cases[i].pause_ms, cases[i].name);
    }
    CHECK_I64(after(&row, CALL_SERVER_CREATE, ANSWER_OK, AN_HOUR).next_run_ms, NOW);
}

/* The thing's own pause: doubled with each refusal, up to the fourth (the policy's), without jitter
 * half of it. */
static void
test_refused_deletions(void)
{
    static const struct {
        int64_t attempts;
        int64_t pause_ms;
    } cases[] = { { 0, 30000 },  { 1, 60000 },  { 2, 120000 },
                  { 3, 240000 }, { 4, 240000 }, { 1000, 240000 } };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = {
            .instance = { .state = INSTANCE_TERMINATING },
            .volumes = { { .ref = "v0", .delete_attempts = 77 },
                         { .ref = "x1", .delete_attempts = cases[i].attempts } },
            .addresses = { { .ref = "x1", .delete_attempts = cases[i].attempts } },
        };
        struct decision got = after(&row, CALL_VOLUME_DELETE, ANSWER_TRANSIENT, -1);
        CHECK_I64(got.thing_next_ms - NOW, cases[i].pause_ms);
        got = after(&row, CALL_ADDRESS_DELETE, ANSWER_DENIED, -1);
        CHECK_I64(got.thing_next_ms - NOW, cases[i].pause_ms);
        got = after(&row, CALL_VOLUME_DELETE, ANSWER_OK, -1);
        CHECK_I64(got.thing_next_ms - NOW, 10000);
        got = after(&row, CALL_VOLUME_DELETE, ANSWER_NOT_FOUND, -1);
        CHECK_I64(got.thing_next_ms - NOW, 10000);
    }
}

/* Whatever the settings allow, pauses stay within reason. */
static void
test_extreme_settings(void)
{
    struct policy policy = domain_policy();
    struct domain_row row = { .volumes = { { .ref = "x1", .delete_attempts = 99 } } };
    struct instance instance = domain_instance(&row);
    struct act act = { .wanted = true, .kind = CALL_VOLUME_DELETE, .ref = "x1" };

    policy.volume_attempts_max = 100;
    policy.volume_backoff_ms = INT64_C(86400000);
    struct decision got =
        decide_after_act(&instance, &act, ANSWER_TRANSIENT, -1, &policy, NOW, UINT32_MAX);
    CHECK(got.thing_next_ms > NOW && got.thing_next_ms <= NOW + INT64_C(86400000));
}

int
main(void)
{
    check_run("that terminating takes too long stays on record when a call goes well",
              test_lateness_stays_on_record);
    check_run("each answer to each call leads on", test_every_kind_and_class);
    check_run("each failure in a row makes the pause longer", test_failures_pause_longer);
    check_run("what is refused as it is is not hammered", test_refused_as_it_is);
    check_run("a provider may ask for more patience, within reason", test_retry_after);
    check_run("a refused deletion pauses its thing alone", test_refused_deletions);
    check_run("no setting makes a pause run over", test_extreme_settings);
    return check_end();
}
