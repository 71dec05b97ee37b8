/* Giving back everything that was rented, and proving it. */
#include <stdio.h>

#include "check.h"
#include "domain_fixture.h"

#define TERMINATING .state = INSTANCE_TERMINATING, .machine_ref = "m1"
#define MACHINE .instance = { TERMINATING }
#define GONE .instance = { TERMINATING, .machine_gone = true }
#define ASKED(kind_, class_, ago_)                                                                 \
    {                                                                                              \
        .op_id = "o", .kind = (kind_), .ref = "m1", .outcome = OUTCOME_ANSWERED,                   \
        .class = (class_), .ended_ms = NOW - (ago_)                                                \
    }
#define NOT_THERE .server_ref = "m1", .server_class = ANSWER_NOT_FOUND
#define FINISHED .then = { .rule = RULE_SERVER_GONE, .to = INSTANCE_TERMINATED, .in_ms = NEVER }

static const struct volume_view volume[] = { { .ref = "v1" } };
static const struct address_view address[] = { { .ref = "a1" } };

static const struct domain_row machine_rows[] = {
    { "it runs: power off", MACHINE, .server = { .ref = "m1", .state = SERVER_RUNNING },
      .then = { .act = "server_poweroff", .ref = "m1" } },
    { "not again right after", MACHINE, .server = { .ref = "m1", .state = SERVER_RUNNING },
      .operations = { ASKED(CALL_SERVER_POWEROFF, ANSWER_OK, 9999) }, .then = { .in_ms = 1000 } },
    { "but when it still runs", MACHINE, .server = { .ref = "m1", .state = SERVER_RUNNING },
      .operations = { ASKED(CALL_SERVER_POWEROFF, ANSWER_OK, 10000) },
      .then = { .act = "server_poweroff", .ref = "m1" } },
    { "what was asked of another machine does not count", MACHINE,
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .operations = { { .op_id = "o",
                        .kind = CALL_SERVER_POWEROFF,
                        .ref = "m0",
                        .outcome = OUTCOME_ANSWERED,
                        .ended_ms = NOW } },
      .then = { .act = "server_poweroff", .ref = "m1" } },
    { "it is stopped: delete", MACHINE, .server = { .ref = "m1", .state = SERVER_STOPPED },
      .then = { .act = "server_delete", .ref = "m1" } },
    { "stopped in place: delete", MACHINE,
      .server = { .ref = "m1", .state = SERVER_STOPPED_IN_PLACE },
      .then = { .act = "server_delete", .ref = "m1" } },
    { "a deletion that was accepted is not repeated right after", MACHINE,
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .operations = { ASKED(CALL_SERVER_DELETE, ANSWER_OK, 5) }, .then = { .in_ms = 1000 } },
    { "nor one of what the provider does not know", MACHINE,
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .operations = { ASKED(CALL_SERVER_DELETE, ANSWER_NOT_FOUND, 5) }, .then = { .in_ms = 1000 } },
    { "one that was refused is", MACHINE, .server = { .ref = "m1", .state = SERVER_STOPPED },
      .operations = { ASKED(CALL_SERVER_DELETE, ANSWER_TRANSIENT, 5) },
      .then = { .act = "server_delete", .ref = "m1" } },
    { "it changes by itself", MACHINE, .server = { .ref = "m1", .state = SERVER_STOPPING },
      .then = { .in_ms = 1000 } },
    { "it is locked: looked at less often past the deadline, and told",
      .instance = { TERMINATING, .deadline_ms = NOW - 1 },
      .server = { .ref = "m1", .state = SERVER_LOCKED },
      .then = { .in_ms = 10000, .error_code = "TERMINATE_TIMEOUT" } },
    { "past the deadline it goes on", .instance = { TERMINATING, .deadline_ms = NOW - 1 },
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .then = { .act = "server_delete", .ref = "m1", .error_code = "TERMINATE_TIMEOUT" } },
    { "nothing while the zone rests",
      .instance = { TERMINATING, .zone_paused_until_ms = NOW + 30000 },
      .server = { .ref = "m1", .state = SERVER_RUNNING }, .then = { .in_ms = 30000 } },
    { "a used-up quota holds back nothing that gives back",
      .instance = { TERMINATING, .zone_paused_until_ms = NOW + 30000,
                    .zone_paused_for_quota = true },
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .then = { .act = "server_poweroff", .ref = "m1" } },
    { "what hangs on it goes on record first", MACHINE,
      .server = { .ref = "m1", .state = SERVER_STOPPED, .volumes = volume, .volume_count = 1 },
      .then = { .records_things = true } },
    { "addresses as well", MACHINE,
      .server = { .ref = "m1", .state = SERVER_RUNNING, .addresses = address, .address_count = 1 },
      .then = { .records_things = true } },
    { "nothing is deleted while the addresses are not shown", MACHINE,
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .seen = { .address_list_class = ANSWER_TRANSIENT },
      .then = { .in_ms = 500, .failed = true } },
    { "nor are they asked for while it runs", MACHINE,
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .seen = { .address_list_class = ANSWER_TRANSIENT },
      .then = { .act = "server_poweroff", .ref = "m1" } },
    { "the provider does not answer", MACHINE,
      .seen = { .server_ref = "m1", .server_class = ANSWER_UNKNOWN },
      .then = { .in_ms = 500, .failed = true } },
    { "absent for the first time", MACHINE, .seen = { NOT_THERE },
      .then = { .in_ms = 2000, .marks = { { MARK_MACHINE_ABSENT, "m1", NULL } } } },
    { "absent while the list does not answer", MACHINE,
      .seen = { NOT_THERE, .list_class = ANSWER_TRANSIENT },
      .then = { .in_ms = 500, .failed = true } },
    { "absent again, too soon", .instance = { TERMINATING, .gone_first_seen_ms = NOW - 1999 },
      .seen = { NOT_THERE }, .then = { .in_ms = 1 } },
    { "absent again, in a look that began too soon",
      .instance = { TERMINATING, .gone_first_seen_ms = NOW - 2000 },
      .seen = { NOT_THERE, .at_ms = NOW - 1 }, .then = { .in_ms = 0 } },
    { "absent twice", .instance = { TERMINATING, .gone_first_seen_ms = NOW - 2000 },
      .seen = { NOT_THERE }, .then = { .marks = { { MARK_MACHINE_GONE, "m1", NULL } } } },
    { "there after all: it must be absent twice again",
      .instance = { TERMINATING, .gone_first_seen_ms = NOW - 2000 },
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .then = { .in_ms = 1000, .marks = { { MARK_MACHINE_SEEN, "m1", NULL } } } },
};

