/* What the Scaleway driver puts on the wire, call by call. */
#include "check.h"

#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "scripted_provider.h"

#define INSTANCE "/instance/v1/zones/local"
#define BLOCK "/block/v1/zones/local"
#define SERVER "{\"server\":{\"id\":\"" SERVER_REF "\"}}"

struct request_row {
    enum call_kind kind;
    const char *first_line;
    const char *content_type; /* "" = no body */
    const char *body;         /* JSON compared as values, or the text itself */
    const char *reply;
};

#define TAGS "[\"inventiv-fleet=f\",\"inventiv-instance=i\"]"

static const struct request_row request_rows[] = {
    { CALL_SERVER_CREATE, "POST " INSTANCE "/servers HTTP/1.1", "application/json",
      "{\"name\":\"inventiv-worker-1\",\"commercial_type\":\"L4-1-24G\",\"project\":\"" PROJECT_ID
      "\",\"image\":\"5c3d28db-33ce-4997-8572-f49506339283\",\"boot_type\":\"local\","
      "\"dynamic_ip_required\":true,\"tags\":" TAGS "}",
      SERVER },
    { CALL_SERVER_DELETE, "DELETE " INSTANCE "/servers/" SERVER_REF " HTTP/1.1", "", "", "" },
    { CALL_SERVER_POWERON, "POST " INSTANCE "/servers/" SERVER_REF "/action HTTP/1.1",
      "application/json", "{\"action\":\"poweron\"}", "{\"task\":{\"id\":\"t\"}}" },
    { CALL_SERVER_POWEROFF, "POST " INSTANCE "/servers/" SERVER_REF "/action HTTP/1.1",
      "application/json", "{\"action\":\"poweroff\"}", "{\"task\":{\"id\":\"t\"}}" },
    { CALL_SERVER_REBOOT, "POST " INSTANCE "/servers/" SERVER_REF "/action HTTP/1.1",
      "application/json", "{\"action\":\"reboot\"}", "{\"task\":{\"id\":\"t\"}}" },
    { CALL_SERVER_TAGS, "PATCH " INSTANCE "/servers/" SERVER_REF " HTTP/1.1", "application/json",
      "{\"tags\":" TAGS "}", SERVER },
    { CALL_USER_DATA_PUT, "PATCH " INSTANCE "/servers/" SERVER_REF "/user_data/cloud-init HTTP/1.1",
      "text/plain", "#!/bin/sh\n", "" },
    { CALL_VOLUME_RESIZE, "PATCH " BLOCK "/volumes/" SERVER_REF " HTTP/1.1", "application/json",
      "{\"size\":50000000000,\"tags\":" TAGS "}", "{\"id\":\"" SERVER_REF "\"}" },
    { CALL_VOLUME_DELETE, "DELETE " BLOCK "/volumes/" SERVER_REF " HTTP/1.1", "", "", "" },
    { CALL_ADDRESS_DELETE, "DELETE " INSTANCE "/ips/" SERVER_REF " HTTP/1.1", "", "", "" },
    { CALL_SECURITY_GROUP_CREATE, "POST " INSTANCE "/security_groups HTTP/1.1", "application/json",
      "{\"name\":\"inventiv-worker-1\",\"project\":\"" PROJECT_ID
      "\",\"stateful\":true,\"inbound_default_policy\":\"drop\","
      "\"outbound_default_policy\":\"accept\",\"tags\":" TAGS "}",
      "{\"security_group\":{\"id\":\"" THIRD_REF "\"}}" },
    { CALL_SECURITY_GROUP_RULES, "PUT " INSTANCE "/security_groups/" SERVER_REF "/rules HTTP/1.1",
      "application/json",
      "{\"rules\":[{\"action\":\"accept\",\"protocol\":\"TCP\",\"direction\":\"inbound\","
      "\"ip_range\":\"0.0.0.0/0\",\"dest_port_from\":22,\"dest_port_to\":22,\"position\":1,"
      "\"editable\":true},{\"action\":\"accept\",\"protocol\":\"TCP\",\"direction\":\"inbound\","
      "\"ip_range\":\"0.0.0.0/0\",\"dest_port_from\":8080,\"dest_port_to\":8080,\"position\":2,"
      "\"editable\":true}]}",
      "{\"rules\":[]}" },
    { CALL_SECURITY_GROUP_ATTACH, "PATCH " INSTANCE "/servers/" SERVER_REF " HTTP/1.1",
      "application/json", "{\"security_group\":{\"id\":\"" THIRD_REF "\"}}", SERVER },
    { CALL_SECURITY_GROUP_DELETE, "DELETE " INSTANCE "/security_groups/" SERVER_REF " HTTP/1.1", "",
      "", "" },
    { CALL_SERVER_GET, "GET " INSTANCE "/servers/" SERVER_REF " HTTP/1.1", "", "", SERVER },
    { CALL_VOLUME_GET, "GET " BLOCK "/volumes/" SERVER_REF " HTTP/1.1", "", "",
      "{\"id\":\"" SERVER_REF "\"}" },
    { CALL_ADDRESS_GET, "GET " INSTANCE "/ips/" SERVER_REF " HTTP/1.1", "", "",
      "{\"ip\":{\"id\":\"" SERVER_REF "\"}}" },
    { CALL_SERVER_LIST,
      "GET " INSTANCE "/servers?page=1&per_page=2&project=" PROJECT_ID
      "&tags=inventiv-fleet%3Df%2Cinventiv-instance%3Di HTTP/1.1",
      "", "", "{\"servers\":[]}" },
    { CALL_ADDRESS_LIST,
      "GET " INSTANCE "/ips?page=1&per_page=2&project=" PROJECT_ID
      "&tags=inventiv-fleet%3Df%2Cinventiv-instance%3Di HTTP/1.1",
      "", "", "{\"ips\":[]}" },
    { CALL_SECURITY_GROUP_LIST,
      "GET " INSTANCE "/security_groups?page=1&per_page=2&project=" PROJECT_ID
      "&tags=inventiv-fleet%3Df%2Cinventiv-instance%3Di HTTP/1.1",
      "", "", "{\"security_groups\":[]}" },
};

