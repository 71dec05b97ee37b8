#include "mockcloud/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "mockcloud/bill.h"

enum { ADDRESS_FIRST = 2, ADDRESS_LAST = 254 };

static bool
address_is_held(json_t *table, const char *text)
{
    const char *id;
    json_t *thing;

    json_object_foreach(table, id, thing)
    {
        if (strcmp(json_get_string(thing, "address", ""), text) == 0) {
            return true;
        }
    }
    return false;
}

static bool
address_can_bind(const char *text, int64_t port)
{
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || inet_pton(AF_INET, text, &name.sin_addr) != 1) {
        return false;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool bound = bind(fd, (const struct sockaddr *)&name, sizeof name) == 0;
    close(fd);
    return bound;
}

const char *
address_find_free(struct cloud *cloud, struct arena *arena)
{
    const char *network = config_text(cloud->config, SETTING_MOCKCLOUD_NETWORK);
    const char *dot = strrchr(network, '.');
    int prefix = dot == NULL ? 0 : (int)(dot - network);

    for (int host = ADDRESS_FIRST; host <= ADDRESS_LAST; host++) {
        const char *text = arena_printf(arena, "%.*s.%d", prefix, network, host);
        if (!address_is_held(cloud->world->servers, text) &&
            !address_is_held(cloud->world->addresses, text) &&
            address_can_bind(text, config_count(cloud->config, SETTING_MOCKCLOUD_SSH_PORT)) &&
            address_can_bind(text, config_count(cloud->config, SETTING_MOCKCLOUD_METADATA_PORT))) {
            return text;
        }
    }
    return NULL;
}

json_t *
address_new(struct world *world, const char *zone, const char *text, json_t *tags,
            const char *server_id, int64_t now_ms)
{
    json_t *address = world_add(world, world->addresses, zone, now_ms);

    world_set_text(world, address, "address", text);
    world_set_text(world, address, "server", server_id);
    world_set_json(world, address, "tags", tags == NULL ? json_array() : json_incref(tags));
    bill_open(world, "address", address, now_ms);
    return address;
}

void
address_delete(struct world *world, const json_t *address, int64_t now_ms)
{
    const char *id = json_get_string(address, "id", "");

    bill_close(world, id, now_ms);
    world_remove(world, world->addresses, id);
}

json_t *
address_of_server(const struct world *world, const char *server_id)
{
    const char *id;
    json_t *address;

    json_object_foreach(world->addresses, id, address)
    {
        const char *owner = json_get_string(address, "server", NULL);
        if (owner != NULL && strcmp(owner, server_id) == 0) {
            return address;
        }
    }
    return NULL;
}
