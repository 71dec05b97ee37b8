/* Calls whose end is not known: what is concluded from what is seen, and when. */
#include <string.h>

#include "check.h"
#include "domain_fixture.h"

static const char *const tags_c1[] = { "inventiv-op=c1" };
static const char *const tags_c2[] = { "inventiv-op=c2" };

#define PROVISIONING .instance = { .state = INSTANCE_PROVISIONING }
#define OPEN_CREATE                                                                                \
    {                                                                                              \
        .op_id = "c1", .kind = CALL_SERVER_CREATE, .send_by_ms = NOW - 120000                      \
    }
#define UNKNOWN_CREATE                                                                             \
    {                                                                                              \
        .op_id = "c1", .kind = CALL_SERVER_CREATE, .outcome = OUTCOME_ANSWERED,                    \
        .class = ANSWER_UNKNOWN                                                                    \
    }
#define MADE(id_, ref_)                                                                            \
    {                                                                                              \
        .op_id = (id_), .kind = CALL_SERVER_CREATE, .outcome = OUTCOME_ANSWERED, .ref = (ref_)     \
    }
#define NOT_THERE .seen = { .server_ref = "m1", .server_class = ANSWER_NOT_FOUND }

static const struct domain_row named_rows[] = {
    { "a machine that a create names is recorded when its id shows it", PROVISIONING,
      .operations = { MADE("c1", "m1") }, .server = { .ref = "m1" },
      .then = { .record_ref = "m1" } },
    { "before the list shows anything, and whatever it shows", PROVISIONING,
      .operations = { MADE("c1", "m1") }, .server = { .ref = "m1" },
      .seen = { .list_class = ANSWER_TRANSIENT }, .listed = { { .ref = "m0" } },
      .then = { .record_ref = "m1" } },
    { "it was not looked up yet", PROVISIONING, .operations = { MADE("c1", "m1") },
      .then = { .message = "a machine that a call made is looked up" } },
    { "the look by id failed", PROVISIONING, .operations = { MADE("c1", "m1") },
      .seen = { .server_ref = "m1", .server_class = ANSWER_TRANSIENT },
      .then = { .in_ms = 500, .failed = true } },
    { "absent for the first time", PROVISIONING, .operations = { MADE("c1", "m1") }, NOT_THERE,
      .then = { .in_ms = 2000, .marks = { { MARK_MACHINE_ABSENT, "m1", NULL } } } },
    { "absent, and the list does not answer: nothing is concluded", PROVISIONING,
      .operations = { MADE("c1", "m1") },
      .seen = { .server_ref = "m1", .server_class = ANSWER_NOT_FOUND, .list_class = ANSWER_DENIED },
      .then = { .in_ms = 500, .failed = true, .error_code = "PROVIDER_DENIED" } },
    { "absent again, too soon",
      .instance = { .state = INSTANCE_PROVISIONING, .gone_first_seen_ms = NOW - 1500 },
      .operations = { MADE("c1", "m1") }, NOT_THERE, .then = { .in_ms = 500 } },
    { "absent again, but the look began too soon",
      .instance = { .state = INSTANCE_PROVISIONING, .gone_first_seen_ms = NOW - 2500 },
      .operations = { MADE("c1", "m1") },
      .seen = { .at_ms = NOW - 1000, .server_ref = "m1", .server_class = ANSWER_NOT_FOUND },
      .then = { .in_ms = 0 } },
    { "absent twice: proven gone",
      .instance = { .state = INSTANCE_PROVISIONING, .gone_first_seen_ms = NOW - 2000 },
      .operations = { MADE("c1", "m1") }, NOT_THERE,
      .then = { .marks = { { MARK_CREATE_GONE, "c1", "m1" },
                           { MARK_MACHINE_SEEN, "m1", NULL } } } },
    { "a create whose machine is gone is followed by another", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .outcome = OUTCOME_ANSWERED,
                        .ref = "m1",
                        .gone = true } },
      .then = { .act = "server_create" } },
    { "of two that are named the first is recorded, and no other is settled by it", PROVISIONING,
      .operations = { MADE("c1", "m1"), MADE("c2", "m2") },
      .server = { .ref = "m1", .tags = tags_c1, .tag_count = 1 }, .then = { .record_ref = "m1" } },
    { "a late answer names one while another create is open: that one stays open", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .outcome = OUTCOME_NOT_DONE,
                        .ref = "m1" },
                      { .op_id = "c2", .kind = CALL_SERVER_CREATE } },
      .server = { .ref = "m1", .tags = tags_c1, .tag_count = 1 }, .then = { .record_ref = "m1" } },
};

