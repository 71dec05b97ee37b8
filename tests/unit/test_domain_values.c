/* The small tables: pauses, sizes, names, settings. */
#include <string.h>

#include "base/arena.h"
#include "check.h"
#include "domain/backoff.h"
#include "domain/decide.h"
#include "domain/volume_size.h"
#include "domain_fixture.h"

static void
test_backoff(void)
{
    static const struct {
        const char *name;
        int64_t base_ms, max_ms, failures;
        int64_t longest_ms;
    } cases[] = {
        { "nothing failed yet", 1000, 60000, 0, 1000 },
        { "less than nothing failed", 1000, 60000, -3, 1000 },
        { "first failure", 1000, 60000, 1, 1000 },
        { "second", 1000, 60000, 2, 2000 },
        { "third", 1000, 60000, 3, 4000 },
        { "the longest", 1000, 60000, 7, 60000 },
        { "longer than the longest", 1000, 60000, 1000000, 60000 },
        { "a base above the longest", 90000, 60000, 1, 60000 },
        { "one millisecond", 1, 1, 5, 1 },
        { "no pause", 0, 1000, 9, 0 },
        { "a longest that is no power of two", 10, 35, 4, 35 },
        { "as long as numbers go", 60000, INT64_MAX, 200, INT64_MAX },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static const uint32_t draws[] = { 0, 1, 7, 12345, UINT32_MAX };
        int64_t longest_ms = cases[i].longest_ms;
        for (size_t j = 0; j < sizeof draws / sizeof draws[0]; j++) {
            int64_t got =
                backoff_ms(cases[i].base_ms, cases[i].max_ms, cases[i].failures, draws[j]);
            CHECK_CASE(got >= longest_ms - longest_ms / 2 && got <= longest_ms, cases[i].name);
        }
    }
}

/* Equal jitter: half is fixed, and the other half is drawn to both its ends. */
static void
test_jitter(void)
{
    CHECK_I64(backoff_ms(1000, 9000, 1, 0), 500);
    CHECK_I64(backoff_ms(1000, 9000, 1, 500), 1000);
    CHECK_I64(backoff_ms(1000, 9000, 1, 501), 500);
    CHECK_I64(backoff_ms(1000, 9000, 1, 250), 750);
    CHECK_I64(backoff_ms(7, 9000, 1, 0), 4);
    CHECK_I64(backoff_ms(7, 9000, 1, 3), 7);
}

