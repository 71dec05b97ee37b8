#include "worker/plane_address.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PLANE_AUTHORITY_MAX = 300 };

static bool
plane_address_copy(char *out, size_t size, const char *from, size_t length)
{
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(out, from, length);
    out[length] = '\0';
    return true;
}

/* What stands between the scheme, or a user's name, and the path. */
static bool
plane_address_authority(const char *url, char *out, size_t size)
{
    const char *scheme_end = strstr(url, "://");
    const char *start = scheme_end == NULL ? url : scheme_end + 3;
    size_t length = strcspn(start, "/?#");
    const char *user_end = memchr(start, '@', length);
    size_t user = user_end == NULL ? 0 : (size_t)(user_end - start) + 1;

    return plane_address_copy(out, size, start + user, length - user);
}

bool
plane_address_split(const char *url, char *host, size_t host_size, char *port, size_t port_size)
{
    char authority[PLANE_AUTHORITY_MAX] = "";

    if (!plane_address_authority(url, authority, sizeof authority)) {
        return false;
    }
    bool bracketed = authority[0] == '[';
    const char *start = authority + (bracketed ? 1 : 0);
    size_t length = strcspn(start, bracketed ? "]" : ":");
    const char *rest = start + length;
    if (bracketed && *rest++ == '\0') {
        return false;
    }
    const char *number = strncmp(url, "https:", 6) == 0 ? "443" : "80";
    number = *rest == ':' ? rest + 1 : number;
    return plane_address_copy(host, host_size, start, length) &&
           plane_address_copy(port, port_size, number, strlen(number));
}

static bool
plane_address_write(const struct sockaddr *address, char *out, size_t size)
{
    const void *bytes =
        address->sa_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr
            : (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

    return inet_ntop(address->sa_family, bytes, out, (socklen_t)size) != NULL;
}

/* Connecting a datagram socket sends nothing; it only picks a route. */
static bool
plane_address_towards(const struct addrinfo *peer, char *out, size_t size)
{
    struct sockaddr_storage own = { 0 };
    socklen_t length = sizeof own;
    int fd = socket(peer->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return false;
    }
    bool found = connect(fd, peer->ai_addr, peer->ai_addrlen) == 0 &&
                 getsockname(fd, (struct sockaddr *)&own, &length) == 0 &&
                 plane_address_write((const struct sockaddr *)&own, out, size);
    close(fd);
    return found && strcmp(out, "127.0.0.1") != 0 && strcmp(out, "::1") != 0;
}

static bool
plane_address_by_route(const char *plane_url, char *out, size_t size)
{
    char host[256], port[8];
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *peers = NULL;
    bool found = false;

    if (!plane_address_split(plane_url, host, sizeof host, port, sizeof port) ||
        getaddrinfo(host, port, &hints, &peers) != 0) {
        return false;
    }
    for (const struct addrinfo *peer = peers; peer != NULL && !found; peer = peer->ai_next) {
        found = plane_address_towards(peer, out, size);
    }
    freeaddrinfo(peers);
    return found;
}

static bool
plane_address_by_name(char *out, size_t size)
{
    char name[HOST_NAME_MAX + 1];
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *owns = NULL;
    bool found = false;

    if (gethostname(name, sizeof name) != 0 || getaddrinfo(name, NULL, &hints, &owns) != 0) {
        return false;
    }
    for (const struct addrinfo *own = owns; own != NULL && !found; own = own->ai_next) {
        found = plane_address_write(own->ai_addr, out, size) && strncmp(out, "127.", 4) != 0;
    }
    freeaddrinfo(owns);
    return found;
}

void
plane_address_find(const char *plane_url, char *out, size_t size)
{
    if (!plane_address_by_route(plane_url, out, size) && !plane_address_by_name(out, size)) {
        out[0] = '\0';
    }
}
