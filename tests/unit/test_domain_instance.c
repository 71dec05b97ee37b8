/* What an instance's rows come to. */
#include <string.h>

#include "check.h"
#include "domain_fixture.h"

#define SOME(kind_, outcome_, class_)                                                              \
    {                                                                                              \
        .op_id = "op", .kind = (kind_), .outcome = (outcome_), .class = (class_)                   \
    }
#define ANSWERED(class_) SOME(CALL_SERVER_POWERON, OUTCOME_ANSWERED, class_)
#define ENDED(outcome_) SOME(CALL_SERVER_CREATE, outcome_, ANSWER_OK)

static void
test_failures_in_row(void)
{
    static const struct {
        const char *name;
        struct operation operations[ROW_OPERATIONS_MAX];
        int64_t failures;
    } cases[] = {
        { "nothing was done", { { .op_id = NULL } }, 0 },
        { "one done", { ANSWERED(ANSWER_OK) }, 0 },
        { "one refused", { ANSWERED(ANSWER_TRANSIENT) }, 1 },
        { "three refused",
          { ANSWERED(ANSWER_TRANSIENT), ANSWERED(ANSWER_OUT_OF_STOCK), ANSWERED(ANSWER_UNKNOWN) },
          3 },
        { "those before a success are past",
          { ANSWERED(ANSWER_INVALID), ANSWERED(ANSWER_OK), ANSWERED(ANSWER_TRANSIENT) },
          1 },
        { "a success ends the row", { ANSWERED(ANSWER_TRANSIENT), ANSWERED(ANSWER_OK) }, 0 },
        { "an adopted machine is a success",
          { ANSWERED(ANSWER_UNKNOWN), ENDED(OUTCOME_ADOPTED) },
          0 },
        { "a create that made nothing has failed", { ENDED(OUTCOME_NOT_DONE) }, 1 },
        { "what was not sent has not failed",
          { ANSWERED(ANSWER_TRANSIENT), ENDED(OUTCOME_NOT_SENT) },
          1 },
        { "what was closed unseen has not failed",
          { ANSWERED(ANSWER_TRANSIENT), ENDED(OUTCOME_CLOSED) },
          1 },
        { "what is open has not failed", { ANSWERED(ANSWER_TRANSIENT), ENDED(OUTCOME_OPEN) }, 1 },
        { "refused credentials and a used-up quota are the zone's matter",
          { ANSWERED(ANSWER_TRANSIENT), ANSWERED(ANSWER_DENIED), ANSWERED(ANSWER_QUOTA) },
          1 },
        { "a thing not found counts", { ANSWERED(ANSWER_NOT_FOUND) }, 1 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = { 0 };
        memcpy(row.operations, cases[i].operations, sizeof row.operations);
        struct instance instance = domain_instance(&row);
        CHECK_CASE(instance_failures_in_row(&instance) == cases[i].failures, cases[i].name);
    }
}

static void
test_failures_of_the_generation(void)
{
    struct domain_row row = { .instance = { .generation = 2 },
                              .operations = { ANSWERED(ANSWER_TRANSIENT),
                                              ANSWERED(ANSWER_TRANSIENT) } };

    row.operations[0].generation = 1;
    row.operations[1].generation = 2;
    struct instance instance = domain_instance(&row);
    CHECK_I64(instance_failures_in_row(&instance), 1);
    row.instance.generation = 3;
    instance = domain_instance(&row);
    CHECK_I64(instance_failures_in_row(&instance), 0);
}

static void
test_unsettled(void)
{
    static const struct {
        const char *name;
        struct operation operation;
        bool unsettled;
    } cases[] = {
        { "open", SOME(CALL_SERVER_CREATE, OUTCOME_OPEN, ANSWER_OK), true },
        { "unknown", SOME(CALL_SERVER_REBOOT, OUTCOME_ANSWERED, ANSWER_UNKNOWN), true },
        { "unknown and cleared up",
          { .kind = CALL_SERVER_REBOOT,
            .outcome = OUTCOME_ANSWERED,
            .class = ANSWER_UNKNOWN,
            .resolved = true },
          false },
        { "done", SOME(CALL_SERVER_REBOOT, OUTCOME_ANSWERED, ANSWER_OK), false },
        { "refused", SOME(CALL_SERVER_CREATE, OUTCOME_ANSWERED, ANSWER_TRANSIENT), false },
        { "not sent", SOME(CALL_SERVER_CREATE, OUTCOME_NOT_SENT, ANSWER_OK), false },
        { "adopted", SOME(CALL_SERVER_CREATE, OUTCOME_ADOPTED, ANSWER_OK), false },
        { "not done", SOME(CALL_SERVER_CREATE, OUTCOME_NOT_DONE, ANSWER_OK), false },
        { "closed", SOME(CALL_SERVER_REBOOT, OUTCOME_CLOSED, ANSWER_OK), false },
        { "a create that was done and names nothing",
          { .kind = CALL_SERVER_CREATE, .outcome = OUTCOME_ANSWERED, .ref = "" },
          true },
        { "a create that was done and names a machine",
          { .kind = CALL_SERVER_CREATE, .outcome = OUTCOME_ANSWERED, .ref = "m1" },
          false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct operation operation = cases[i].operation;
        operation.ref = operation.ref == NULL ? "m1" : operation.ref;
        CHECK_CASE(operation_is_unsettled(&operation) == cases[i].unsettled, cases[i].name);
    }
}

static void
test_strays(void)
{
    static const struct {
        const char *name;
        const char *machine;
        bool machine_gone;
        struct operation operation;
        bool stray;
    } cases[] = {
        { "a create that names nothing", "", false, { .ref = "" }, false },
        { "none on record", "", false, { .ref = "m1" }, true },
        { "the one on record", "m1", false, { .ref = "m1" }, false },
        { "beside the one on record", "m2", false, { .ref = "m1" }, true },
        { "proven gone", "m2", false, { .ref = "m1", .gone = true }, false },
        { "told late of a machine proven gone meanwhile", "m1", true, { .ref = "m1" }, true },
        { "no create", "m2", false, { .kind = CALL_SERVER_DELETE, .ref = "m1" }, false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = { .instance = { .machine_ref = cases[i].machine,
                                                .machine_gone = cases[i].machine_gone } };
        struct instance instance = domain_instance(&row);
        CHECK_CASE(operation_names_stray(&instance, &cases[i].operation) == cases[i].stray,
                   cases[i].name);
    }
}

static void
test_rents_something(void)
{
    static const struct {
        const char *name;
        struct domain_row row;
        bool rents;
    } cases[] = {
        { "nothing", { .name = "" }, false },
        { "a machine", { .instance = { .machine_ref = "m1" } }, true },
        { "a machine proven gone",
          { .instance = { .machine_ref = "m1", .machine_gone = true } },
          false },
        { "a volume", { .volumes = { { .ref = "v1" } } }, true },
        { "a volume that is kept", { .volumes = { { .ref = "v1", .keep = true } } }, false },
        { "a kept one and another",
          { .volumes = { { .ref = "v1", .keep = true }, { .ref = "v2" } } },
          true },
        { "an address", { .addresses = { { .ref = "a1" } } }, true },
        { "an open create", { .operations = { ENDED(OUTCOME_OPEN) } }, true },
        { "an unknown create",
          { .operations = { SOME(CALL_SERVER_CREATE, OUTCOME_ANSWERED, ANSWER_UNKNOWN) } },
          true },
        { "a create that made nothing", { .operations = { ENDED(OUTCOME_NOT_DONE) } }, false },
        { "an open reboot",
          { .operations = { SOME(CALL_SERVER_REBOOT, OUTCOME_OPEN, ANSWER_OK) } },
          false },
        { "a create that names a machine",
          { .operations = { { .op_id = "op", .outcome = OUTCOME_ANSWERED, .ref = "m1" } } },
          true },
        { "one that names a machine proven gone",
          { .operations = { { .op_id = "op",
                              .outcome = OUTCOME_ANSWERED,
                              .ref = "m1",
                              .gone = true } } },
          false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = cases[i].row;
        struct instance instance = domain_instance(&row);
        CHECK_CASE(instance_rents_something(&instance) == cases[i].rents, cases[i].name);
    }
}

static void
test_last_operation(void)
{
    struct domain_row row = {
        .instance = { .generation = 2 },
        .operations = { { .op_id = "a", .kind = CALL_VOLUME_RESIZE, .ref = "v1" },
                        { .op_id = "b", .kind = CALL_VOLUME_RESIZE, .ref = "v1", .generation = 2 },
                        { .op_id = "c",
                          .kind = CALL_VOLUME_RESIZE,
                          .ref = "v2",
                          .generation = 2,
                          .outcome = OUTCOME_ANSWERED },
                        { .op_id = "d", .kind = CALL_SERVER_REBOOT, .generation = 2 } },
    };
    struct instance instance = domain_instance(&row);

    CHECK_STR(instance_last_operation(&instance, CALL_VOLUME_RESIZE, 2, NULL)->op_id, "c");
    CHECK_STR(instance_last_operation(&instance, CALL_VOLUME_RESIZE, 2, "v1")->op_id, "b");
    CHECK_STR(instance_last_operation(&instance, CALL_VOLUME_RESIZE, 1, NULL)->op_id, "a");
    CHECK(instance_last_operation(&instance, CALL_VOLUME_RESIZE, 1, "v2") == NULL);
    CHECK(instance_last_operation(&instance, CALL_SERVER_POWERON, 2, NULL) == NULL);
    CHECK(instance_has_done(&instance, CALL_VOLUME_RESIZE, "v2"));
    CHECK(!instance_has_done(&instance, CALL_VOLUME_RESIZE, "v1"));
    CHECK(!instance_has_done(&instance, CALL_SERVER_POWERON, NULL));
    CHECK(!operation_went_well(NULL));
    CHECK_STR(instance_open_operation(&instance)->op_id, "a");
    instance.operation_count = 0;
    CHECK(instance_open_operation(&instance) == NULL);
}

static void
test_machine_and_create(void)
{
    struct domain_row row = { .instance = { .machine_ref = "m1" },
                              .operations = { SOME(CALL_SERVER_REBOOT, OUTCOME_OPEN, ANSWER_OK),
                                              ENDED(OUTCOME_NOT_DONE), ENDED(OUTCOME_OPEN) } };
    struct instance instance = domain_instance(&row);

    CHECK(instance_has_machine(&instance));
    CHECK(instance_unsettled_create(&instance) == &row.operations[2]);
    instance.machine_gone = true;
    CHECK(!instance_has_machine(&instance));
    instance.machine_gone = false;
    instance.machine_ref = "";
    instance.operation_count = 2;
    CHECK(!instance_has_machine(&instance));
    CHECK(instance_unsettled_create(&instance) == NULL);
}

int
main(void)
{
    check_run("failures count since the last success", test_failures_in_row);
    check_run("failures of an earlier generation are past", test_failures_of_the_generation);
    check_run("a call is unsettled while its end is not known", test_unsettled);
    check_run("a stray is a created machine that is neither on record nor gone", test_strays);
    check_run("what is rented, or may be, is known", test_rents_something);
    check_run("the latest call is found by kind, generation and thing", test_last_operation);
    check_run("a machine is there while it is on record and not gone", test_machine_and_create);
    return check_end();
}