static void
test_volume_size(void)
{
    static const struct {
        const char *model;
        int64_t stored_gb;
        int64_t gb;
    } cases[] = {
        { "Qwen/Qwen2.5-0.5B-Instruct", 0, 50 },
        { "Qwen/Qwen3-0.6B", 0, 50 },
        { "Llama-3.2-1B", 0, 70 },
        { "qwen2.5-1.5b", 0, 70 },
        { "gemma-2-2b-it", 0, 70 },
        { "mistral-7b", 0, 100 },
        { "Llama-3.1-8B", 0, 100 },
        { "gemma-2-9b", 0, 100 },
        { "gemma-3-12b", 0, 120 },
        { "llama-2-13b-chat", 0, 120 },
        { "Qwen2.5-14B", 0, 120 },
        { "mistral-small-24b", 0, 180 },
        { "gemma-2-27b-it", 0, 180 },
        { "Qwen3-30B-A3B", 0, 180 },
        { "Qwen2.5-32B", 0, 180 },
        { "mistral-small-22b", 0, 180 },
        { "Llama-3.3-70B", 0, 450 },
        { "Qwen2.5-72B", 0, 450 },
        { "llama-3.1-405b", 0, 200 },
        { "mixtral-8x7b", 0, 200 },
        { "mock-echo-model", 0, 200 },
        { "", 0, 200 },
        { "7b", 0, 100 },
        { "7bits", 0, 200 },
        { "v2.7b", 0, 200 },
        { "model-7", 0, 200 },
        { "mistral-7b", 333, 333 },
        { "mistral-7b", -1, 100 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(volume_size_gb(cases[i].model, cases[i].stored_gb) == cases[i].gb,
                   cases[i].model);
    }
}

static void
test_call_kinds(void)
{
    int mutating = 0;

    for (int i = 0; i < CALL_KIND_COUNT_; i++) {
        enum call_kind kind = CALL_KIND_COUNT_;
        CHECK(call_kind_parse(call_kind_name((enum call_kind)i), &kind));
        CHECK_I64(kind, i);
        mutating += call_is_mutating((enum call_kind)i);
    }
    CHECK_I64(mutating, 14);
    CHECK(call_is_mutating(CALL_SECURITY_GROUP_DELETE) && !call_is_mutating(CALL_SERVER_GET));
    enum call_kind untouched = CALL_SERVER_GET;
    CHECK(!call_kind_parse("server_paint", &untouched) && untouched == CALL_SERVER_GET);
}

static void
test_answer_classes(void)
{
    static const char *const codes[ANSWER_CLASS_COUNT_] = {
        [ANSWER_OK] = "",
        [ANSWER_NOT_FOUND] = "PROVIDER_NOT_FOUND",
        [ANSWER_TRANSIENT] = "PROVIDER_TRANSIENT",
        [ANSWER_UNKNOWN] = "PROVIDER_UNKNOWN",
        [ANSWER_OUT_OF_STOCK] = "PROVIDER_OUT_OF_STOCK",
        [ANSWER_QUOTA] = "PROVIDER_QUOTA",
        [ANSWER_DENIED] = "PROVIDER_DENIED",
        [ANSWER_INVALID] = "PROVIDER_INVALID",
    };

    for (int i = 0; i < ANSWER_CLASS_COUNT_; i++) {
        enum answer_class class = ANSWER_CLASS_COUNT_;
        CHECK(answer_class_parse(answer_class_name((enum answer_class)i), &class));
        CHECK_I64(class, i);
        CHECK_STR(answer_class_error_code((enum answer_class)i), codes[i]);
    }
    CHECK_STR(answer_class_error_code(ANSWER_CLASS_COUNT_), "");
    enum answer_class untouched = ANSWER_OK;
    CHECK(!answer_class_parse("maybe", &untouched) && untouched == ANSWER_OK);
}

static void
test_server_states(void)
{
    for (int i = 0; i <= SERVER_OTHER; i++) {
        CHECK_I64(server_state_parse(server_state_name((enum server_state)i)), i);
    }
    CHECK_I64(server_state_parse("stopped in place"), SERVER_STOPPED_IN_PLACE);
    CHECK_I64(server_state_parse("on fire"), SERVER_OTHER);
}

static void
test_probe_names(void)
{
    for (int i = 0; i <= PROBE_KIND_COUNT_; i++) {
        const char *name = probe_kind_name((enum probe_kind)i);
        CHECK((name[0] == '\0') == (i == PROBE_KIND_COUNT_));
        for (int j = 0; j < i; j++) {
            CHECK_CASE(strcmp(name, probe_kind_name((enum probe_kind)j)) != 0, name);
        }
    }
}

static void
test_rules_tell_when(void)
{
    for (int i = 0; i < INSTANCE_RULE_COUNT_; i++) {
        CHECK_CASE(rule_when((enum instance_rule)i)[0] != '\0', rule_name((enum instance_rule)i));
    }
    CHECK_STR(rule_name(RULE_NONE), "none");
}

static void
values_set(struct config *config, struct arena *arena, enum setting_id id, const char *value)
{
    CHECK(!error_is(config_set(config, arena, id, value)));
}

static void
test_policy_is_read_from_the_settings(void)
{
    struct arena *arena = arena_new();
    struct config *config = config_defaults('O');

    values_set(config, arena, SETTING_RECOVERY_BOOTING_TIMEOUT_SECONDS, "77");
    values_set(config, arena, SETTING_PROVIDER_LIST_LAG_SECONDS, "0");
    values_set(config, arena, SETTING_VOLUME_DELETE_RETRY_MAX_ATTEMPTS, "9");
    struct policy policy = policy_load(config);
    CHECK_I64(policy.booting_ms, 77000);
    CHECK_I64(policy.list_lag_ms, 0);
    CHECK_I64(policy.volume_attempts_max, 9);
    CHECK_I64(policy.provisioning_ms, 1800000);
    CHECK_I64(policy.provision_attempts_max, 5);
    CHECK_I64(policy.check_base_ms, 10000);
    CHECK_I64(policy.check_backoff_max_ms, 300000);
    CHECK_I64(policy.gone_confirm_ms, 2000);
    config_free(config);
    arena_free(arena);
}

static void
test_backing_off_is_switched_off(void)
{
    struct arena *arena = arena_new();
    struct config *config = config_defaults('O');

    values_set(config, arena, SETTING_HEALTH_CHECK_BACKOFF_ENABLED, "false");
    struct policy policy = policy_load(config);
    CHECK_I64(policy.check_backoff_max_ms, policy.check_base_ms);
    config_free(config);
    arena_free(arena);
}

/* What docs/states.md says of a state is what its deadline is. */
static void
test_deadlines(void)
{
    struct config *config = config_defaults('O');
    struct policy policy = policy_load(config);

    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        enum instance_state state = (enum instance_state)i;
        enum setting_id setting = state_deadline_setting(state);
        int64_t deadline_ms = decide_deadline_ms(state, &policy, NOW);
        CHECK_CASE((deadline_ms != 0) == state_has_deadline(state), state_name(state));
        if (setting != SETTING_COUNT_) {
            CHECK_CASE(deadline_ms == NOW + config_ms(config, setting), state_name(state));
        }
    }
    CHECK_I64(decide_deadline_ms(INSTANCE_PROVISIONING_FAILED, &policy, NOW), NOW);
    config_free(config);
}

int
main(void)
{
    check_run("a pause doubles with each failure up to its longest", test_backoff);
    check_run("half of a pause is fixed, half is drawn", test_jitter);
    check_run("a volume is sized by the parameters in the model's name", test_volume_size);
    check_run("each call has a name of its own, and is read back", test_call_kinds);
    check_run("each class of answer has a name and an error code", test_answer_classes);
    check_run("a server's state is read as the provider writes it", test_server_states);
    check_run("each probe has a name of its own", test_probe_names);
    check_run("each rule tells when it holds", test_rules_tell_when);
    check_run("the policy is read from the settings", test_policy_is_read_from_the_settings);
    check_run("without backing off all pauses are the base", test_backing_off_is_switched_off);
    check_run("a state's deadline is its setting's", test_deadlines);
    return check_end();
}
