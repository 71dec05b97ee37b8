#include "contract.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "check.h"

enum { CONTRACT_PATIENCE_MS = 15000 };

const char *
contract_tag(const char *prefix)
{
    char id[UUID_TEXT_SIZE];
    digest_uuid(id);
    return arena_printf(contract_arena, "%s=%s", prefix, id);
}

struct provider_call
contract_call(enum call_kind kind, const char *ref)
{
    return (struct provider_call){
        .kind = kind,
        .zone = contract_subject->zone,
        .ref = ref,
        .name = "inventiv-contract",
        .instance_type = contract_subject->instance_type,
        .diskless = true,
        .volume_type = "",
        .correlation_id = "contract",
    };
}

struct provider_call
contract_run_tagged(enum call_kind kind, const char *ref, const char *const *tags, size_t count)
{
    struct provider_call call = contract_call(kind, ref);
    struct provider_call *calls[] = { &call };
    call.tags = tags;
    call.tag_count = count;
    provider_run(contract_provider, contract_arena, calls, 1);
    return call;
}

struct provider_call
contract_run(enum call_kind kind, const char *ref)
{
    return contract_run_tagged(kind, ref, NULL, 0);
}

const char *
contract_create(const char *tag)
{
    struct provider_call call = contract_run_tagged(CALL_SERVER_CREATE, NULL, &tag, 1);
    CHECK_STR(call.message, "");
    CHECK(call.class == ANSWER_OK && call.new_ref[0] != '\0');
    return call.new_ref;
}

struct provider_call
contract_wait_state(const char *ref, enum server_state state)
{
    int64_t until_ms = clock_monotonic_ms() + CONTRACT_PATIENCE_MS;
    struct provider_call call;
    do {
        contract_subject->pass_time();
        call = contract_run(CALL_SERVER_GET, ref);
        if (call.class == ANSWER_OK && call.servers[0].state == state) {
            return call;
        }
    } while (clock_monotonic_ms() < until_ms);
    CHECK_CASE(false, server_state_name(state));
    call.class = ANSWER_TRANSIENT;
    return call;
}

bool
contract_wait_gone(enum call_kind get, const char *ref, const char *volume_type)
{
    int64_t until_ms = clock_monotonic_ms() + CONTRACT_PATIENCE_MS;
    struct provider_call call = contract_call(get, ref);
    struct provider_call *calls[] = { &call };
    call.volume_type = volume_type;
    do {
        provider_run(contract_provider, contract_arena, calls, 1);
        if (call.class == ANSWER_NOT_FOUND) {
            return true;
        }
        contract_subject->pass_time();
    } while (clock_monotonic_ms() < until_ms);
    return false;
}

static void
contract_stop(const struct server_view *server)
{
    if (server->state == SERVER_RUNNING) {
        CHECK(contract_run(CALL_SERVER_POWEROFF, server->ref).class == ANSWER_OK);
        contract_wait_state(server->ref, SERVER_STOPPED);
    }
}

/* Some providers take it back with the server. */
static void
contract_give_back_address(const char *ref)
{
    enum answer_class class = contract_run(CALL_ADDRESS_DELETE, ref).class;
    CHECK(class == ANSWER_OK || class == ANSWER_NOT_FOUND);
    CHECK(contract_wait_gone(CALL_ADDRESS_GET, ref, ""));
}

void
contract_give_back(const char *ref)
{
    struct provider_call seen = contract_run(CALL_SERVER_GET, ref);
    if (!CHECK(seen.class == ANSWER_OK)) {
        return;
    }
    /* A server that does not run may not show its address. */
    struct provider_call addresses = contract_run(CALL_ADDRESS_LIST, NULL);
    CHECK(addresses.class == ANSWER_OK);
    contract_stop(&seen.servers[0]);
    CHECK(contract_run(CALL_SERVER_DELETE, ref).class == ANSWER_OK);
    CHECK(contract_wait_gone(CALL_SERVER_GET, ref, ""));
    for (size_t i = 0; i < seen.servers[0].volume_count; i++) {
        const char *volume = seen.servers[0].volumes[i].ref;
        CHECK(contract_run(CALL_VOLUME_DELETE, volume).class == ANSWER_OK);
        CHECK(contract_wait_gone(CALL_VOLUME_GET, volume, ""));
    }
    for (size_t i = 0; i < addresses.address_count; i++) {
        if (strcmp(addresses.addresses[i].server_ref, ref) == 0) {
            contract_give_back_address(addresses.addresses[i].ref);
        }
    }
}