static void
test_named(void)
{
    DOMAIN_CHECK_ALL(named_rows);
}

static const struct domain_row listed_rows[] = {
    { "a listed machine that its id confirms is recorded", PROVISIONING,
      .listed = { { .ref = "m1" } }, .server = { .ref = "m1" }, .then = { .record_ref = "m1" } },
    { "and settles the create that may have made it", PROVISIONING, .operations = { OPEN_CREATE },
      .listed = { { .ref = "m1" } }, .server = { .ref = "m1" },
      .then = { .record_ref = "m1", .marks = { { MARK_OPERATION_ADOPTED, "c1", "m1" } } } },
    { "as it does a create with an unknown answer", PROVISIONING, .operations = { UNKNOWN_CREATE },
      .listed = { { .ref = "m1", .tags = tags_c1, .tag_count = 1 } },
      .server = { .ref = "m1", .tags = tags_c1, .tag_count = 1 },
      .then = { .record_ref = "m1", .marks = { { MARK_OPERATION_ADOPTED, "c1", "m1" } } } },
    { "or one that was done and named nothing", PROVISIONING, .operations = { MADE("c1", "") },
      .listed = { { .ref = "m1" } }, .server = { .ref = "m1" },
      .then = { .record_ref = "m1", .marks = { { MARK_OPERATION_ADOPTED, "c1", "m1" } } } },
    { "a machine made by another call settles none", PROVISIONING, .operations = { OPEN_CREATE },
      .listed = { { .ref = "m2", .tags = tags_c2, .tag_count = 1 } }, .server = { .ref = "m2" },
      .then = { .record_ref = "m2" } },
    { "the oldest of two", PROVISIONING, .operations = { OPEN_CREATE },
      .listed = { { .ref = "m2", .created_ms = 9, .tags = tags_c2, .tag_count = 1 },
                  { .ref = "m1", .created_ms = 5, .tags = tags_c1, .tag_count = 1 } },
      .server = { .ref = "m1" },
      .then = { .record_ref = "m1", .marks = { { MARK_OPERATION_ADOPTED, "c1", "m1" } } } },
    { "its id does not confirm it", PROVISIONING, .operations = { OPEN_CREATE },
      .listed = { { .ref = "m1" } }, NOT_THERE, .then = { .in_ms = 500, .failed = true } },
    { "the list does not answer", PROVISIONING, .seen = { .list_class = ANSWER_TRANSIENT },
      .then = { .in_ms = 500, .failed = true } },
    { "the list is empty: the machine is made", PROVISIONING, .then = { .act = "server_create" } },
    { "none is made while the zone rests",
      .instance = { .state = INSTANCE_PROVISIONING, .zone_paused_until_ms = NOW + 7000 },
      .then = { .in_ms = 7000 } },
};

static void
test_listed(void)
{
    DOMAIN_CHECK_ALL(listed_rows);
}

/* send_by is two minutes ago: the list lag (2 min) ends right now. */
static const struct domain_row empty_rows[] = {
    { "first look in vain", PROVISIONING, .operations = { OPEN_CREATE },
      .then = { .in_ms = 2000, .marks = { { MARK_OPERATION_EMPTY_LOOK, "c1", NULL } } } },
    { "second look, the list may still lag", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .send_by_ms = NOW - 115000,
                        .first_empty_look_ms = NOW - 50000 } },
      .then = { .in_ms = 5001 } },
    { "second look, long before it can be sure", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .send_by_ms = NOW + 60000,
                        .first_empty_look_ms = NOW - 50000 } },
      .then = { .in_ms = 10000 } },
    { "second look at the last unsure instant", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .send_by_ms = NOW - 120000,
                        .first_empty_look_ms = NOW - 50000 } },
      .then = { .in_ms = 1 } },
    { "second look that began too soon", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .send_by_ms = NOW - 121000,
                        .first_empty_look_ms = NOW - 50000 } },
      .seen = { .at_ms = NOW - 5000 }, .then = { .in_ms = 0 } },
    { "second look that is sure: nothing was made", PROVISIONING,
      .operations = { { .op_id = "c1",
                        .kind = CALL_SERVER_CREATE,
                        .send_by_ms = NOW - 120001,
                        .first_empty_look_ms = NOW - 50000 } },
      .then = { .marks = { { MARK_OPERATION_NOT_DONE, "c1", NULL } } } },
    { "an unknown create, too, is not repeated before that", PROVISIONING,
      .operations = { UNKNOWN_CREATE },
      .then = { .in_ms = 2000, .marks = { { MARK_OPERATION_EMPTY_LOOK, "c1", NULL } } } },
    { "after that, another is made", PROVISIONING,
      .operations = { { .op_id = "c1", .kind = CALL_SERVER_CREATE, .outcome = OUTCOME_NOT_DONE } },
      .then = { .act = "server_create" } },
    { "a machine on record does not settle another's create",
      .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" },
      .operations = { MADE("c0", "m1"), OPEN_CREATE },
      .server = { .ref = "m1", .state = SERVER_STOPPED }, .listed = { { .ref = "m1" } },
      .then = { .in_ms = 2000, .marks = { { MARK_OPERATION_EMPTY_LOOK, "c1", NULL } } } },
    { "its tag does: the second machine is known by its create",
      .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" },
      .operations = { MADE("c0", "m1"), OPEN_CREATE },
      .server = { .ref = "m1", .state = SERVER_STOPPED },
      .listed = { { .ref = "m1" }, { .ref = "m2", .tags = tags_c1, .tag_count = 1 } },
      .then = { .marks = { { MARK_OPERATION_ADOPTED, "c1", "m2" } } } },
    { "with a machine on record and no list, nothing is concluded",
      .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" },
      .operations = { MADE("c0", "m1"), OPEN_CREATE },
      .server = { .ref = "m1", .state = SERVER_STOPPED }, .seen = { .list_class = ANSWER_UNKNOWN },
      .then = { .in_ms = 500, .failed = true } },
    { "a gone machine that its tag shows to be of that create settles it",
      .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1", .machine_gone = true },
      .operations = { OPEN_CREATE }, .listed = { { .ref = "m1", .tags = tags_c1, .tag_count = 1 } },
      .then = { .marks = { { MARK_OPERATION_ADOPTED, "c1", "m1" } } } },
};

