/* From a running machine to an answering model. */
#include <string.h>

#include "check.h"
#include "domain_fixture.h"

#define GOOD                                                                                       \
    {                                                                                              \
        .asked = true, .answered = true, .ok = true                                                \
    }
#define ANSWERED                                                                                   \
    {                                                                                              \
        .asked = true, .answered = true                                                            \
    }
#define SILENT                                                                                     \
    {                                                                                              \
        .asked = true                                                                              \
    }
#define OLD(age_)                                                                                  \
    {                                                                                              \
        .at_ms = NOW - (age_), .generation = 1, .ok = true                                         \
    }
#define UP(state_) .state = (state_), .machine_ref = "m1", .address = "10.0.0.1"
#define BOOTING UP(INSTANCE_BOOTING)
#define RUNS .server = { .ref = "m1", .state = SERVER_RUNNING, .address = "10.0.0.1" }
#define READY                                                                                      \
    .then = { .rule = RULE_MODEL_SERVED, .to = INSTANCE_READY, .in_ms = NEVER, .error_code = "" }
#define WAITS(message_) .then = { .in_ms = 5000, .failed = true, .message = (message_) }

static const struct domain_row progress_rows[] = {
    { "SSH answers", .instance = { BOOTING }, RUNS, .seen = { .probes = { [PROBE_SSH] = GOOD } },
      .then = { .rule = RULE_SSH_REACHABLE, .to = INSTANCE_INSTALLING } },
    { "SSH answered lately", .instance = { BOOTING, .probes = { [PROBE_SSH] = OLD(29999) } }, RUNS,
      .then = { .rule = RULE_SSH_REACHABLE, .to = INSTANCE_INSTALLING } },
    { "SSH answered too long ago", .instance = { BOOTING, .probes = { [PROBE_SSH] = OLD(30000) } },
      RUNS, WAITS("nothing was heard from the worker yet") },
    { "SSH answered lately, but not now",
      .instance = { BOOTING, .probes = { [PROBE_SSH] = OLD(10) } }, RUNS,
      .seen = { .probes = { [PROBE_SSH] = SILENT } },
      WAITS("nothing was heard from the worker yet") },
    { "installing is past SSH", .instance = { UP(INSTANCE_INSTALLING) }, RUNS,
      .seen = { .probes = { [PROBE_SSH] = GOOD } },
      WAITS("nothing was heard from the worker yet") },
    { "/readyz answers, whatever it says", .instance = { UP(INSTANCE_INSTALLING) }, RUNS,
      .seen = { .probes = { [PROBE_READYZ] = ANSWERED } },
      .then = { .rule = RULE_AGENT_SEEN, .to = INSTANCE_STARTING } },
    { "a fresh beat", .instance = { BOOTING, .heartbeat = { .at_ms = NOW - 5, .generation = 1 } },
      RUNS, .then = { .rule = RULE_AGENT_SEEN, .to = INSTANCE_STARTING } },
    { "an old beat",
      .instance = { BOOTING, .heartbeat = { .at_ms = NOW - 40000, .generation = 1 } }, RUNS,
      WAITS("nothing was heard from the worker yet") },
    { "a beat while dead",
      .instance = { UP(INSTANCE_WORKER_DEAD), .heartbeat = { .at_ms = NOW - 5, .generation = 1 } },
      RUNS, .then = { .rule = RULE_AGENT_SEEN, .to = INSTANCE_UNAVAILABLE } },
    { "starting, and the worker is there",
      .instance = { UP(INSTANCE_STARTING), .heartbeat = { .at_ms = NOW - 5, .generation = 1 } },
      RUNS, WAITS("the worker is there; the model is not served yet") },
    { "another model", .instance = { UP(INSTANCE_STARTING) }, RUNS,
      .seen = { .probes = { [PROBE_MODELS] = { .asked = true,
                                               .answered = true,
                                               .mismatch = true } } },
      WAITS("the engine serves another model") },
    { "the model is served: the warm-up is next", .instance = { UP(INSTANCE_STARTING) }, RUNS,
      .seen = { .probes = { [PROBE_MODELS] = GOOD } }, .then = { .in_ms = 0 } },
    { "the warm-up failed",
      .instance = { UP(INSTANCE_STARTING), .probes = { [PROBE_MODELS] = OLD(1000) } }, RUNS,
      .seen = { .probes = { [PROBE_WARMUP] = SILENT } },
      WAITS("nothing was heard from the worker yet") },
    { "the warm-up succeeded, but the model's answer is old",
      .instance = { UP(INSTANCE_STARTING), .probes = { [PROBE_MODELS] = OLD(30000) } }, RUNS,
      .seen = { .probes = { [PROBE_WARMUP] = GOOD } },
      WAITS("nothing was heard from the worker yet") },
    { "model and warm-up", .instance = { UP(INSTANCE_STARTING) }, RUNS,
      .seen = { .probes = { [PROBE_MODELS] = GOOD, [PROBE_WARMUP] = GOOD } }, READY },
    { "the warm-up of this generation, however old",
      .instance = { UP(INSTANCE_UNAVAILABLE), .probes = { [PROBE_WARMUP] = OLD(99999999) } }, RUNS,
      .seen = { .probes = { [PROBE_MODELS] = GOOD } }, READY },
    { "from any state on the way up, provider or not", .instance = { UP(INSTANCE_WORKER_DEAD) },
      .seen = { .probes = { [PROBE_MODELS] = GOOD, [PROBE_WARMUP] = GOOD } }, READY },
    { "another member is ready", .instance = { UP(INSTANCE_STARTING), .ready_elsewhere = true },
      RUNS, .seen = { .probes = { [PROBE_MODELS] = GOOD, [PROBE_WARMUP] = GOOD } },
      .then = { .in_ms = 10000 } },
};