static void
test_machine(void)
{
    DOMAIN_CHECK_ALL(machine_rows);
}

#define CREATE(id_, outcome_, ref_)                                                                \
    {                                                                                              \
        .op_id = (id_), .kind = CALL_SERVER_CREATE, .outcome = (outcome_), .ref = (ref_)           \
    }
static const char *const tags_c2[] = { "inventiv-op=c2" };

static const struct domain_row create_rows[] = {
    { "never a machine, never a create: done", .instance = { .state = INSTANCE_TERMINATING },
      FINISHED },
    { "an open create is looked for", .instance = { .state = INSTANCE_TERMINATING },
      .operations = { CREATE("c1", OUTCOME_OPEN, "") },
      .then = { .in_ms = 2000, .marks = { { MARK_OPERATION_EMPTY_LOOK, "c1", NULL } } } },
    { "found in vain", .instance = { .state = INSTANCE_TERMINATING },
      .operations = { CREATE("c1", OUTCOME_NOT_DONE, "") }, FINISHED },
    { "found", .instance = { .state = INSTANCE_TERMINATING },
      .operations = { CREATE("c1", OUTCOME_OPEN, "") }, .listed = { { .ref = "m1" } },
      .server = { .ref = "m1" },
      .then = { .record_ref = "m1", .marks = { { MARK_OPERATION_ADOPTED, "c1", "m1" } } } },
    { "named", .instance = { .state = INSTANCE_TERMINATING },
      .operations = { CREATE("c1", OUTCOME_ANSWERED, "m1") }, .server = { .ref = "m1" },
      .then = { .record_ref = "m1" } },
    { "a list that still shows what is gone", GONE,
      .operations = { { .op_id = "c1", .ref = "m1", .outcome = OUTCOME_ANSWERED, .gone = true } },
      .listed = { { .ref = "m1" } }, FINISHED },
    { "a list that does not answer", GONE, .seen = { .list_class = ANSWER_TRANSIENT },
      .then = { .in_ms = 500, .failed = true } },
    { "a second machine that a create names is next", GONE,
      .operations = { { .op_id = "c1", .ref = "m1", .outcome = OUTCOME_ANSWERED, .gone = true },
                      CREATE("c2", OUTCOME_ANSWERED, "m2") },
      .server = { .ref = "m2", .state = SERVER_RUNNING }, .then = { .record_ref = "m2" } },
    { "but not before the first is gone", MACHINE,
      .operations = { CREATE("c1", OUTCOME_ANSWERED, "m1"), CREATE("c2", OUTCOME_ANSWERED, "m2") },
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .then = { .act = "server_poweroff", .ref = "m1" } },
    { "a second machine that only the list shows is next", GONE,
      .listed = { { .ref = "m1" }, { .ref = "m3" } }, .server = { .ref = "m3" },
      .then = { .record_ref = "m3" } },
    { "a create that is open beside the machine is settled first", MACHINE,
      .operations = { CREATE("c1", OUTCOME_ANSWERED, "m1"), CREATE("c2", OUTCOME_OPEN, "") },
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .listed = { { .ref = "m2", .tags = tags_c2, .tag_count = 1 } },
      .then = { .marks = { { MARK_OPERATION_ADOPTED, "c2", "m2" } } } },
    { "an answer that came after its machine was proven gone", GONE,
      .operations = { CREATE("c1", OUTCOME_NOT_DONE, "m1") }, .seen = { NOT_THERE },
      .then = { .in_ms = 2000, .marks = { { MARK_MACHINE_ABSENT, "m1", NULL } } } },
};

