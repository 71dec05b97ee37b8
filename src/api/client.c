#include "api/client.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Whether a comma-separated list has the item; blanks around items do not count. */
static bool
client_list_has(const char *list, const char *item)
{
    size_t length = strlen(item);

    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t piece = strcspn(list, ", ");
        if (piece == length && piece > 0 && strncmp(list, item, piece) == 0) {
            return true;
        }
        list += piece;
    }
    return false;
}

static bool
client_is_trusted(const struct config *config, const char *address)
{
    return client_list_has(config_text(config, SETTING_TRUSTED_PROXIES), address);
}

static bool
client_is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

const char *
client_address(struct arena *arena, const struct config *config, const struct http_request *request)
{
    const char *address = http_request_peer(request);
    const char *hops = http_request_header(request, "X-Forwarded-For");

    if (hops == NULL || !client_is_trusted(config, address)) {
        return arena_strdup(arena, address);
    }
    char *rest = arena_strdup(arena, hops);
    while (rest[0] != '\0') {
        char *comma = strrchr(rest, ',');
        char *hop = comma == NULL ? rest : comma + 1;
        hop += strspn(hop, " \t");
        hop[strcspn(hop, " \t")] = '\0';
        if (!client_is_address(hop)) {
            break;
        }
        address = arena_strdup(arena, hop);
        if (comma == NULL || !client_is_trusted(config, hop)) {
            break;
        }
        *comma = '\0';
    }
    return arena_strdup(arena, address);
}

bool
client_is_https(const struct config *config, const struct http_request *request)
{
    const char *scheme = http_request_header(request, "X-Forwarded-Proto");

    return scheme != NULL && strcasecmp(scheme, "https") == 0 &&
           client_is_trusted(config, http_request_peer(request));
}

/* The host of "host:port", "[v6]:port" or "host": where it begins, and its length. */
static const char *
client_host_of(const char *authority, size_t *length)
{
    if (authority[0] == '[') {
        *length = strcspn(authority + 1, "]");
        return authority + 1;
    }
    *length = strcspn(authority, ":/");
    return authority;
}

static bool
client_is_host_of(const char *authority, const char *host, size_t length)
{
    size_t own_length;
    const char *own = client_host_of(authority, &own_length);

    return own_length == length && length > 0 && strncasecmp(own, host, length) == 0;
}

bool
client_means_us(const struct config *config, const struct http_request *request)
{
    const char *url = config_text(config, SETTING_API_PUBLIC_URL);
    const char *authority = strstr(url, "://");
    const char *header = http_request_header(request, "Host");
    char name[256];
    size_t length;

    if (header == NULL) {
        return false;
    }
    const char *host = client_host_of(header, &length);
    if (length == 0 || length >= sizeof name) {
        return false;
    }
    memcpy(name, host, length);
    name[length] = '\0';
    return client_is_address(name) || strcasecmp(name, "localhost") == 0 ||
           client_is_host_of(config_text(config, SETTING_API_LISTEN), host, length) ||
           client_is_host_of(authority == NULL ? url : authority + 3, host, length);
}

bool
client_origin_is_ours(const struct http_request *request)
{
    const char *origin = http_request_header(request, "Origin");
    const char *host = http_request_header(request, "Host");

    if (origin == NULL || host == NULL) {
        return false;
    }
    const char *authority = strstr(origin, "://");
    return authority != NULL && strcasecmp(authority + 3, host) == 0 &&
           strncasecmp(origin, "http", 4) == 0;
}
