/* Answers other than yes. */
#include "contract.h"

#include "base/mem.h"
#include "check.h"

static const char refusals_nobody[] = "deadbeef-0000-4000-8000-000000000000";

static void
test_not_found(void)
{
    static const enum call_kind kinds[] = {
        CALL_SERVER_GET,      CALL_SERVER_DELETE,        CALL_SERVER_POWERON,
        CALL_SERVER_POWEROFF, CALL_SERVER_REBOOT,        CALL_SERVER_TAGS,
        CALL_VOLUME_GET,      CALL_VOLUME_DELETE,        CALL_ADDRESS_GET,
        CALL_ADDRESS_DELETE,  CALL_SECURITY_GROUP_RULES, CALL_SECURITY_GROUP_DELETE,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        struct provider_call call = contract_run(kinds[i], refusals_nobody);
        CHECK_CASE(call.class == ANSWER_NOT_FOUND, call_kind_name(kinds[i]));
        CHECK_CASE(call.message[0] != '\0', call_kind_name(kinds[i]));
    }
}

static void
test_unknown_type(void)
{
    struct provider_call call = contract_call(CALL_SERVER_CREATE, NULL);
    struct provider_call *calls[] = { &call };
    call.instance_type = "NO-SUCH-TYPE";
    provider_run(contract_provider, contract_arena, calls, 1);
    CHECK(call.class == ANSWER_INVALID);
    CHECK_STR(call.new_ref, "");
}

/* Every kind of call through a provider that is not let in, or not reached. */
static void
refusals_all_get(const struct provider_options *options, enum answer_class wanted)
{
    struct provider *provider = NULL;
    struct provider_call calls[CALL_KIND_COUNT_];
    struct provider_call *all[CALL_KIND_COUNT_];
    static const int port = 22;
    if (!CHECK(!error_is(provider_new(contract_arena, options, &provider)))) {
        return;
    }
    for (int i = 0; i < CALL_KIND_COUNT_; i++) {
        calls[i] = contract_call((enum call_kind)i, refusals_nobody);
        calls[i].ports = &port;
        calls[i].port_count = 1;
        calls[i].user_data = "#!/bin/sh\n";
        calls[i].security_group_ref = refusals_nobody;
        calls[i].size_bytes = 30000000000;
        all[i] = &calls[i];
    }
    provider_run(provider, contract_arena, all, CALL_KIND_COUNT_);
    for (int i = 0; i < CALL_KIND_COUNT_; i++) {
        CHECK_CASE(calls[i].class == wanted, call_kind_name((enum call_kind)i));
    }
    provider_free(provider);
}

static void
test_wrong_key(void)
{
    struct provider_options options = contract_subject->options;
    options.secret_key = contract_subject->wrong_key;
    refusals_all_get(&options, ANSWER_DENIED);
}

static void
test_unreachable(void)
{
    struct provider_options options = contract_subject->options;
    options.api_url = contract_subject->unreachable_url;
    refusals_all_get(&options, ANSWER_TRANSIENT);
}

void
contract_check_refusals(void)
{
    check_run("  what is not there is not_found", test_not_found);
    check_run("  an unknown type is invalid", test_unknown_type);
    check_run("  a wrong key is denied", test_wrong_key);
    check_run("  a refused connection is transient", test_unreachable);
}