static void
test_progress(void)
{
    DOMAIN_CHECK_ALL(progress_rows);
}

#define SECOND .generation = 2, .generation_since_ms = NOW - 50000
#define DONE(kind_)                                                                                \
    {                                                                                              \
        .op_id = "o", .kind = (kind_), .generation = 2, .outcome = OUTCOME_ANSWERED                \
    }

static const struct domain_row generation_rows[] = {
    { "a later generation: the installer first, though all answers",
      .instance = { BOOTING, SECOND }, RUNS, .seen = { .probes = { GOOD, GOOD, GOOD, GOOD } },
      .then = { .act = "user_data_put", .ref = "m1" } },
    { "what the first generation was handed does not count", .instance = { BOOTING, SECOND }, RUNS,
      .operations = { { .op_id = "o", .kind = CALL_USER_DATA_PUT, .outcome = OUTCOME_ANSWERED } },
      .then = { .act = "user_data_put", .ref = "m1" } },
    { "then a reboot", .instance = { BOOTING, SECOND }, RUNS,
      .operations = { DONE(CALL_USER_DATA_PUT) }, .then = { .act = "server_reboot", .ref = "m1" } },
    { "or a power-on of what is stopped", .instance = { BOOTING, SECOND },
      .server = { .ref = "m1", .state = SERVER_STOPPED_IN_PLACE, .address = "10.0.0.1" },
      .operations = { DONE(CALL_USER_DATA_PUT) },
      .then = { .act = "server_poweron", .ref = "m1" } },
    { "not while it changes by itself", .instance = { BOOTING, SECOND },
      .server = { .ref = "m1", .state = SERVER_STOPPING, .address = "10.0.0.1" },
      .operations = { DONE(CALL_USER_DATA_PUT) }, .then = { .in_ms = 1000 } },
    { "nor while the zone rests",
      .instance = { BOOTING, SECOND, .zone_paused_until_ms = NOW + 400 }, RUNS,
      .operations = { DONE(CALL_USER_DATA_PUT) }, .then = { .in_ms = 400 } },
    { "then its worker is waited for", .instance = { BOOTING, SECOND }, RUNS,
      .operations = { DONE(CALL_USER_DATA_PUT), DONE(CALL_SERVER_REBOOT) },
      .seen = { .probes = { GOOD, GOOD, GOOD, GOOD } },
      WAITS("nothing was heard from the worker yet") },
    { "a beat of the first generation is not its own",
      .instance = { BOOTING, SECOND, .heartbeat = { .at_ms = NOW - 1, .generation = 1 } }, RUNS,
      .operations = { DONE(CALL_USER_DATA_PUT), DONE(CALL_SERVER_REBOOT) },
      WAITS("nothing was heard from the worker yet") },
    { "its own is",
      .instance = { BOOTING, SECOND, .heartbeat = { .at_ms = NOW - 1, .generation = 2 } }, RUNS,
      .operations = { DONE(CALL_USER_DATA_PUT), DONE(CALL_SERVER_REBOOT) },
      .then = { .rule = RULE_AGENT_SEEN, .to = INSTANCE_STARTING } },
    { "and makes probes count",
      .instance = { UP(INSTANCE_STARTING), SECOND,
                    .heartbeat = { .at_ms = NOW - 60000, .generation = 2 } },
      RUNS, .operations = { DONE(CALL_USER_DATA_PUT), DONE(CALL_SERVER_REBOOT) },
      .seen = { .probes = { GOOD, GOOD, GOOD, GOOD } }, READY },
    { "results of the first generation do not",
      .instance = { UP(INSTANCE_STARTING), SECOND,
                    .heartbeat = { .at_ms = NOW - 60000, .generation = 2 },
                    .probes = { [PROBE_MODELS] = OLD(1), [PROBE_WARMUP] = OLD(1) } },
      RUNS, .operations = { DONE(CALL_USER_DATA_PUT), DONE(CALL_SERVER_REBOOT) },
      WAITS("nothing was heard from the worker yet") },
};