static void
test_creates(void)
{
    DOMAIN_CHECK_ALL(create_rows);
}

#define VOLUME .volumes = { { .ref = "v1" } }
#define ABSENT(ago_) .volumes = { { .ref = "v1", .gone_first_seen_ms = NOW - (ago_) } }
#define VOLUME_IS(class_) .volume_classes = { (class_) }

static const struct domain_row leftover_rows[] = {
    { "nothing is left", GONE, FINISHED },
    { "a volume is deleted", GONE, VOLUME, .then = { .act = "volume_delete", .ref = "v1" } },
    { "not while it hangs on a machine", GONE, VOLUME, .volume_views = { { .server_ref = "m1" } },
      .then = { .in_ms = 1000 } },
    { "not before its pause is over", GONE,
      .volumes = { { .ref = "v1", .delete_next_ms = NOW + 5000 } }, .then = { .in_ms = 5000 } },
    { "it is looked at meanwhile", GONE,
      .volumes = { { .ref = "v1", .delete_next_ms = NOW + 900000 } }, .then = { .in_ms = 10000 } },
    { "not while the zone rests",
      .instance = { TERMINATING, .machine_gone = true, .zone_paused_until_ms = NOW + 7000 }, VOLUME,
      .then = { .in_ms = 7000 } },
    { "a used-up quota holds back no deletion",
      .instance = { TERMINATING, .machine_gone = true, .zone_paused_until_ms = NOW + 7000,
                    .zone_paused_for_quota = true },
      VOLUME, .then = { .act = "volume_delete", .ref = "v1" } },
    { "absent for the first time", GONE, VOLUME, VOLUME_IS(ANSWER_NOT_FOUND),
      .then = { .in_ms = 2000, .marks = { { MARK_VOLUME_ABSENT, "v1", NULL } } } },
    { "absent again, too soon", GONE, ABSENT(500), VOLUME_IS(ANSWER_NOT_FOUND),
      .then = { .in_ms = 1500 } },
    { "absent again, in a look that began too soon", GONE, ABSENT(2000),
      VOLUME_IS(ANSWER_NOT_FOUND), .seen = { .at_ms = NOW - 1 }, .then = { .in_ms = 0 } },
    { "absent twice", GONE, ABSENT(2000), VOLUME_IS(ANSWER_NOT_FOUND),
      .then = { .marks = { { MARK_VOLUME_GONE, "v1", NULL } } } },
    { "there after all: known before it is deleted", GONE, ABSENT(2000),
      .then = { .in_ms = 1000, .marks = { { MARK_VOLUME_SEEN, "v1", NULL } } } },
    { "its look failed", .instance = { TERMINATING, .machine_gone = true, .attempts = 4 }, VOLUME,
      VOLUME_IS(ANSWER_TRANSIENT), .then = { .in_ms = 4000, .failed = true } },
    { "a volume that is kept stays", GONE, .volumes = { { .ref = "v1", .keep = true } }, FINISHED },
    { "an address is deleted", GONE, .addresses = { { .ref = "a1" } },
      .then = { .act = "address_delete", .ref = "a1" } },
    { "an address absent for the first time", GONE, .addresses = { { .ref = "a1" } },
      .address_classes = { ANSWER_NOT_FOUND },
      .then = { .in_ms = 2000, .marks = { { MARK_ADDRESS_ABSENT, "a1", NULL } } } },
    { "an address there after all", GONE,
      .addresses = { { .ref = "a1", .gone_first_seen_ms = NOW - 9 } },
      .then = { .in_ms = 1000, .marks = { { MARK_ADDRESS_SEEN, "a1", NULL } } } },
    { "absent volumes are marked beside the deletion of another", GONE,
      .volumes = { { .ref = "v1", .gone_first_seen_ms = NOW - 2000 }, { .ref = "v2" } },
      .volume_classes = { ANSWER_NOT_FOUND, ANSWER_OK },
      .then = { .act = "volume_delete",
                .ref = "v2",
                .marks = { { MARK_VOLUME_GONE, "v1", NULL } } } },
    { "a refused one does not hold up the next", GONE,
      .volumes = { { .ref = "v1", .delete_next_ms = NOW + 900000 }, { .ref = "v2" } },
      .then = { .act = "volume_delete", .ref = "v2" } },
    { "the next look is the earliest that anything needs", GONE,
      .volumes = { { .ref = "v1", .delete_next_ms = NOW + 900000 },
                   { .ref = "v2", .gone_first_seen_ms = NOW - 1100 } },
      .volume_classes = { ANSWER_OK, ANSWER_NOT_FOUND }, .then = { .in_ms = 900 } },
    { "what was rented was not looked at", GONE, VOLUME, .flags = NO_PLAN,
      .then = { .message = "what the machine had is looked up" } },
};

