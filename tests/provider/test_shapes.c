/* How the provider's things become views, and where volumes are looked for. */
#include "check.h"

#include <string.h>

#include "base/mem.h"
#include "scripted_provider.h"

static const char shapes_server[] =
    "{\"server\":{\"id\":\"" SERVER_REF "\",\"name\":\"w\",\"state\":\"stopped in place\","
    "\"tags\":[\"t1\",\"t2\"],\"creation_date\":\"2026-01-06T11:00:00.123456+01:00\","
    "\"security_group\":{\"id\":\"" THIRD_REF "\",\"name\":\"g\"},"
    "\"public_ip\":{\"id\":\"ip-1\",\"address\":\"10.1.2.3\"},"
    "\"public_ips\":[{\"id\":\"ip-1\",\"address\":\"10.1.2.3\"},"
    "{\"id\":\"ip-2\",\"address\":\"10.1.2.4\",\"tags\":[\"t3\"]}],"
    "\"volumes\":{\"0\":{\"id\":\"v-0\",\"volume_type\":\"l_ssd\",\"size\":20000000000,"
    "\"boot\":false,\"state\":\"available\"},"
    "\"1\":{\"id\":\"v-1\",\"volume_type\":\"sbs_volume\",\"size\":20,\"boot\":false},"
    "\"2\":{\"id\":\"v-2\",\"volume_type\":\"sbs_volume\",\"boot\":false}}}}";

static struct server_view
shapes_get(struct scripted_provider *scripted, const char *body)
{
    struct scripted_rule rule = { .when = "", .bytes = NULL };
    scripted->arena = arena_new();
    rule.bytes = scripted_json(scripted->arena, body);
    scripted_provider_start(scripted, &rule, 1);
    struct provider_call call = scripted_call(scripted, CALL_SERVER_GET);
    scripted_run(scripted, &call);
    CHECK(call.class == ANSWER_OK && call.server_count == 1);
    return call.server_count == 1 ? call.servers[0] : (struct server_view){ 0 };
}

static void
test_a_server_is_read_whole(void)
{
    struct scripted_provider scripted = { 0 };
    struct server_view server = shapes_get(&scripted, shapes_server);
    CHECK_STR(server.ref, SERVER_REF);
    CHECK(server.state == SERVER_STOPPED_IN_PLACE);
    CHECK_STR(server.address, "10.1.2.3");
    CHECK_STR(server.security_group_ref, THIRD_REF);
    CHECK_I64(server.created_ms, 1767693600123);
    CHECK_I64(server.tag_count, 2);
    CHECK_STR(server.tags[1], "t2");
    if (CHECK_I64(server.address_count, 2)) {
        CHECK_STR(server.addresses[1].ref, "ip-2");
        CHECK_STR(server.addresses[1].server_ref, SERVER_REF);
        CHECK_STR(server.addresses[1].tags[0], "t3");
    }
    if (CHECK_I64(server.volume_count, 3)) {
        CHECK_I64(server.volumes[0].size_bytes, 20000000000);
        CHECK(!server.volumes[0].is_boot);
        CHECK_STR(server.volumes[0].server_ref, SERVER_REF);
        CHECK(server.volumes[1].is_boot);
        CHECK_I64(server.volumes[1].size_bytes, 20000000000);
        CHECK_I64(server.volumes[2].size_bytes, 0);
        CHECK(!server.volumes[2].is_boot);
    }
    scripted_provider_stop(&scripted);
}

static void
test_a_bare_server_has_no_nulls(void)
{
    struct scripted_provider scripted = { 0 };
    struct server_view server =
        shapes_get(&scripted, "{\"server\":{\"id\":\"" SERVER_REF
                              "\",\"state\":\"unheard of\",\"public_ip\":null,\"volumes\":[{"
                              "\"id\":\"v\",\"volume_type\":\"l_ssd\",\"size\":null}],"
                              "\"security_group\":null,\"creation_date\":\"yesterday\"}}");
    CHECK(server.state == SERVER_OTHER);
    CHECK_STR(server.address, "");
    CHECK_STR(server.name, "");
    CHECK_STR(server.security_group_ref, "");
    CHECK_I64(server.created_ms, 0);
    CHECK_I64(server.tag_count, 0);
    if (CHECK_I64(server.volume_count, 1)) {
        CHECK(server.volumes[0].is_boot);
        CHECK_STR(server.volumes[0].name, "");
    }
    scripted_provider_stop(&scripted);
}

struct where_case {
    const char *name;
    enum call_kind kind;
    const char *volume_type;
    const char *instance; /* status of the instance API's reply; NULL: not to be asked */
    const char *instance_body;
    const char *block;
    const char *block_body;
    enum answer_class wanted;
};

#define NOT_THERE                                                                                  \
    "{\"type\":\"not_found\",\"resource\":\"instance_volume\",\"resource_id\":\"" SERVER_REF "\"}"
#define NOT_THERE_BLOCK                                                                            \
    "{\"type\":\"not_found\",\"resource\":\"volume\",\"resource_id\":\"" SERVER_REF "\"}"
#define THERE "{\"volume\":{\"id\":\"" SERVER_REF "\",\"volume_type\":\"l_ssd\"}}"
#define THERE_BLOCK "{\"id\":\"" SERVER_REF "\",\"type\":\"sbs_5k\",\"status\":\"in_use\"}"