static void
test_generations(void)
{
    DOMAIN_CHECK_ALL(generation_rows);
}

#define LATE .deadline_ms = NOW - 1
#define GAVE_UP(rule_, to_, code_)                                                                 \
    .then = { .rule = (rule_), .to = (to_), .in_ms = 3500000, .error_code = (code_) }

static const struct domain_row deadline_rows[] = {
    { "booting too long", .instance = { BOOTING, LATE }, RUNS,
      GAVE_UP(RULE_STARTUP_GAVE_UP, INSTANCE_STARTUP_FAILED, "STARTUP_TIMEOUT") },
    { "the machine is missed, and nobody watches its zone",
      .instance = { BOOTING, LATE, .gone_first_seen_ms = NOW - 60000, .gone_looks = 5 },
      .seen = { .server_ref = "m1", .server_class = ANSWER_NOT_FOUND },
      GAVE_UP(RULE_STARTUP_GAVE_UP, INSTANCE_STARTUP_FAILED, "STARTUP_TIMEOUT") },
    { "installing too long", .instance = { UP(INSTANCE_INSTALLING), LATE }, RUNS,
      GAVE_UP(RULE_STARTUP_GAVE_UP, INSTANCE_STARTUP_FAILED, "STARTUP_TIMEOUT") },
    { "starting too long, after it was ready once",
      .instance = { UP(INSTANCE_STARTING), LATE, .was_ready = true }, RUNS,
      GAVE_UP(RULE_RECOVERY_GAVE_UP, INSTANCE_FAILED, "RECOVERY_EXHAUSTED") },
    { "dead too long", .instance = { UP(INSTANCE_WORKER_DEAD), LATE, .was_ready = true }, RUNS,
      GAVE_UP(RULE_RECOVERY_GAVE_UP, INSTANCE_FAILED, "RECOVERY_EXHAUSTED") },
    { "unavailable too long", .instance = { UP(INSTANCE_UNAVAILABLE), LATE, .was_ready = true },
      RUNS, .then = { .rule = RULE_UNAVAILABLE_TOO_LONG, .to = INSTANCE_WORKER_DEAD } },
    { "the look began before the deadline", .instance = { BOOTING, LATE }, RUNS,
      .seen = { .at_ms = NOW - 1 }, .then = { .in_ms = 5000, .failed = true } },
    { "the provider did not answer", .instance = { BOOTING, LATE },
      .seen = { .server_ref = "m1", .server_class = ANSWER_TRANSIENT },
      WAITS("the provider does not show the machine") },
    { "it is to be preserved", .instance = { BOOTING, LATE, .preserve_until_ms = NOW + 1 }, RUNS,
      .then = { .in_ms = 5000, .failed = true } },
    { "a replacement is pending", .instance = { BOOTING, LATE, .pending_elsewhere = true }, RUNS,
      .then = { .in_ms = 5000, .failed = true } },
    { "an address that never comes: waited for",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" },
      .server = { .ref = "m1", .state = SERVER_RUNNING }, WAITS("the machine has no address yet") },
    { "and given up like anything else",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1", LATE },
      .server = { .ref = "m1", .state = SERVER_RUNNING },
      GAVE_UP(RULE_STARTUP_GAVE_UP, INSTANCE_STARTUP_FAILED, "STARTUP_TIMEOUT") },
};

