/* Servers: create, adopt, list, start, stop, change, delete. */
#include "contract.h"

#include <string.h>

#include "base/mem.h"
#include "check.h"

static bool
servers_have(const struct provider_call *call, const char *ref)
{
    for (size_t i = 0; i < call->server_count; i++) {
        if (strcmp(call->servers[i].ref, ref) == 0) {
            return true;
        }
    }
    return false;
}

static void
test_create_and_adopt(void)
{
    const char *tag = contract_tag("inventiv-instance");
    const char *other = contract_tag("inventiv-instance");
    CHECK_I64(contract_run_tagged(CALL_SERVER_LIST, NULL, &tag, 1).server_count, 0);
    const char *ref = contract_create(tag);
    const char *foreign = contract_create(other);
    struct provider_call found = contract_run_tagged(CALL_SERVER_LIST, NULL, &tag, 1);
    CHECK(found.class == ANSWER_OK);
    CHECK_I64(found.server_count, 1);
    CHECK(servers_have(&found, ref) && !servers_have(&found, foreign));
    struct provider_call seen = contract_run(CALL_SERVER_GET, ref);
    CHECK(seen.class == ANSWER_OK && seen.server_count == 1);
    CHECK_STR(seen.servers[0].ref, ref);
    CHECK_STR(seen.servers[0].name, "inventiv-contract");
    CHECK_STR(seen.servers[0].address, "");
    CHECK(seen.servers[0].state == SERVER_STOPPED);
    CHECK(seen.servers[0].tag_count == 1 && strcmp(seen.servers[0].tags[0], tag) == 0);
    CHECK_I64(seen.servers[0].volume_count, 1);
    CHECK(seen.servers[0].volumes[0].is_boot);
    CHECK_STR(seen.servers[0].volumes[0].volume_type, "sbs_volume");
    contract_give_back(ref);
    contract_give_back(foreign);
}

/* All tags asked for must be there, and what has none of ours is never shown. */
static void
test_foreign_tags(void)
{
    const char *fleet = contract_tag("inventiv-fleet");
    const char *mine[] = { fleet, contract_tag("inventiv-instance") };
    const char *both[] = { mine[1], mine[0] };
    struct provider_call made = contract_run_tagged(CALL_SERVER_CREATE, NULL, mine, 2);
    const char *half = contract_create(fleet);
    struct provider_call found = contract_run_tagged(CALL_SERVER_LIST, NULL, both, 2);
    CHECK_I64(found.server_count, 1);
    CHECK(servers_have(&found, made.new_ref));
    found = contract_run_tagged(CALL_SERVER_LIST, NULL, &fleet, 1);
    CHECK_I64(found.server_count, 2);
    contract_give_back(made.new_ref);
    contract_give_back(half);
}

/* More than two pages of two, all made and looked at in one run. */
static void
test_lists_of_many_pages(void)
{
    enum { MANY = 7 };
    struct provider_call calls[MANY];
    struct provider_call *all[MANY];
    const char *tag = contract_tag("inventiv-fleet");
    for (size_t i = 0; i < MANY; i++) {
        calls[i] = contract_call(CALL_SERVER_CREATE, NULL);
        calls[i].tags = &tag;
        calls[i].tag_count = 1;
        all[i] = &calls[i];
    }
    provider_run(contract_provider, contract_arena, all, MANY);
    struct provider_call found = contract_run_tagged(CALL_SERVER_LIST, NULL, &tag, 1);
    CHECK(found.class == ANSWER_OK);
    CHECK_I64(found.server_count, MANY);
    struct provider_call volumes = contract_run(CALL_VOLUME_LIST, NULL);
    CHECK(volumes.class == ANSWER_OK);
    CHECK(volumes.volume_count >= MANY);
    for (size_t i = 0; i < MANY; i++) {
        CHECK(servers_have(&found, calls[i].new_ref));
        contract_give_back(calls[i].new_ref);
    }
    found = contract_run_tagged(CALL_SERVER_LIST, NULL, &tag, 1);
    CHECK(found.class == ANSWER_OK && found.server_count == 0);
}