static void
test_leftovers(void)
{
    DOMAIN_CHECK_ALL(leftover_rows);
}

enum { MANY = 60 };

/* One look at more volumes than a decision has marks. */
static bool
terminate_test_turn(struct rented *volumes, size_t *count, int64_t now_ms)
{
    static const enum answer_class absent[MANY] = { [0 ... MANY - 1] = ANSWER_NOT_FOUND };
    static const struct volume_view views[MANY];
    struct policy policy = domain_policy();
    struct domain_row row = { GONE };
    struct instance instance = domain_instance(&row);
    struct seen seen = domain_seen(&row, &instance);
    size_t left = 0;

    instance.volumes = volumes;
    instance.volume_count = *count;
    seen.at_ms = now_ms;
    seen.volume_classes = absent;
    seen.volume_views = views;
    struct decision got = decide(&instance, &seen, &policy, now_ms, 0);
    CHECK(got.mark_count <= DECISION_MARKS_MAX);
    for (size_t i = 0; i < *count; i++) {
        if (domain_has_mark(&got, MARK_VOLUME_ABSENT, volumes[i].ref)) {
            volumes[i].gone_first_seen_ms = now_ms;
        }
        if (!domain_has_mark(&got, MARK_VOLUME_GONE, volumes[i].ref)) {
            volumes[left++] = volumes[i];
        }
    }
    *count = left;
    return got.rule == RULE_SERVER_GONE;
}

static void
test_more_than_there_are_marks_for(void)
{
    static char refs[MANY][8];
    struct rented volumes[MANY];
    size_t count = MANY;
    int turns = 0;

    for (int i = 0; i < MANY; i++) {
        snprintf(refs[i], sizeof refs[i], "v%d", i);
        volumes[i] = (struct rented){ .ref = refs[i], .volume_type = "" };
    }
    while (turns < MANY && !terminate_test_turn(volumes, &count, NOW + turns * 2000)) {
        turns++;
    }
    CHECK_I64(count, 0);
    CHECK_CASE(turns <= 8, "all are proven gone in a few turns");
}

int
main(void)
{
    check_run("a machine is stopped, deleted and absent twice", test_machine);
    check_run("whatever a create may have made is found first", test_creates);
    check_run("volumes and addresses are deleted and absent twice", test_leftovers);
    check_run("more things than a decision has marks take more turns",
              test_more_than_there_are_marks_for);
    return check_end();
}