static void
requests_check_body(const struct request_row *row, const char *body)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *got = NULL;
    CLEANUP_JSON json_t *wanted = NULL;
    const char *name = call_kind_name(row->kind);
    if (strcmp(row->content_type, "application/json") != 0) {
        CHECK_STR(body, row->body);
        return;
    }
    CHECK_CASE(!error_is(json_parse(arena, body, strlen(body), &got)), name);
    CHECK_CASE(!error_is(json_parse(arena, row->body, strlen(row->body), &wanted)), name);
    CHECK_CASE(json_equal(got, wanted), name);
}

static void
requests_check_head(const struct request_row *row, const char *request, struct arena *arena)
{
    const char *name = call_kind_name(row->kind);
    CHECK_STR(arena_strndup(arena, request, strcspn(request, "\r")), row->first_line);
    CHECK_CASE(strstr(request, "\r\nX-Auth-Token: " SECRET_KEY "\r\n") != NULL, name);
    CHECK_CASE(strstr(request, "\r\nX-Request-Id: correlation-1\r\n") != NULL, name);
    CHECK_CASE(strstr(request, "\r\nUser-Agent: inventiv/") != NULL, name);
    const char *content_type =
        row->content_type[0] == '\0'
            ? "\r\nContent-Type:"
            : arena_printf(arena, "\r\nContent-Type: %s\r\n", row->content_type);
    CHECK_CASE((strstr(request, content_type) != NULL) == (row->content_type[0] != '\0'), name);
}

static void
requests_check(const struct request_row *row)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rule = { .when = "", .bytes = scripted_json(scripted.arena, row->reply) };
    const char *name = call_kind_name(row->kind);
    scripted_provider_start(&scripted, &rule, 1);
    struct provider_call call = scripted_call(&scripted, row->kind);
    scripted_run(&scripted, &call);
    CHECK_CASE(call.class == ANSWER_OK, name);
    CHECK_STR(call.message, "");
    CHECK_CASE(scripted.sent == (call_is_mutating(row->kind) ? 1 : 0), name);
    const char *request = scripted_server_request(scripted.server, scripted.arena, 0);
    CHECK_CASE(request != NULL && scripted_server_count(scripted.server) == 1, name);
    if (request != NULL) {
        requests_check_head(row, request, scripted.arena);
        requests_check_body(row, strstr(request, "\r\n\r\n") + 4);
    }
    scripted_provider_stop(&scripted);
}

