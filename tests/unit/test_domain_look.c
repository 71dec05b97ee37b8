/* What is looked at, and what a look is worth. */
#include <string.h>

#include "check.h"
#include "domain_fixture.h"

struct plan_case {
    const char *name;
    struct domain_row row;
    bool list;
    const char *server;
    bool rented;
    bool address_list;
};

#define CREATE(outcome_, ref_)                                                                     \
    {                                                                                              \
        .op_id = "c1", .kind = CALL_SERVER_CREATE, .outcome = (outcome_), .ref = (ref_)            \
    }

static const struct plan_case plan_cases[] = {
    { "nothing made yet",
      { .instance = { .state = INSTANCE_PROVISIONING } },
      true,
      "",
      false,
      false },
    { "a create names a machine",
      { .instance = { .state = INSTANCE_PROVISIONING },
        .operations = { CREATE(OUTCOME_ANSWERED, "m1") } },
      true,
      "m1",
      false,
      false },
    { "a machine on record",
      { .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" },
        .operations = { CREATE(OUTCOME_ANSWERED, "m1") } },
      false,
      "m1",
      false,
      false },
    { "a machine on record, and a create whose end is not known",
      { .instance = { .state = INSTANCE_PROVISIONING, .machine_ref = "m1" },
        .operations = { CREATE(OUTCOME_OPEN, "") } },
      true,
      "m1",
      false,
      false },
    { "booting",
      { .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" } },
      false,
      "m1",
      false,
      false },
    { "ready",
      { .instance = { .state = INSTANCE_READY, .machine_ref = "m1" } },
      false,
      "",
      false,
      false },
    { "ready, and the machine was noticed in another state",
      { .instance = { .state = INSTANCE_READY, .machine_ref = "m1", .machine_halted = true } },
      false,
      "m1",
      false,
      false },
    { "ready, and the machine is missed",
      { .instance = { .state = INSTANCE_READY, .machine_ref = "m1", .gone_first_seen_ms = NOW } },
      true,
      "m1",
      false,
      false },
    { "failed, and the machine is missed",
      { .instance = { .state = INSTANCE_FAILED, .machine_ref = "m1", .gone_first_seen_ms = NOW } },
      true,
      "m1",
      false,
      false },
    { "draining, and the machine is missed",
      { .instance = { .state = INSTANCE_DRAINING,
                      .status_changed_ms = NOW,
                      .machine_ref = "m1",
                      .gone_first_seen_ms = NOW } },
      true,
      "m1",
      false,
      false },
    { "worker dead",
      { .instance = { .state = INSTANCE_WORKER_DEAD, .machine_ref = "m1" } },
      false,
      "m1",
      false,
      false },
    { "ready",
      { .instance = { .state = INSTANCE_READY, .machine_ref = "m1" } },
      false,
      "",
      false,
      false },
    { "draining",
      { .instance = { .state = INSTANCE_DRAINING, .machine_ref = "m1", .status_changed_ms = NOW } },
      false,
      "",
      false,
      false },
    { "draining, and silent for too long",
      { .instance = { .state = INSTANCE_DRAINING, .machine_ref = "m1", .status_changed_ms = 1 } },
      false,
      "m1",
      false,
      false },
    { "terminating, the machine still there",
      { .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1" },
        .operations = { CREATE(OUTCOME_ANSWERED, "m1"), CREATE(OUTCOME_ANSWERED, "m2") } },
      true,
      "m1",
      false,
      true },
    { "terminating, the machine gone",
      { .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1", .machine_gone = true } },
      true,
      "",
      true,
      false },
    { "terminating, the machine gone, a create names another",
      { .instance = { .state = INSTANCE_TERMINATING, .machine_ref = "m1", .machine_gone = true },
        .operations = { { .op_id = "c1", .ref = "m1", .gone = true },
                        CREATE(OUTCOME_ANSWERED, "m2") } },
      true,
      "m2",
      true,
      false },
    { "terminating, never a machine",
      { .instance = { .state = INSTANCE_TERMINATING } },
      true,
      "",
      true,
      false },
    { "terminated",
      { .instance = { .state = INSTANCE_TERMINATED, .machine_ref = "m1" } },
      false,
      "",
      false,
      false },
    { "failed",
      { .instance = { .state = INSTANCE_FAILED, .machine_ref = "m1" } },
      false,
      "",
      false,
      false },
};

static void
test_plans(void)
{
    struct policy policy = domain_policy();

    for (size_t i = 0; i < sizeof plan_cases / sizeof plan_cases[0]; i++) {
        const struct plan_case *each = &plan_cases[i];
        struct domain_row row = each->row;
        struct instance instance = domain_instance(&row);
        struct look_plan plan = look_plan(&instance, &policy, NOW);
        CHECK_CASE(plan.list == each->list, each->name);
        CHECK_CASE(strcmp(plan.server_ref, each->server) == 0, each->name);
        CHECK_CASE(plan.rented == each->rented, each->name);
        CHECK_CASE(plan.address_list == each->address_list, each->name);
    }
}

#define SSH 1
#define READYZ 2
#define MODELS 4
#define WARMUP 8
/* The defaults' cache: good ones for 30 s, bad ones for 5 s. */
#define GOOD(age_)                                                                                 \
    {                                                                                              \
        .at_ms = NOW - (age_), .generation = 1, .ok = true                                         \
    }
#define BAD(age_)                                                                                  \
    {                                                                                              \
        .at_ms = NOW - (age_), .generation = 1                                                     \
    }
#define BEAT(age_, status_)                                                                        \
    {                                                                                              \
        .at_ms = NOW - (age_), .generation = 1, .status = (status_)                                \
    }

static const struct {
    const char *name;
    struct instance instance;
    int probes;
} probe_cases[] = {
    { "no address yet", { .address = NULL }, 0 },
    { "an address, nothing heard", { .address = "a" }, SSH | READYZ | MODELS },
    { "a later generation, its worker not heard", { .address = "a", .generation = 2 }, 0 },
    { "a later generation, its worker heard, long ago",
      { .address = "a", .generation = 2, .heartbeat = { .at_ms = NOW - 60000, .generation = 2 } },
      SSH | READYZ | MODELS },
    { "a fresh beat stands in for SSH and /readyz",
      { .address = "a", .heartbeat = BEAT(1000, "starting") },
      0 },
    { "a beat says ready: the models are asked",
      { .address = "a", .heartbeat = BEAT(1000, "ready") },
      MODELS },
    { "a beat says ready: asked at once, whatever was cached",
      { .address = "a", .heartbeat = BEAT(1000, "ready"), .probes = { [PROBE_MODELS] = BAD(100) } },
      MODELS },
    { "an old beat stands in for nothing",
      { .address = "a", .heartbeat = BEAT(31000, "ready") },
      SSH | READYZ | MODELS },
    { "a good result is spared for 30 s",
      { .address = "a", .probes = { [PROBE_SSH] = GOOD(29000) } },
      READYZ | MODELS },
    { "and then repeated",
      { .address = "a", .probes = { [PROBE_SSH] = GOOD(30000) } },
      SSH | READYZ | MODELS },
    { "a bad result is spared for half an interval",
      { .address = "a", .probes = { [PROBE_READYZ] = BAD(4000) } },
      SSH | MODELS },
    { "and then repeated, too",
      { .address = "a", .probes = { [PROBE_READYZ] = BAD(5000) } },
      SSH | READYZ | MODELS },
    { "a result of another generation is none",
      { .address = "a",
        .generation = 2,
        .heartbeat = { .at_ms = NOW - 60000, .generation = 2 },
        .probes = { [PROBE_SSH] = GOOD(1000) } },
      SSH | READYZ | MODELS },
    { "the models are served: warm-up",
      { .address = "a",
        .heartbeat = BEAT(1000, "ready"),
        .probes = { [PROBE_MODELS] = GOOD(1000) } },
      WARMUP },
    { "served long ago: asked again beside the warm-up",
      { .address = "a",
        .heartbeat = BEAT(1000, "ready"),
        .probes = { [PROBE_MODELS] = GOOD(31000) } },
      MODELS | WARMUP },
    { "warm-up is asked once a generation",
      { .address = "a",
        .heartbeat = BEAT(1000, "ready"),
        .probes = { [PROBE_MODELS] = GOOD(1000), [PROBE_WARMUP] = GOOD(900000) } },
      0 },
};

static void
test_probes(void)
{
    struct policy policy = domain_policy();

    for (size_t i = 0; i < sizeof probe_cases / sizeof probe_cases[0]; i++) {
        struct domain_row row = { .instance = probe_cases[i].instance };
        row.instance.state = INSTANCE_BOOTING;
        row.instance.machine_ref = "m1";
        struct instance instance = domain_instance(&row);
        struct look_plan plan = look_plan(&instance, &policy, NOW);
        int got = 0;
        for (int kind = 0; kind < PROBE_KIND_COUNT_; kind++) {
            got |= plan.probes[kind] ? 1 << kind : 0;
        }
        CHECK_CASE(got == probe_cases[i].probes, probe_cases[i].name);
    }
}

static void
test_complete(void)
{
    static const struct {
        const char *name;
        struct domain_row row;
        bool complete;
    } cases[] = {
        { "nothing asked", { .flags = NO_PLAN }, true },
        { "the list answered", { .flags = NO_PLAN, .seen = { .list_asked = true } }, true },
        { "the list did not",
          { .flags = NO_PLAN, .seen = { .list_asked = true, .list_class = ANSWER_DENIED } },
          false },
        { "addresses did not",
          { .flags = NO_PLAN,
            .seen = { .address_list_asked = true, .address_list_class = ANSWER_TRANSIENT } },
          false },
        { "the machine is there", { .flags = NO_PLAN, .server = { .ref = "m1" } }, true },
        { "the machine is not there",
          { .flags = NO_PLAN, .seen = { .server_ref = "m1", .server_class = ANSWER_NOT_FOUND } },
          true },
        { "the machine's look failed",
          { .flags = NO_PLAN, .seen = { .server_ref = "m1", .server_class = ANSWER_UNKNOWN } },
          false },
        { "a volume's look failed",
          { .flags = NO_PLAN,
            .volumes = { { .ref = "v1" }, { .ref = "v2" } },
            .volume_classes = { ANSWER_NOT_FOUND, ANSWER_TRANSIENT },
            .seen = { .rented_asked = true } },
          false },
        { "it was not asked for",
          { .flags = NO_PLAN,
            .volumes = { { .ref = "v1" } },
            .volume_classes = { ANSWER_TRANSIENT } },
          true },
        { "an address's look failed",
          { .flags = NO_PLAN,
            .addresses = { { .ref = "a1" } },
            .address_classes = { ANSWER_QUOTA },
            .seen = { .rented_asked = true } },
          false },
        { "volume and address are there",
          { .flags = NO_PLAN,
            .volumes = { { .ref = "v1" } },
            .addresses = { { .ref = "a1" } },
            .seen = { .rented_asked = true } },
          true },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = cases[i].row;
        struct instance instance = domain_instance(&row);
        struct seen seen = domain_seen(&row, &instance);
        CHECK_CASE(look_is_complete(&instance, &seen) == cases[i].complete, cases[i].name);
    }
}

static void
test_adoptable(void)
{
    static const struct server_view servers[] = {
        { .ref = "m3", .created_ms = 300 },
        { .ref = "m2", .created_ms = 100 },
        { .ref = "m1", .created_ms = 100 },
        { .ref = "m0", .created_ms = 50 },
    };
    struct domain_row row = { .instance = { .machine_ref = "m0", .machine_gone = true },
                              .operations = { { .op_id = "a", .ref = "m1", .gone = true } } };
    struct instance instance = domain_instance(&row);

    CHECK(look_adoptable(&instance, servers, 0) == NULL);
    CHECK_STR(look_adoptable(&instance, servers, 1)->ref, "m3");
    CHECK_STR(look_adoptable(&instance, servers, 4)->ref, "m2");
    instance.operation_count = 0;
    CHECK_STR(look_adoptable(&instance, servers, 4)->ref, "m1");
    instance.machine_gone = false;
    CHECK_STR(look_adoptable(&instance, servers, 4)->ref, "m0");
    instance.machine_gone = true;
    CHECK(look_adoptable(&instance, &servers[3], 1) == NULL);
}

static void
test_maker(void)
{
    static const char *const tags[] = { "inventiv-instance=i1", "inventiv-op=c1" };
    static const char *const others[] = { "inventiv-instance=i1", "inventiv-op=c10" };
    const struct server_view by_c1 = { .ref = "m1", .tags = tags, .tag_count = 2 };
    const struct server_view by_c10 = { .ref = "m1", .tags = others, .tag_count = 2 };
    const struct server_view untold = { .ref = "m1", .tags = tags, .tag_count = 1 };

    CHECK_I64(look_maker(&by_c1, "c1"), MAKER_THAT);
    CHECK_I64(look_maker(&by_c10, "c1"), MAKER_OTHER);
    CHECK_I64(look_maker(&by_c1, "c10"), MAKER_OTHER);
    CHECK_I64(look_maker(&untold, "c1"), MAKER_UNTOLD);
}

static void
test_fresh_beats(void)
{
    static const struct {
        const char *name;
        struct heartbeat beat;
        bool fresh;
    } cases[] = {
        { "never beat", { .at_ms = 0 }, false },
        { "just now", { .at_ms = NOW, .generation = 2 }, true },
        { "in time", { .at_ms = NOW - 30999, .generation = 2 }, true },
        { "too old", { .at_ms = NOW - 31000, .generation = 2 }, false },
        { "of an earlier generation", { .at_ms = NOW, .generation = 1 }, false },
        { "before the generation began", { .at_ms = NOW - 20001, .generation = 2 }, true },
    };
    struct policy policy = domain_policy();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = { .instance = { .generation = 2, .heartbeat = cases[i].beat } };
        struct instance instance = domain_instance(&row);
        CHECK_CASE(look_heartbeat_is_fresh(&instance, &policy, NOW) == cases[i].fresh,
                   cases[i].name);
    }
    struct domain_row row = { .instance = { .generation = 2,
                                            .generation_since_ms = NOW - 20000,
                                            .heartbeat = cases[5].beat } };
    struct instance instance = domain_instance(&row);
    CHECK(!look_heartbeat_is_fresh(&instance, &policy, NOW));
}

static void
test_probes_count(void)
{
    struct domain_row row = { .instance = { .generation = 1 } };
    struct instance instance = domain_instance(&row);

    CHECK(look_probes_count(&instance));
    instance.generation = 2;
    CHECK(!look_probes_count(&instance));
    instance.heartbeat.generation = 1;
    CHECK(!look_probes_count(&instance));
    instance.heartbeat.generation = 2;
    CHECK(look_probes_count(&instance));
}

static void
test_whose_volume(void)
{
    static const char *const ours[] = { "x", INSTANCE_TAG "i1" };
    static const char *const theirs[] = { INSTANCE_TAG "i10" };
    static const struct {
        const char *name;
        enum instance_state state;
        size_t recorded;
        struct volume_view volume;
        bool is_ours;
    } cases[] = {
        { "it boots the machine", INSTANCE_TERMINATING, 1, { .is_boot = true }, true },
        { "it carries our tag", INSTANCE_READY, 1, { .tags = ours, .tag_count = 2 }, true },
        { "it was there before the machine ran", INSTANCE_PROVISIONING, 1, { .ref = "v" }, true },
        { "nothing was on record yet", INSTANCE_TERMINATING, 0, { .ref = "v" }, true },
        { "attached later, by hand", INSTANCE_TERMINATING, 1, { .ref = "v" }, false },
        { "attached while it boots", INSTANCE_BOOTING, 1, { .ref = "v" }, false },
        { "another instance's tag",
          INSTANCE_BOOTING,
          1,
          { .tags = theirs, .tag_count = 1 },
          false },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct instance instance = { .id = "i1",
                                     .state = cases[i].state,
                                     .volume_count = cases[i].recorded };
        CHECK_CASE(look_volume_is_ours(&instance, &cases[i].volume) == cases[i].is_ours,
                   cases[i].name);
    }
}

int
main(void)
{
    check_run("a volume that somebody attached by hand is not ours", test_whose_volume);
    check_run("what is looked at depends on the state and on what is on record", test_plans);
    check_run("what is probed depends on beats and on young results", test_probes);
    check_run("a look is complete when everything asked was answered", test_complete);
    check_run("the oldest machine that is not proven gone is adopted", test_adoptable);
    check_run("a machine's tags tell which call made it", test_maker);
    check_run("a beat is fresh when it is of this generation and young", test_fresh_beats);
    check_run("probes count once the generation is proven to run", test_probes_count);
    return check_end();
}
