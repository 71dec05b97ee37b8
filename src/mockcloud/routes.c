#include "mockcloud/routes.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "mockcloud/apis.h"
#include "mockcloud/fault_calls.h"
#include "mockcloud/fault_latency.h"
#include "mockcloud/gate.h"
#include "mockcloud/life.h"

#define INSTANCE "/instance/v1/zones/{zone}"
#define BLOCK "/block/v1/zones/{zone}"

/* operation, method, path, body */
#define PROVIDER_ROUTES(X)                                                                         \
    X(server_create, "POST", INSTANCE "/servers", JSON)                                            \
    X(server_list, "GET", INSTANCE "/servers", NONE)                                               \
    X(server_get, "GET", INSTANCE "/servers/{id}", NONE)                                           \
    X(server_update, "PATCH", INSTANCE "/servers/{id}", JSON)                                      \
    X(server_delete, "DELETE", INSTANCE "/servers/{id}", NONE)                                     \
    X(server_actions, "GET", INSTANCE "/servers/{id}/action", NONE)                                \
    X(server_action, "POST", INSTANCE "/servers/{id}/action", JSON)                                \
    X(user_data_list, "GET", INSTANCE "/servers/{id}/user_data", NONE)                             \
    X(user_data_get, "GET", INSTANCE "/servers/{id}/user_data/{key}", NONE)                        \
    X(user_data_put, "PUT", INSTANCE "/servers/{id}/user_data/{key}", TEXT)                        \
    X(user_data_patch, "PATCH", INSTANCE "/servers/{id}/user_data/{key}", TEXT)                    \
    X(user_data_delete, "DELETE", INSTANCE "/servers/{id}/user_data/{key}", NONE)                  \
    X(local_volume_create, "POST", INSTANCE "/volumes", JSON)                                      \
    X(local_volume_list, "GET", INSTANCE "/volumes", NONE)                                         \
    X(local_volume_get, "GET", INSTANCE "/volumes/{id}", NONE)                                     \
    X(local_volume_update, "PATCH", INSTANCE "/volumes/{id}", JSON)                                \
    X(local_volume_delete, "DELETE", INSTANCE "/volumes/{id}", NONE)                               \
    X(address_create, "POST", INSTANCE "/ips", JSON)                                               \
    X(address_list, "GET", INSTANCE "/ips", NONE)                                                  \
    X(address_get, "GET", INSTANCE "/ips/{id}", NONE)                                              \
    X(address_update, "PATCH", INSTANCE "/ips/{id}", JSON)                                         \
    X(address_delete, "DELETE", INSTANCE "/ips/{id}", NONE)                                        \
    X(security_group_create, "POST", INSTANCE "/security_groups", JSON)                            \
    X(security_group_list, "GET", INSTANCE "/security_groups", NONE)                               \
    X(security_group_get, "GET", INSTANCE "/security_groups/{id}", NONE)                           \
    X(security_group_update, "PATCH", INSTANCE "/security_groups/{id}", JSON)                      \
    X(security_group_delete, "DELETE", INSTANCE "/security_groups/{id}", NONE)                     \
    X(security_group_rules_get, "GET", INSTANCE "/security_groups/{id}/rules", NONE)               \
    X(security_group_rules_set, "PUT", INSTANCE "/security_groups/{id}/rules", JSON)               \
    X(security_group_rule_create, "POST", INSTANCE "/security_groups/{id}/rules", JSON)            \
    X(security_group_rule_delete, "DELETE", INSTANCE "/security_groups/{id}/rules/{key}", NONE)    \
    X(product_list, "GET", INSTANCE "/products/servers", NONE)                                     \
    X(product_availability, "GET", INSTANCE "/products/servers/availability", NONE)                \
    X(image_list, "GET", INSTANCE "/images", NONE)                                                 \
    X(image_get, "GET", INSTANCE "/images/{id}", NONE)                                             \
    X(volume_create, "POST", BLOCK "/volumes", JSON)                                               \
    X(volume_list, "GET", BLOCK "/volumes", NONE)                                                  \
    X(volume_get, "GET", BLOCK "/volumes/{id}", NONE)                                              \
    X(volume_update, "PATCH", BLOCK "/volumes/{id}", JSON)                                         \
    X(volume_delete, "DELETE", BLOCK "/volumes/{id}", NONE)

