/* From accepted to running: the order of the steps, and giving up. */
#include "check.h"
#include "domain_fixture.h"

#define AT_WORK .state = INSTANCE_PROVISIONING, .machine_ref = "m1", .zone_group_ref = "g1"
#define PROVISIONING .instance = { AT_WORK, .wanted_boot_bytes = 70 }
#define DONE(kind_, ref_)                                                                          \
    {                                                                                              \
        .op_id = "o", .kind = (kind_), .outcome = OUTCOME_ANSWERED, .ref = (ref_)                  \
    }
#define REFUSED(kind_, class_)                                                                     \
    {                                                                                              \
        .op_id = "o", .kind = (kind_), .outcome = OUTCOME_ANSWERED, .class = (class_)              \
    }
#define CREATED DONE(CALL_SERVER_CREATE, "m1")
#define SIZED DONE(CALL_VOLUME_RESIZE, "v1")
#define HANDED DONE(CALL_USER_DATA_PUT, "m1")
#define BOOT_VOLUME .volumes = { { .ref = "v1", .is_boot = true, .size_bytes = 20 } }
#define STOPPED_IN_GROUP                                                                           \
    .server = { .ref = "m1", .state = SERVER_STOPPED, .security_group_ref = "g1" }

static const struct volume_view two_volumes[] = { { .ref = "v1" }, { .ref = "v2" } };
static const struct address_view one_address[] = { { .ref = "a1" } };

static const struct domain_row step_rows[] = {
    { "nothing is there: create", .instance = { .state = INSTANCE_PROVISIONING },
      .then = { .act = "server_create" } },
    { "volumes that are not on record go on record first", PROVISIONING, BOOT_VOLUME,
      .server = { .ref = "m1", .volumes = two_volumes, .volume_count = 2 },
      .then = { .records_things = true } },
    { "as do addresses", PROVISIONING, BOOT_VOLUME,
      .server = { .ref = "m1",
                  .volumes = two_volumes,
                  .volume_count = 1,
                  .addresses = one_address,
                  .address_count = 1 },
      .then = { .records_things = true } },
    { "the volume is tagged and sized", PROVISIONING, BOOT_VOLUME, STOPPED_IN_GROUP,
      .operations = { CREATED }, .then = { .act = "volume_resize", .ref = "v1" } },
    { "each volume", PROVISIONING, .volumes = { { .ref = "v1" }, { .ref = "v2" } },
      STOPPED_IN_GROUP, .operations = { CREATED, SIZED },
      .then = { .act = "volume_resize", .ref = "v2" } },
    { "then the group is set", PROVISIONING, BOOT_VOLUME,
      .server = { .ref = "m1", .security_group_ref = "default" }, .operations = { CREATED, SIZED },
      .then = { .act = "security_group_attach", .ref = "m1" } },
    { "once it is made", .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" },
      .server = { .ref = "m1" }, .operations = { CREATED },
      .then = { .in_ms = 500, .failed = true } },
    { "looked for less and less often, but as often as anything is",
      .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1", .attempts = 30 },
      .server = { .ref = "m1" }, .operations = { CREATED },
      .then = { .in_ms = 5000, .failed = true } },
    { "once is enough, whatever the machine shows", PROVISIONING, .server = { .ref = "m1" },
      .operations = { CREATED, DONE(CALL_SECURITY_GROUP_ATTACH, "m1") },
      .then = { .act = "user_data_put", .ref = "m1" } },
    { "then the installer is handed over", PROVISIONING, BOOT_VOLUME, STOPPED_IN_GROUP,
      .operations = { CREATED, SIZED }, .then = { .act = "user_data_put", .ref = "m1" } },
    { "then it is powered on", PROVISIONING, BOOT_VOLUME, STOPPED_IN_GROUP,
      .operations = { CREATED, SIZED, HANDED }, .then = { .act = "server_poweron", .ref = "m1" } },
    { "and not again right after", PROVISIONING, STOPPED_IN_GROUP,
      .operations = { HANDED,
                      { .op_id = "o",
                        .kind = CALL_SERVER_POWERON,
                        .outcome = OUTCOME_ANSWERED,
                        .ended_ms = NOW - 9999 } },
      .then = { .in_ms = 1000 } },
    { "but when it stays as it is (no stock)", PROVISIONING, STOPPED_IN_GROUP,
      .operations = { HANDED,
                      { .op_id = "o",
                        .kind = CALL_SERVER_POWERON,
                        .outcome = OUTCOME_ANSWERED,
                        .ended_ms = NOW - 10000 } },
      .then = { .act = "server_poweron", .ref = "m1" } },
    { "a refused power-on is repeated when its pause is over", PROVISIONING, STOPPED_IN_GROUP,
      .operations = { HANDED, REFUSED(CALL_SERVER_POWERON, ANSWER_OUT_OF_STOCK) },
      .then = { .act = "server_poweron", .ref = "m1" } },
    { "a machine that changes by itself is waited for", PROVISIONING,
      .server = { .ref = "m1", .state = SERVER_STARTING, .security_group_ref = "g1" },
      .operations = { HANDED }, .then = { .in_ms = 1000 } },
    { "nothing is called while the zone rests",
      .instance = { AT_WORK, .zone_paused_until_ms = NOW + 30000 }, BOOT_VOLUME, STOPPED_IN_GROUP,
      .operations = { CREATED }, .then = { .in_ms = 30000 } },
    { "it runs", PROVISIONING, .server = { .ref = "m1", .state = SERVER_RUNNING },
      .operations = { CREATED, HANDED },
      .then = { .rule = RULE_SERVER_STARTED, .to = INSTANCE_BOOTING, .error_code = "" } },
    { "it runs, and the deadline is past: facts beat deadlines",
      .instance = { AT_WORK, .deadline_ms = NOW - 1 },
      .server = { .ref = "m1", .state = SERVER_RUNNING }, .operations = { CREATED, HANDED },
      .then = { .rule = RULE_SERVER_STARTED, .to = INSTANCE_BOOTING, .error_code = "" } },
    { "it runs, but without its installer", PROVISIONING,
      .server = { .ref = "m1", .state = SERVER_RUNNING, .security_group_ref = "g1" },
      .operations = { CREATED }, .then = { .act = "user_data_put", .ref = "m1" } },
    { "the provider does not answer, for the third time", .instance = { AT_WORK, .attempts = 3 },
      .seen = { .server_ref = "m1", .server_class = ANSWER_UNKNOWN },
      .then = { .in_ms = 2000, .failed = true } },
    { "the provider refuses our credentials: on record, and nothing is concluded",
      .instance = { AT_WORK, .attempts = 3 },
      .seen = { .server_ref = "m1", .server_class = ANSWER_DENIED },
      .then = { .in_ms = 2000, .failed = true, .error_code = "PROVIDER_DENIED" } },
};