static const struct where_case where_cases[] = {
    { "a network volume", CALL_VOLUME_GET, "sbs_volume", NULL, NULL, "200 OK", THERE_BLOCK,
      ANSWER_OK },
    { "a local volume", CALL_VOLUME_GET, "l_ssd", "200 OK", THERE, NULL, NULL, ANSWER_OK },
    { "a local volume that is gone", CALL_VOLUME_GET, "l_ssd", "404 Not Found", NOT_THERE, NULL,
      NULL, ANSWER_NOT_FOUND },
    { "unknown, in the first", CALL_VOLUME_GET, "", "200 OK", THERE, NULL, NULL, ANSWER_OK },
    { "unknown, in the second", CALL_VOLUME_GET, NULL, "404 Not Found", NOT_THERE, "200 OK",
      THERE_BLOCK, ANSWER_OK },
    { "unknown, in neither", CALL_VOLUME_GET, "", "404 Not Found", NOT_THERE, "404 Not Found",
      NOT_THERE_BLOCK, ANSWER_NOT_FOUND },
    { "unknown, the first mute", CALL_VOLUME_GET, "", "503 Down", "", NULL, NULL,
      ANSWER_TRANSIENT },
    { "unknown, the first a proxy", CALL_VOLUME_GET, "", "404 Not Found", "<html>", NULL, NULL,
      ANSWER_TRANSIENT },
    { "unknown, the second mute", CALL_VOLUME_GET, "", "404 Not Found", NOT_THERE, "503 Down", "",
      ANSWER_TRANSIENT },
    { "delete in the second", CALL_VOLUME_DELETE, "", "404 Not Found", NOT_THERE, "204 No Content",
      "", ANSWER_OK },
    { "delete, the first failing", CALL_VOLUME_DELETE, "", "500 Oops", "", NULL, NULL,
      ANSWER_UNKNOWN },
    { "delete, the second failing", CALL_VOLUME_DELETE, "", "404 Not Found", NOT_THERE, "500 Oops",
      "", ANSWER_UNKNOWN },
    { "delete in neither", CALL_VOLUME_DELETE, "", "404 Not Found", NOT_THERE, "404 Not Found",
      NOT_THERE_BLOCK, ANSWER_NOT_FOUND },
    { "resize in the second", CALL_VOLUME_RESIZE, "", "404 Not Found", NOT_THERE, "200 OK",
      THERE_BLOCK, ANSWER_OK },
};

static void
shapes_check_where(const struct where_case *one)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rules[2];
    size_t count = 0;
    if (one->instance != NULL) {
        rules[count++] = (struct scripted_rule){
            .when = "/instance/v1/",
            .bytes = scripted_reply(scripted.arena, one->instance, "application/json", "",
                                    one->instance_body),
        };
    }
    if (one->block != NULL) {
        rules[count++] = (struct scripted_rule){
            .when = "/block/v1/",
            .bytes =
                scripted_reply(scripted.arena, one->block, "application/json", "", one->block_body),
        };
    }
    scripted_provider_start(&scripted, rules, count);
    struct provider_call call = scripted_call(&scripted, one->kind);
    call.volume_type = one->volume_type;
    scripted_run(&scripted, &call);
    CHECK_CASE(call.class == one->wanted, one->name);
    CHECK_CASE(scripted.sent == (call_is_mutating(one->kind) ? 1 : 0), one->name);
    CHECK_CASE(scripted_server_count(scripted.server) == count, one->name);
    scripted_provider_stop(&scripted);
}

static void
test_volumes_are_looked_for_in_both_apis(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(where_cases); i++) {
        shapes_check_where(&where_cases[i]);
    }
}

static void
test_a_block_volume_names_its_server(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rule = {
        .when = "",
        .bytes = scripted_json(
            scripted.arena,
            "{\"id\":\"" SERVER_REF "\",\"name\":\"n\",\"type\":\"sbs_5k\",\"size\":20000000000,"
            "\"status\":\"in_use\",\"tags\":[\"t\"],\"references\":[{\"product_resource_type\":"
            "\"instance_server\",\"product_resource_id\":\"" OTHER_REF "\"}]}")
    };
    scripted_provider_start(&scripted, &rule, 1);
    struct provider_call call = scripted_call(&scripted, CALL_VOLUME_GET);
    scripted_run(&scripted, &call);
    if (CHECK_I64(call.volume_count, 1)) {
        CHECK_STR(call.volumes[0].volume_type, "sbs_volume");
        CHECK_STR(call.volumes[0].server_ref, OTHER_REF);
        CHECK_STR(call.volumes[0].status, "in_use");
        CHECK_STR(call.volumes[0].tags[0], "t");
        CHECK_I64(call.volumes[0].size_bytes, 20000000000);
    }
    scripted_provider_stop(&scripted);
}

static void
test_tags_alone_leave_the_size(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rule = { .when = "", .bytes = scripted_json(scripted.arena, THERE_BLOCK) };
    scripted_provider_start(&scripted, &rule, 1);
    struct provider_call call = scripted_call(&scripted, CALL_VOLUME_RESIZE);
    call.size_bytes = 0;
    scripted_run(&scripted, &call);
    CHECK(call.class == ANSWER_OK);
    call.tags = NULL;
    call.tag_count = 0;
    scripted_run(&scripted, &call);
    CHECK(call.class == ANSWER_INVALID);
    CHECK_I64(scripted_server_count(scripted.server), 1);
    const char *request = scripted_server_request(scripted.server, scripted.arena, 0);
    CHECK(strstr(request, "size") == NULL && strstr(request, "inventiv-fleet=f") != NULL);
    scripted_provider_stop(&scripted);
}

int
main(void)
{
    check_run("a server is read whole", test_a_server_is_read_whole);
    check_run("what a server does not tell is empty, never NULL", test_a_bare_server_has_no_nulls);
    check_run("volumes are looked for where they can be, and gone only when gone from there",
              test_volumes_are_looked_for_in_both_apis);
    check_run("a block volume names the server that it is attached to",
              test_a_block_volume_names_its_server);
    check_run("a change of tags alone leaves the size", test_tags_alone_leave_the_size);
    return check_end();
}
