/* Public addresses (ips of the Instance API). */
#include <string.h>

#include "base/json.h"
#include "mockcloud/address.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/list.h"
#include "mockcloud/server_view.h"

static json_t *
address_view(const struct call *call, json_t *address)
{
    const char *server = json_get_string(address, "server", NULL);

    return json_pack("{s:s, s:s, s:n, s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:O, s:n}", "id",
                     json_get_string(address, "id", ""), "address",
                     json_get_string(address, "address", ""), "prefix", "reverse",
                     json_string_or_null(json_get_string(address, "reverse", NULL)), "server",
                     server_summary(call->world, server), "organization", call->world->organization,
                     "project", call->world->project, "zone", json_get_string(address, "zone", ""),
                     "type", "routed_ipv4", "state", server == NULL ? "detached" : "attached",
                     "tags", json_object_get(address, "tags"), "ipam_id");
}

static json_t *
address_find(struct call *call)
{
    json_t *address = world_find(call->world->addresses, call->zone, call->id);

    if (address == NULL) {
        call_not_found(call, "instance_ip", call->id);
    }
    return address;
}

/* False: refused, because there is no such server or it has an address already. */
static bool
address_server_fits(struct call *call, const char *server_id, const json_t *address)
{
    const json_t *held = server_id == NULL ? NULL : address_of_server(call->world, server_id);

    if (server_id == NULL) {
        return true;
    }
    if (world_find(call->world->servers, call->zone, server_id) == NULL) {
        call_not_found(call, "instance_server", server_id);
        return false;
    }
    if (held != NULL && held != address) {
        call_precondition(call, 400, "resource_still_in_use", "the server has an address");
        return false;
    }
    return true;
}

void
api_address_create(struct call *call)
{
    json_t *tags;
    const char *server_id;

    if (!arguments_project(call, "project") || !arguments_tags(call, &tags) ||
        !arguments_text(call, "server", NULL, &server_id) ||
        !address_server_fits(call, server_id, NULL)) {
        return;
    }
    const char *text = address_find_free(call->cloud, call->arena);
    if (text == NULL) {
        call_reply(call, 403,
                   json_pack("{s:s, s:s, s:[]}", "type", "quotas_exceeded", "message",
                             "no address is left", "details"));
        return;
    }
    json_t *address = address_new(call->world, call->zone, text, tags, server_id, call->now_ms);
    call_reply_named(call, 201, "ip", address_view(call, address));
}

static bool
address_is_wanted(const struct call *call, const json_t *address)
{
    const char *type = http_request_query(call->request, "type");

    (void)address;
    return type == NULL || type[0] == '\0' || strstr(type, "routed_ipv4") != NULL;
}

void
api_address_list(struct call *call)
{
    const struct list_shape shape = {
        .name = "ips",
        .table = call->world->addresses,
        .wanted = address_is_wanted,
        .view = address_view,
    };

    list_reply(call, &shape);
}

void
api_address_get(struct call *call)
{
    json_t *address = address_find(call);

    if (address != NULL) {
        call_reply_named(call, 200, "ip", address_view(call, address));
    }
}

void
api_address_update(struct call *call)
{
    json_t *address = address_find(call);
    const json_t *server = json_object_get(call->body, "server");
    const char *server_id;
    json_t *tags;

    if (address == NULL || !arguments_tags(call, &tags) ||
        !arguments_text(call, "server", NULL, &server_id) ||
        !address_server_fits(call, server_id, address)) {
        return;
    }
    if (server != NULL) {
        world_set_text(call->world, address, "server", server_id);
    }
    if (tags != NULL) {
        world_set_json(call->world, address, "tags", json_incref(tags));
    }
    call_reply_named(call, 200, "ip", address_view(call, address));
}

void
api_address_delete(struct call *call)
{
    const json_t *address = address_find(call);

    if (address != NULL) {
        address_delete(call->world, address, call->now_ms);
        call_reply(call, 204, NULL);
    }
}