static void
test_steps(void)
{
    DOMAIN_CHECK_ALL(step_rows);
}

static void
test_sizes(void)
{
    static const struct {
        const char *name;
        struct rented volume;
        int64_t size_bytes;
    } cases[] = {
        { "a boot volume that is too small grows",
          { .ref = "v1", .is_boot = true, .size_bytes = 20 },
          70 },
        { "one that is large enough is tagged alone",
          { .ref = "v1", .is_boot = true, .size_bytes = 70 },
          0 },
        { "one of unknown size, too", { .ref = "v1", .is_boot = true }, 0 },
        { "one that does not boot, too", { .ref = "v1", .size_bytes = 20 }, 0 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = { PROVISIONING, STOPPED_IN_GROUP, .operations = { CREATED } };
        row.volumes[0] = cases[i].volume;
        row.volumes[0].volume_type = "sbs_volume";
        struct decision got = domain_decide(&row);
        CHECK_CASE(got.act.wanted && got.act.kind == CALL_VOLUME_RESIZE, cases[i].name);
        CHECK_CASE(got.act.size_bytes == cases[i].size_bytes, cases[i].name);
        CHECK_STR(got.act.volume_type, "sbs_volume");
    }
}

#define GIVEN_UP(code_)                                                                            \
    .then = { .rule = RULE_PROVISION_GAVE_UP,                                                      \
              .to = INSTANCE_PROVISIONING_FAILED,                                                  \
              .error_code = (code_) }
#define NOTHING_MADE .instance = { .state = INSTANCE_PROVISIONING }
#define FAILED(class_) REFUSED(CALL_SERVER_CREATE, class_)
#define LATE .deadline_ms = NOW - 1

static const struct domain_row give_up_rows[] = {
    { "refused as it is", NOTHING_MADE, .operations = { FAILED(ANSWER_INVALID) },
      GIVEN_UP("PROVIDER_INVALID") },
    { "refused as it is, then interrupted", NOTHING_MADE,
      .operations = { FAILED(ANSWER_INVALID), { .op_id = "o", .outcome = OUTCOME_NOT_SENT } },
      GIVEN_UP("PROVIDER_INVALID") },
    { "a later step refused as it is", PROVISIONING, STOPPED_IN_GROUP,
      .operations = { CREATED, REFUSED(CALL_USER_DATA_PUT, ANSWER_INVALID) },
      GIVEN_UP("PROVIDER_INVALID") },
    { "no stock, four times", NOTHING_MADE,
      .operations = { FAILED(ANSWER_OUT_OF_STOCK), FAILED(ANSWER_OUT_OF_STOCK),
                      FAILED(ANSWER_OUT_OF_STOCK), FAILED(ANSWER_OUT_OF_STOCK) },
      .then = { .act = "server_create" } },
    { "no stock, five times", NOTHING_MADE,
      .operations = { FAILED(ANSWER_OUT_OF_STOCK), FAILED(ANSWER_OUT_OF_STOCK),
                      FAILED(ANSWER_OUT_OF_STOCK), FAILED(ANSWER_OUT_OF_STOCK),
                      FAILED(ANSWER_OUT_OF_STOCK) },
      GIVEN_UP("PROVIDER_OUT_OF_STOCK") },
    { "five creates that made nothing", NOTHING_MADE,
      .operations = { { .op_id = "c1", .outcome = OUTCOME_NOT_DONE },
                      { .op_id = "c2", .outcome = OUTCOME_NOT_DONE },
                      { .op_id = "c3", .outcome = OUTCOME_NOT_DONE },
                      { .op_id = "c4", .outcome = OUTCOME_NOT_DONE },
                      { .op_id = "c5", .outcome = OUTCOME_NOT_DONE } },
      GIVEN_UP("PROVIDER_UNKNOWN") },
    { "five failures, then a refusal that is the zone's matter", NOTHING_MADE,
      .operations = { FAILED(ANSWER_TRANSIENT), FAILED(ANSWER_TRANSIENT), FAILED(ANSWER_TRANSIENT),
                      FAILED(ANSWER_TRANSIENT), FAILED(ANSWER_TRANSIENT), FAILED(ANSWER_QUOTA) },
      GIVEN_UP("PROVIDER_TRANSIENT") },
    { "refused credentials give up nothing", NOTHING_MADE,
      .operations = { FAILED(ANSWER_DENIED), FAILED(ANSWER_DENIED), FAILED(ANSWER_DENIED),
                      FAILED(ANSWER_DENIED), FAILED(ANSWER_DENIED), FAILED(ANSWER_DENIED) },
      .then = { .act = "server_create" } },
    { "nor does a used-up quota", NOTHING_MADE,
      .operations = { FAILED(ANSWER_QUOTA), FAILED(ANSWER_QUOTA), FAILED(ANSWER_QUOTA),
                      FAILED(ANSWER_QUOTA), FAILED(ANSWER_QUOTA), FAILED(ANSWER_QUOTA) },
      .then = { .act = "server_create" } },
    { "a failure before the last success is past", PROVISIONING, STOPPED_IN_GROUP,
      .operations = { FAILED(ANSWER_INVALID), CREATED },
      .then = { .act = "user_data_put", .ref = "m1" } },
    { "the deadline is past, and a look since tells nothing new",
      .instance = { .state = INSTANCE_PROVISIONING, LATE }, GIVEN_UP("PROVISION_TIMEOUT") },
    { "the look began before the deadline", .instance = { .state = INSTANCE_PROVISIONING, LATE },
      .seen = { .at_ms = NOW - 1 }, .then = { .act = "server_create" } },
    { "the look is not complete", .instance = { .state = INSTANCE_PROVISIONING, LATE },
      .seen = { .list_class = ANSWER_TRANSIENT }, .then = { .in_ms = 500, .failed = true } },
    { "the machine's look is not complete", .instance = { AT_WORK, LATE },
      .seen = { .server_ref = "m1", .server_class = ANSWER_UNKNOWN },
      .then = { .in_ms = 500, .failed = true } },
    { "the machine is missed, and nobody watches its zone",
      .instance = { AT_WORK, LATE, .gone_first_seen_ms = NOW - 60000, .gone_looks = 5 },
      .seen = { .server_ref = "m1", .server_class = ANSWER_NOT_FOUND },
      GIVEN_UP("PROVISION_TIMEOUT") },
    { "a create is still open: it is settled when what is rented is given back",
      .instance = { .state = INSTANCE_PROVISIONING, LATE },
      .operations = { { .op_id = "c1", .send_by_ms = NOW + 60000 } },
      GIVEN_UP("PROVISION_TIMEOUT") },
};

static void
test_giving_up(void)
{
    DOMAIN_CHECK_ALL(give_up_rows);
}

/* No pause outlasts the deadline. */
static void
test_pauses_end_at_the_deadline(void)
{
    struct domain_row row = {
        .name = "the zone rests longer than the deadline is away",
        .instance = { .state = INSTANCE_PROVISIONING,
                      .deadline_ms = NOW + 5000,
                      .zone_paused_until_ms = NOW + 60000 },
        .then = { .in_ms = 5001 },
    };

    domain_check(&row);
    row.instance.deadline_ms = NOW - 5000;
    row.seen.at_ms = NOW - 6000;
    row.then.in_ms = 60000;
    domain_check(&row);
}

int
main(void)
{
    check_run("one recorded step follows the other", test_steps);
    check_run("a boot volume grows to the wanted size", test_sizes);
    check_run("it is given up when refused, after too many failures, or too late", test_giving_up);
    check_run("a pause ends at the deadline", test_pauses_end_at_the_deadline);
    return check_end();
}
