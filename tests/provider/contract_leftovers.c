/* Volumes, addresses and security groups. */
#include "contract.h"

#include <string.h>

#include "base/mem.h"
#include "check.h"

static struct provider_call
leftovers_volume(const char *ref, const char *volume_type)
{
    struct provider_call call = contract_call(CALL_VOLUME_GET, ref);
    struct provider_call *calls[] = { &call };
    call.volume_type = volume_type;
    provider_run(contract_provider, contract_arena, calls, 1);
    return call;
}

static void
leftovers_resize(const char *ref, int64_t size_bytes, const char *volume_type, const char *tag)
{
    struct provider_call call = contract_call(CALL_VOLUME_RESIZE, ref);
    struct provider_call *calls[] = { &call };
    call.size_bytes = size_bytes;
    call.volume_type = volume_type;
    call.tags = tag == NULL ? NULL : &tag;
    call.tag_count = tag == NULL ? 0 : 1;
    provider_run(contract_provider, contract_arena, calls, 1);
    CHECK_STR(call.message, "");
    CHECK(call.class == ANSWER_OK);
}

static void
test_resize_and_tags(void)
{
    const int64_t wanted_bytes = 50000000000;
    const char *tag = contract_tag("inventiv-instance");
    const char *ref = contract_create(contract_tag("inventiv-instance"));
    struct provider_call server = contract_run(CALL_SERVER_GET, ref);
    const char *volume = server.servers[0].volumes[0].ref;
    leftovers_resize(volume, wanted_bytes, "sbs_volume", tag);
    struct provider_call seen = leftovers_volume(volume, "sbs_volume");
    CHECK(seen.class == ANSWER_OK && seen.volume_count == 1);
    CHECK_I64(seen.volumes[0].size_bytes, wanted_bytes);
    CHECK_STR(seen.volumes[0].server_ref, ref);
    CHECK(seen.volumes[0].tag_count == 1 && strcmp(seen.volumes[0].tags[0], tag) == 0);
    CHECK(leftovers_volume(volume, "").class == ANSWER_OK);
    struct provider_call listed = contract_run_tagged(CALL_VOLUME_LIST, NULL, &tag, 1);
    CHECK(listed.class == ANSWER_OK && listed.volume_count == 1);
    CHECK_STR(listed.volumes[0].ref, volume);
    contract_subject->pass_time();
    contract_give_back(ref);
}

/* What a server leaves behind is found by id and by list, and goes when told to. */
static void
test_leftovers(void)
{
    const char *ref = contract_create(contract_tag("inventiv-instance"));
    CHECK(contract_run(CALL_SERVER_POWERON, ref).class == ANSWER_OK);
    struct provider_call seen = contract_wait_state(ref, SERVER_RUNNING);
    const char *volume = seen.servers[0].volumes[0].ref;
    const char *address = seen.servers[0].addresses[0].ref;
    CHECK(contract_run(CALL_VOLUME_DELETE, volume).class == ANSWER_TRANSIENT);
    struct provider_call look = contract_run(CALL_ADDRESS_GET, address);
    CHECK(look.class == ANSWER_OK && look.address_count == 1);
    CHECK_STR(look.addresses[0].server_ref, ref);
    CHECK_I64(contract_run(CALL_ADDRESS_LIST, NULL).address_count, 1);
    CHECK(contract_run(CALL_SERVER_POWEROFF, ref).class == ANSWER_OK);
    contract_wait_state(ref, SERVER_STOPPED);
    CHECK(contract_run(CALL_SERVER_DELETE, ref).class == ANSWER_OK);
    CHECK(contract_wait_gone(CALL_SERVER_GET, ref, ""));
    look = leftovers_volume(volume, "");
    CHECK(look.class == ANSWER_OK);
    CHECK_STR(look.class == ANSWER_OK ? look.volumes[0].server_ref : "?", "");
    CHECK(contract_run(CALL_VOLUME_DELETE, volume).class == ANSWER_OK);
    CHECK(contract_wait_gone(CALL_VOLUME_GET, volume, ""));
    CHECK(contract_wait_gone(CALL_VOLUME_GET, volume, "sbs_volume"));
    look = contract_run(CALL_ADDRESS_GET, address);
    if (look.class == ANSWER_OK) {
        CHECK_STR(look.addresses[0].server_ref, "");
        CHECK(contract_run(CALL_ADDRESS_DELETE, address).class == ANSWER_OK);
    }
    CHECK(contract_wait_gone(CALL_ADDRESS_GET, address, ""));
    CHECK(contract_run(CALL_ADDRESS_DELETE, address).class == ANSWER_NOT_FOUND);
    CHECK(contract_run(CALL_VOLUME_DELETE, volume).class == ANSWER_NOT_FOUND);
    CHECK(contract_run(CALL_SERVER_DELETE, ref).class == ANSWER_NOT_FOUND);
}