static void
test_requests(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(request_rows); i++) {
        requests_check(&request_rows[i]);
    }
}

static void
test_create_names_what_it_made(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rule = { .when = "", .bytes = scripted_json(scripted.arena, SERVER) };
    scripted_provider_start(&scripted, &rule, 1);
    struct provider_call call = scripted_call(&scripted, CALL_SERVER_CREATE);
    call.image = "an-image";
    call.correlation_id = "ends\r\nthe: header";
    scripted_run(&scripted, &call);
    CHECK_STR(call.new_ref, SERVER_REF);
    CHECK_I64(call.server_count, 1);
    const char *request = scripted_server_request(scripted.server, scripted.arena, 0);
    CHECK(strstr(request, "\"image\":\"an-image\"") != NULL);
    CHECK(strstr(request, "X-Request-Id") == NULL);
    scripted_provider_stop(&scripted);
}

static void
test_a_ref_stays_one_segment(void)
{
    struct scripted_provider scripted = { .arena = arena_new() };
    struct scripted_rule rule = { .when = "", .bytes = scripted_json(scripted.arena, "") };
    scripted_provider_start(&scripted, &rule, 1);
    static const char *const refused[] = { NULL, "", ".", ".." };
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
        struct provider_call call = scripted_call(&scripted, CALL_SERVER_DELETE);
        call.ref = refused[i];
        scripted_run(&scripted, &call);
        CHECK(call.class == ANSWER_INVALID);
    }
    CHECK_I64(scripted_server_count(scripted.server), 0);
    struct provider_call call = scripted_call(&scripted, CALL_SERVER_DELETE);
    call.ref = "../volumes/a?b#c";
    scripted_run(&scripted, &call);
    const char *request = scripted_server_request(scripted.server, scripted.arena, 0);
    CHECK(strncmp(request, "DELETE " INSTANCE "/servers/..%2Fvolumes%2Fa%3Fb%23c ", 60) == 0);
    scripted_provider_stop(&scripted);
}

static void
requests_expect_config_error(struct arena *arena, struct provider_options options,
                             const char *names)
{
    struct provider *provider = NULL;
    struct error error = provider_new(arena, &options, &provider);
    CHECK(error.code == ERR_CONFIG && provider == NULL);
    CHECK_CASE(error_is(error) && strstr(error.message, names) != NULL, names);
    CHECK(error_is(error) && strstr(error.message, "secret-text") == NULL);
}

static void
test_options_are_checked(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct provider_options good = scripted_provider_options(arena, 1);
    struct provider_options bad = good;
    bad.driver = "nobody";
    requests_expect_config_error(arena, bad, "nobody");
    bad = good;
    bad.secret_key = NULL;
    requests_expect_config_error(arena, bad, "SECRET_KEY");
    bad.secret_key = "secret-text";
    requests_expect_config_error(arena, bad, "SECRET_KEY");
    bad = good;
    bad.project_id = "";
    requests_expect_config_error(arena, bad, "PROJECT_ID");
    bad = good;
    bad.api_url = "http://api.example.com";
    requests_expect_config_error(arena, bad, "URL");
    bad.api_url = "http://127.0.0.1:1@api.example.com";
    requests_expect_config_error(arena, bad, "URL");
    bad.api_url = "http://127.example.com";
    requests_expect_config_error(arena, bad, "URL");
}

int
main(void)
{
    digest_start();
    check_run("each call makes the request that the API documents", test_requests);
    check_run("a create names what it made, and sends no unsafe header",
              test_create_names_what_it_made);
    check_run("a ref stays one segment of the path", test_a_ref_stays_one_segment);
    check_run("wrong options are named before anything is sent", test_options_are_checked);
    return check_end();
}