static void
test_deadlines(void)
{
    DOMAIN_CHECK_ALL(deadline_rows);
}

static const struct volume_view new_volume[] = { { .ref = "v9" } };

static const struct domain_row machine_rows[] = {
    { "the first address", .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" }, RUNS,
      .then = { .address = "10.0.0.1" } },
    { "another address",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1", .address = "10.0.0.2" }, RUNS,
      .then = { .address = "10.0.0.1" } },
    { "the same address, written in another way",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1", .address = "2001:db8::1" },
      .server = { .ref = "m1", .address = "2001:0DB8:0:0::0001" },
      .then = { .in_ms = 5000, .failed = true } },
    { "of another family",
      .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1", .address = "10.0.0.1" },
      .server = { .ref = "m1", .address = "2001:db8::1" }, .then = { .address = "2001:db8::1" } },
    { "no address at all", .instance = { .state = INSTANCE_BOOTING, .machine_ref = "m1" },
      .server = { .ref = "m1", .state = SERVER_RUNNING, .address = "pending" },
      WAITS("the machine has no address yet") },
    { "what hangs on the machine goes on record", .instance = { BOOTING },
      .server = { .ref = "m1", .address = "10.0.0.1", .volumes = new_volume, .volume_count = 1 },
      .then = { .records_things = true } },
    { "each fruitless check doubles the pause", .instance = { BOOTING, .check_failures = 3 }, RUNS,
      .then = { .in_ms = 40000, .failed = true } },
    { "up to its longest", .instance = { BOOTING, .check_failures = 60 }, RUNS,
      .then = { .in_ms = 160000, .failed = true } },
    { "but not beyond the deadline",
      .instance = { BOOTING, .check_failures = 60, .deadline_ms = NOW + 7000 }, RUNS,
      .then = { .in_ms = 7001, .failed = true } },
};

static void
test_machine(void)
{
    DOMAIN_CHECK_ALL(machine_rows);
}

static void
test_notes_and_progress(void)
{
    static const struct {
        const char *name;
        struct probe_seen probes[PROBE_KIND_COUNT_];
        bool beats;
        unsigned notes;
        int progress;
    } cases[] = {
        { "nothing", { [PROBE_SSH] = SILENT }, false, 0, 0 },
        { "SSH", { [PROBE_SSH] = GOOD }, false, NOTE_SSH, 50 },
        { "a beat", { [PROBE_SSH] = SILENT }, true, 0, 60 },
        { "SSH and a beat", { [PROBE_SSH] = GOOD }, true, NOTE_SSH, 60 },
        { "the engine answers", { [PROBE_MODELS] = ANSWERED }, true, NOTE_ENGINE, 70 },
        { "the model", { [PROBE_MODELS] = GOOD }, true, NOTE_ENGINE | NOTE_MODEL, 80 },
        { "the warm-up alone", { [PROBE_WARMUP] = GOOD }, true, NOTE_WARMUP, 90 },
        { "all",
          { GOOD, GOOD, GOOD, GOOD },
          true,
          NOTE_SSH | NOTE_ENGINE | NOTE_MODEL | NOTE_WARMUP,
          100 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct domain_row row = { .instance = { BOOTING } };
        memcpy(row.seen.probes, cases[i].probes, sizeof row.seen.probes);
        row.instance.heartbeat.at_ms = cases[i].beats ? NOW : 0;
        row.instance.heartbeat.generation = 1;
        struct decision got = domain_decide(&row);
        CHECK_CASE(got.notes == cases[i].notes, cases[i].name);
        CHECK_CASE(got.progress == cases[i].progress, cases[i].name);
    }
}

int
main(void)
{
    check_run("what is heard leads on to ready", test_progress);
    check_run("a later generation counts once its own worker is heard", test_generations);
    check_run("it is given up when a complete look after the deadline tells nothing new",
              test_deadlines);
    check_run("the machine's address and things go on record; a fruitless check waits longer",
              test_machine);
    check_run("steps are noted and progress is told", test_notes_and_progress);
    return check_end();
}