static void
leftovers_let_in(const char *group)
{
    static const int ports[] = { 22, 8000, 8080 };
    struct provider_call call = contract_call(CALL_SECURITY_GROUP_RULES, group);
    struct provider_call *calls[] = { &call };
    call.ports = ports;
    call.port_count = ARRAY_LENGTH(ports);
    provider_run(contract_provider, contract_arena, calls, 1);
    CHECK_STR(call.message, "");
    CHECK(call.class == ANSWER_OK);
}

static enum answer_class
leftovers_attach(const char *server, const char *group)
{
    struct provider_call call = contract_call(CALL_SECURITY_GROUP_ATTACH, server);
    struct provider_call *calls[] = { &call };
    call.security_group_ref = group;
    provider_run(contract_provider, contract_arena, calls, 1);
    return call.class;
}

static void
test_groups(void)
{
    const char *tag = contract_tag("inventiv-fleet");
    const char *other = contract_tag("inventiv-fleet");
    struct provider_call made = contract_run_tagged(CALL_SECURITY_GROUP_CREATE, NULL, &tag, 1);
    CHECK(made.class == ANSWER_OK && made.new_ref[0] != '\0');
    struct provider_call listed = contract_run_tagged(CALL_SECURITY_GROUP_LIST, NULL, &tag, 1);
    CHECK(listed.class == ANSWER_OK && listed.security_group_count == 1);
    CHECK_STR(listed.security_groups[0].ref, made.new_ref);
    listed = contract_run_tagged(CALL_SECURITY_GROUP_LIST, NULL, &other, 1);
    CHECK(listed.class == ANSWER_OK && listed.security_group_count == 0);
    leftovers_let_in(made.new_ref);
    leftovers_let_in(made.new_ref);
    const char *ref = contract_create(contract_tag("inventiv-instance"));
    CHECK(leftovers_attach(ref, made.new_ref) == ANSWER_OK);
    CHECK_STR(contract_run(CALL_SERVER_GET, ref).servers[0].security_group_ref, made.new_ref);
    CHECK(contract_run(CALL_SECURITY_GROUP_DELETE, made.new_ref).class == ANSWER_TRANSIENT);
    contract_give_back(ref);
    CHECK(contract_run(CALL_SECURITY_GROUP_DELETE, made.new_ref).class == ANSWER_OK);
    CHECK(contract_run(CALL_SECURITY_GROUP_DELETE, made.new_ref).class == ANSWER_NOT_FOUND);
}

static void
test_nothing_is_left(void)
{
    struct provider_call servers = contract_run(CALL_SERVER_LIST, NULL);
    struct provider_call volumes = contract_run(CALL_VOLUME_LIST, NULL);
    struct provider_call addresses = contract_run(CALL_ADDRESS_LIST, NULL);
    CHECK(servers.class == ANSWER_OK && servers.server_count == 0);
    CHECK(volumes.class == ANSWER_OK && volumes.volume_count == 0);
    CHECK(addresses.class == ANSWER_OK && addresses.address_count == 0);
}

void
contract_check_leftovers(void)
{
    check_run("  a volume is resized and tagged", test_resize_and_tags);
    check_run("  what a server leaves behind is found and given back", test_leftovers);
    check_run("  a security group is made, filled, attached and deleted", test_groups);
    check_run("  nothing is left of all this", test_nothing_is_left);
}