static void
test_empty(void)
{
    DOMAIN_CHECK_ALL(empty_rows);
}

#define MACHINE_THERE                                                                              \
    .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1", .zone_group_ref = "g1" },   \
    .server = { .ref = "m1", .state = SERVER_STOPPED }

static const struct domain_row other_rows[] = {
    { "an open call that may still be sent is waited for", MACHINE_THERE,
      .operations = { { .op_id = "o1", .kind = CALL_USER_DATA_PUT, .send_by_ms = NOW + 3000 } },
      .then = { .in_ms = 3001 } },
    { "to the last instant", MACHINE_THERE,
      .operations = { { .op_id = "o1", .kind = CALL_USER_DATA_PUT, .send_by_ms = NOW } },
      .then = { .in_ms = 1 } },
    { "and closed when it cannot be sent any more", MACHINE_THERE,
      .operations = { { .op_id = "o1", .kind = CALL_USER_DATA_PUT, .send_by_ms = NOW - 1 } },
      .then = { .marks = { { MARK_OPERATION_CLOSED, "o1", NULL } } } },
    { "an unknown answer is settled by what is seen now", MACHINE_THERE,
      .operations = { { .op_id = "o1",
                        .kind = CALL_SERVER_POWERON,
                        .outcome = OUTCOME_ANSWERED,
                        .class = ANSWER_UNKNOWN } },
      .then = { .marks = { { MARK_OPERATION_RESOLVED, "o1", NULL } } } },
    { "one at a time, the oldest first", MACHINE_THERE,
      .operations = { { .op_id = "o1",
                        .kind = CALL_SERVER_POWERON,
                        .outcome = OUTCOME_ANSWERED,
                        .class = ANSWER_UNKNOWN },
                      { .op_id = "o2", .kind = CALL_SERVER_POWERON, .send_by_ms = NOW - 1 } },
      .then = { .marks = { { MARK_OPERATION_RESOLVED, "o1", NULL } } } },
    { "while terminating as well",
      .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1" },
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .operations = { { .op_id = "o1", .kind = CALL_SERVER_POWERON, .send_by_ms = NOW - 1 } },
      .then = { .marks = { { MARK_OPERATION_CLOSED, "o1", NULL } } } },
    { "while starting up as well",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1", .generation = 2 },
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      .operations = { { .op_id = "o1", .kind = CALL_SERVER_REBOOT, .send_by_ms = NOW + 9 } },
      .then = { .in_ms = 10 } },
};

static void
test_other_calls(void)
{
    DOMAIN_CHECK_ALL(other_rows);
}

int
main(void)
{
    check_run("a machine that a create names is recorded, or proven gone", test_named);
    check_run("a machine that is listed is recorded when its id confirms it", test_listed);
    check_run("a create made nothing when two looks were in vain, the second a sure one",
              test_empty);
    check_run("another call is settled by looking, once it cannot be sent any more",
              test_other_calls);
    return check_end();
}