/* Ours: no token, no rate. */
#define OWN_ROUTES(X)                                                                              \
    X(own_healthz, "GET", "/healthz", NONE)                                                        \
    X(own_readyz, "GET", "/readyz", NONE)                                                          \
    X(own_bill, "GET", "/_bill", NONE)                                                             \
    X(own_requests, "GET", "/_requests", NONE)                                                     \
    X(own_machines, "GET", "/_machines", NONE)                                                     \
    X(own_machine_kill, "POST", "/_machines/{id}/kill", JSON)                                      \
    X(own_machine_lock, "POST", "/_machines/{id}/lock", JSON)                                      \
    X(own_machine_delete, "DELETE", "/_machines/{id}", NONE)                                       \
    X(own_faults, "GET", "/_faults", NONE)                                                         \
    X(own_fault_set, "POST", "/_faults", JSON)                                                     \
    X(own_faults_clear, "DELETE", "/_faults", NONE)                                                \
    X(own_fault_remove, "DELETE", "/_faults/{id}", NONE)

static const struct route routes[] = {
#define X(operation, method, path, body)                                                           \
    { method, path, #operation, api_##operation, ROUTE_BODY_##body, true },
    PROVIDER_ROUTES(X)
#undef X
#define X(operation, method, path, body)                                                           \
    { method, path, #operation, api_##operation, ROUTE_BODY_##body, false },
        OWN_ROUTES(X)
#undef X
};

#define X(operation, method, path, body) #operation " "
const char routes_provider_operations[] = PROVIDER_ROUTES(X);
#undef X

/* One segment of a path: up to the next slash or the end. */
static size_t
routes_segment(const char *at)
{
    return strcspn(at, "/");
}

static void
routes_capture(struct call *call, const char *name, const char *at, size_t length)
{
    const char *value = arena_strndup(call->arena, at, length);

    if (strncmp(name, "{zone}", 6) == 0) {
        call->zone = value;
    } else if (strncmp(name, "{id}", 4) == 0) {
        call->id = value;
    } else {
        call->key = value;
    }
}

static bool
routes_match(struct call *call, const char *pattern, const char *path)
{
    while (*pattern == '/' && *path == '/') {
        size_t wanted = routes_segment(++pattern);
        size_t given = routes_segment(++path);
        if (pattern[0] == '{' && given > 0) {
            routes_capture(call, pattern, path, given);
        } else if (wanted != given || strncmp(pattern, path, wanted) != 0) {
            return false;
        }
        pattern += wanted;
        path += given;
    }
    return *pattern == '\0' && *path == '\0';
}

/* The route, or NULL; *known: some method exists at this path.  Literal segments win over
 * {id} because no id is called "availability". */
static const struct route *
routes_find(struct call *call, bool *known)
{
    const char *method = http_request_method(call->request);
    const char *path = http_request_path(call->request);

    *known = false;
    for (size_t i = 0; i < ARRAY_LENGTH(routes); i++) {
        if (routes_match(call, routes[i].path, path)) {
            *known = true;
            if (strcmp(routes[i].method, method) == 0) {
                return &routes[i];
            }
        }
    }
    return NULL;
}

static bool
routes_read_body(struct call *call)
{
    size_t length;
    const char *text = http_request_body(call->request, &length);
    json_t *body = NULL;

    if (call->route->body != ROUTE_BODY_JSON) {
        return true;
    }
    struct error error = json_parse(call->arena, text, length, &body);
    if (error_is(error) || !json_is_object(body)) {
        json_decref(body);
        call_reply(call, 400,
                   json_pack("{s:s, s:s}", "type", "invalid_request_error", "message",
                             error_is(error) ? error.message : "the body must be a JSON object"));
        return false;
    }
    call->body = body;
    return true;
}

/* Everything about a call is known here and nothing is done yet: operation, zone, id (the server's
 * or the thing's). */
static void
routes_act(struct call *call)
{
    if (call->zone != NULL && !world_has_zone(call->world, call->zone)) {
        call_unknown_route(call, arena_printf(call->arena, "zone \"%s\" is unknown", call->zone));
        return;
    }
    if (!routes_read_body(call)) {
        return;
    }
    /* The reply waits for the end of the turn: call stays valid. */
    if (!fault_calls_refuse(call)) {
        call->route->handler(call);
        fault_calls_spoil(call);
    }
    json_decref(call->body);
    call->body = NULL;
    life_arm(call->cloud);
}

void
routes_handle(struct http_request *request, void *context)
{
    struct cloud *cloud = context;
    struct arena *arena = http_request_arena(request);
    struct call *call = arena_alloc(arena, sizeof *call);
    bool known;

    call->cloud = cloud;
    call->world = cloud->world;
    call->request = request;
    call->arena = arena;
    call->now_ms = clock_wall_ms();
    call->route = routes_find(call, &known);
    if (call->route == NULL && known) {
        call_reply(
            call, 405,
            json_pack("{s:s, s:s}", "type", "method_not_allowed", "message", "method not allowed"));
    } else if (call->route == NULL) {
        call_unknown_route(call,
                           arena_printf(arena, "\"%s\" not found", http_request_path(request)));
    } else if (gate_admits(call) && !fault_latency_delays(call, routes_act)) {
        routes_act(call);
    }
}