static void
servers_put_user_data(const char *ref)
{
    struct provider_call call = contract_call(CALL_USER_DATA_PUT, ref);
    struct provider_call *calls[] = { &call };
    call.user_data = "#!/bin/sh\nexit 0\n";
    provider_run(contract_provider, contract_arena, calls, 1);
    CHECK_STR(call.message, "");
    CHECK(call.class == ANSWER_OK);
}

static void
test_power(void)
{
    const char *ref = contract_create(contract_tag("inventiv-instance"));
    servers_put_user_data(ref);
    CHECK(contract_run(CALL_SERVER_POWERON, ref).class == ANSWER_OK);
    struct provider_call seen = contract_wait_state(ref, SERVER_RUNNING);
    if (CHECK(seen.class == ANSWER_OK)) {
        CHECK(seen.servers[0].address[0] != '\0');
        CHECK_I64(seen.servers[0].address_count, 1);
        CHECK_STR(seen.servers[0].addresses[0].address, seen.servers[0].address);
    }
    /* It can neither be deleted nor started now, and neither is for good. */
    CHECK(contract_run(CALL_SERVER_DELETE, ref).class == ANSWER_TRANSIENT);
    enum answer_class again = contract_run(CALL_SERVER_POWERON, ref).class;
    CHECK(again == ANSWER_TRANSIENT || again == ANSWER_OK);
    CHECK(contract_run(CALL_SERVER_REBOOT, ref).class == ANSWER_OK);
    contract_wait_state(ref, SERVER_RUNNING);
    CHECK(contract_run(CALL_SERVER_POWEROFF, ref).class == ANSWER_OK);
    contract_wait_state(ref, SERVER_STOPPED);
    contract_give_back(ref);
}

static void
test_tags_are_replaced(void)
{
    const char *tag = contract_tag("inventiv-instance");
    const char *later[] = { contract_tag("inventiv-instance"), "another" };
    const char *ref = contract_create(tag);
    CHECK(contract_run_tagged(CALL_SERVER_TAGS, ref, later, 2).class == ANSWER_OK);
    CHECK_I64(contract_run_tagged(CALL_SERVER_LIST, NULL, &tag, 1).server_count, 0);
    CHECK_I64(contract_run_tagged(CALL_SERVER_LIST, NULL, later, 2).server_count, 1);
    contract_give_back(ref);
}

static void
servers_count_sent(void *argument)
{
    ++*(int *)argument;
}

static void
test_on_sent_once(void)
{
    int sent = 0;
    const char *tag = contract_tag("inventiv-instance");
    struct provider_call call = contract_call(CALL_SERVER_CREATE, NULL);
    struct provider_call *calls[] = { &call };
    call.tags = &tag;
    call.tag_count = 1;
    call.on_sent = servers_count_sent;
    call.on_sent_argument = &sent;
    provider_run(contract_provider, contract_arena, calls, 1);
    CHECK_I64(sent, 1);
    contract_give_back(call.new_ref);
}

static void
test_types(void)
{
    struct provider_call call = contract_run(CALL_TYPE_LIST, NULL);
    bool found = false;
    CHECK(call.class == ANSWER_OK);
    for (size_t i = 0; i < call.type_count; i++) {
        const struct type_view *type = &call.types[i];
        if (strcmp(type->code, contract_subject->instance_type) == 0) {
            found = true;
            CHECK(type->gpu_count == 1 && type->vram_per_gpu_bytes > 20000000000);
            CHECK(type->cpu_count > 0 && type->ram_bytes > 0 && type->cost_per_hour_eur > 0);
            CHECK_STR(type->stock, "available");
        }
    }
    CHECK(found);
}

void
contract_check_servers(void)
{
    check_run("  a server is created, found by its tag, and gives its facts",
              test_create_and_adopt);
    check_run("  foreign tags are never returned", test_foreign_tags);
    check_run("  lists of many pages are whole", test_lists_of_many_pages);
    check_run("  a server starts with an address, reboots and stops", test_power);
    check_run("  tags are replaced", test_tags_are_replaced);
    check_run("  a mutating call says once that it was sent", test_on_sent_once);
    check_run("  types have prices, sizes and stock", test_types);
}
