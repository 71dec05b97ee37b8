#include "mockcloud/server_view.h"

#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/address.h"
#include "mockcloud/image_view.h"
#include "mockcloud/life.h"
#include "mockcloud/local_volume_view.h"
#include "mockcloud/volume.h"

json_t *
server_summary(const struct world *world, const char *server_id)
{
    const json_t *server = world_find(world->servers, NULL, server_id);

    if (server == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:s}", "id", server_id, "name", json_get_string(server, "name", ""));
}

json_t *
server_allowed_actions(const json_t *server)
{
    if (life_is(server, LIFE_STOPPED)) {
        return json_pack("[s, s]", "poweron", "terminate");
    }
    if (life_is(server, LIFE_RUNNING)) {
        return json_pack("[s, s, s, s]", "poweroff", "terminate", "reboot", "stop_in_place");
    }
    if (life_is(server, LIFE_STOPPED_IN_PLACE)) {
        return json_pack("[s, s, s]", "poweron", "poweroff", "terminate");
    }
    return json_array();
}

/* Block volumes show neither name nor size here: the Instance API does not know them. */
static json_t *
server_volume_view(const struct call *call, json_t *volume, bool boot)
{
    json_t *view =
        volume_is_local(volume)
            ? local_volume_view(call, volume)
            : json_pack("{s:s, s:s, s:s, s:s}", "id", json_get_string(volume, "id", ""),
                        "volume_type", "sbs_volume", "state", "available", "zone", call->zone);

    json_object_set_new(view, "boot", json_boolean(boot));
    return view;
}

static json_t *
server_volumes_view(const struct call *call, const json_t *server)
{
    json_t *view = json_object();
    size_t index;
    json_t *id;

    json_array_foreach(json_object_get(server, "volumes"), index, id)
    {
        json_t *volume = world_find(call->world->volumes, NULL, json_string_value(id));
        if (volume != NULL) {
            json_object_set_new(view, arena_printf(call->arena, "%zu", index),
                                server_volume_view(call, volume, index == 0));
        }
    }
    return view;
}

static json_t *
server_address_view(const json_t *address)
{
    bool dynamic = json_get_bool(address, "dynamic", false);

    return json_pack("{s:s, s:s, s:n, s:s, s:s, s:b, s:s, s:s, s:O}", "id",
                     json_get_string(address, "id", ""), "address",
                     json_get_string(address, "address", ""), "gateway", "netmask", "32", "family",
                     "inet", "dynamic", dynamic, "provisioning_mode", "dhcp", "state", "attached",
                     "tags", json_object_get(address, "tags"));
}

/* A public address is told of only while the server runs. */
static void
server_add_addresses(const struct call *call, const json_t *server, json_t *view)
{
    const json_t *address = life_is(server, LIFE_RUNNING)
                                ? address_of_server(call->world, json_get_string(server, "id", ""))
                                : NULL;

    if (address == NULL) {
        json_object_set_new(view, "public_ip", json_null());
        json_object_set_new(view, "public_ips", json_array());
        return;
    }
    json_object_set_new(view, "public_ip", server_address_view(address));
    json_object_set_new(view, "public_ips", json_pack("[o]", server_address_view(address)));
}

static json_t *
server_group_view(const struct call *call, const json_t *server)
{
    const char *id = json_get_string(server, "group", NULL);
    const json_t *group = world_find(call->world->groups, NULL, id);

    if (group == NULL) {
        return json_null();
    }
    return json_pack("{s:s, s:s}", "id", id, "name", json_get_string(group, "name", ""));
}

static json_t *
server_image_view(const struct call *call, const json_t *server)
{
    const struct image *image = image_find(json_get_string(server, "image", ""));

    return image == NULL ? json_null() : image_view(call->world, image, call->zone);
}

static void
server_add_constants(json_t *view)
{
    static const char *const empty[] = { "extra_networks", "maintenances", "private_nics",
                                         "filesystems" };
    static const char *const missing[] = { "ipv6", "private_ip", "bootscript", "location",
                                           "placement_group" };

    for (size_t i = 0; i < ARRAY_LENGTH(empty); i++) {
        json_object_set_new(view, empty[i], json_array());
    }
    for (size_t i = 0; i < ARRAY_LENGTH(missing); i++) {
        json_object_set_new(view, missing[i], json_null());
    }
    json_object_update_new(view, json_pack("{s:s, s:b, s:b, s:b, s:b}", "arch", "x86_64",
                                           "protected", 0, "routed_ip_enabled", 1, "enable_ipv6", 0,
                                           "end_of_service", 0));
}

static const char *
server_hostname(struct arena *arena, const char *name)
{
    char *host = arena_strdup(arena, name);

    for (char *at = host; *at != '\0'; at++) {
        *at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '-';
    }
    return host;
}

json_t *
server_view(const struct call *call, json_t *server)
{
    const char *id = json_get_string(server, "id", "");
    const char *name = json_get_string(server, "name", "");
    const char *mac = arena_printf(call->arena, "de:00:00:%.2s:%.2s:%.2s", id, id + 2, id + 4);
    json_t *view = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:b, s:s, s:o, s:o, s:s}", "id", id,
        "name", name, "hostname", server_hostname(call->arena, name), "commercial_type",
        json_get_string(server, "commercial_type", ""), "boot_type", "local", "organization",
        call->world->organization, "project", call->world->project, "tags",
        json_object_get(server, "tags"), "state", life_state(server), "state_detail",
        life_is(server, LIFE_RUNNING) ? "booted" : "", "dynamic_ip_required",
        json_get_bool(server, "dynamic_ip_required", true), "mac_address", mac, "creation_date",
        world_date(json_get_i64(server, "created_ms", 0)), "modification_date",
        world_date(json_get_i64(server, "modified_ms", 0)), "zone",
        json_get_string(server, "zone", ""));

    server_add_constants(view);
    server_add_addresses(call, server, view);
    json_object_set_new(view, "image", server_image_view(call, server));
    json_object_set_new(view, "volumes", server_volumes_view(call, server));
    json_object_set_new(view, "security_group", server_group_view(call, server));
    json_object_set_new(view, "allowed_actions", server_allowed_actions(server));
    return view;
}
