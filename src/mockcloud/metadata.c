#include "mockcloud/metadata.h"

#include <string.h>

#include "base/http_server.h"
#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/address.h"
#include "mockcloud/life.h"
#include "mockcloud/world.h"

#define METADATA_USER_DATA "/user_data/"

struct metadata {
    struct cloud *cloud;
    char *server_id;
    struct http_server *server;
};

static void
metadata_reply_json(struct http_request *request, json_t *body)
{
    const char *text = json_text(http_request_arena(request), body);

    json_decref(body);
    http_request_reply(request, 200, "application/json", text, strlen(text));
}

static json_t *
metadata_conf(const struct world *world, const json_t *server)
{
    const char *id = json_get_string(server, "id", "");
    const json_t *address = address_of_server(world, id);
    json_t *place = address == NULL
                        ? json_null()
                        : json_pack("{s:s, s:s}", "id", json_get_string(address, "id", ""),
                                    "address", json_get_string(address, "address", ""));

    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:{s:s}, s:o}", "id", id, "name",
                     json_get_string(server, "name", ""), "hostname",
                     json_get_string(server, "name", ""), "commercial_type",
                     json_get_string(server, "commercial_type", ""), "tags",
                     json_object_get(server, "tags"), "state_detail", "booted", "location",
                     "zone_id", json_get_string(server, "zone", ""), "public_ip", place);
}

static json_t *
metadata_keys(json_t *user_data)
{
    json_t *keys = json_array();
    const char *key;
    json_t *value;

    json_object_foreach(user_data, key, value)
    {
        json_array_append_new(keys, json_string(key));
    }
    return json_pack("{s:o}", "user_data", keys);
}

static void
metadata_handle(struct http_request *request, void *context)
{
    const struct metadata *metadata = context;
    const struct world *world = metadata->cloud->world;
    const json_t *server = world_find(world->servers, NULL, metadata->server_id);
    json_t *user_data = json_object_get(server, "user_data");
    const char *path = http_request_path(request);

    if (server == NULL || strcmp(http_request_method(request), "GET") != 0) {
        http_request_reply_error(request, 404, "not_found", "nothing here");
    } else if (strcmp(path, "/conf") == 0) {
        metadata_reply_json(request, metadata_conf(world, server));
    } else if (strcmp(path, "/user_data") == 0) {
        metadata_reply_json(request, metadata_keys(user_data));
    } else if (strncmp(path, METADATA_USER_DATA, strlen(METADATA_USER_DATA)) == 0) {
        const char *text = json_get_string(user_data, path + strlen(METADATA_USER_DATA), NULL);
        if (text == NULL) {
            http_request_reply_error(request, 404, "not_found", "no such user data");
        } else {
            http_request_reply(request, 200, "text/plain", text, strlen(text));
        }
    } else {
        http_request_reply_error(request, 404, "not_found", "nothing here");
    }
}

struct error
metadata_new(struct cloud *cloud, struct arena *arena, const char *server_id, const char *address,
             struct metadata **out)
{
    struct metadata *metadata = mem_zalloc(sizeof *metadata);
    int64_t port = config_count(cloud->config, SETTING_MOCKCLOUD_METADATA_PORT);
    const struct http_server_options options = {
        .listen = arena_printf(arena, "%s:%lld", address, (long long)port),
        .handler = metadata_handle,
        .context = metadata,
        .body_max = (size_t)config_count(cloud->config, SETTING_MOCKCLOUD_BODY_MAX_BYTES),
        .connections_max =
            (size_t)config_count(cloud->config, SETTING_MOCKCLOUD_METADATA_CONNECTIONS_MAX),
        .request_timeout_ms = config_ms(cloud->config, SETTING_MOCKCLOUD_REQUEST_TIMEOUT_SECONDS),
        .loopback_only = true,
    };

    metadata->cloud = cloud;
    metadata->server_id = mem_strdup(server_id);
    struct error error = http_server_new(cloud->loop, arena, &options, &metadata->server);
    if (error_is(error)) {
        metadata->server = NULL;
        metadata_free(metadata);
        return error;
    }
    *out = metadata;
    return NO_ERROR;
}

void
metadata_free(struct metadata *metadata)
{
    if (metadata == NULL) {
        return;
    }
    http_server_free(metadata->server);
    mem_free(metadata->server_id);
    mem_free(metadata);
}
