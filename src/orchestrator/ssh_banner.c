#include "orchestrator/ssh_banner.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static int
ssh_banner_connect(const struct ssh_banner *banner)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof port, "%d", banner->port);
    if (getaddrinfo(banner->address, port, &hints, &found) != 0) {
        return -1;
    }
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

static void
ssh_banner_end(struct ssh_banner *banner, int64_t started_ms)
{
    char text[4];
    ssize_t got = recv(banner->fd, text, sizeof text, MSG_DONTWAIT);

    banner->answered = got == (ssize_t)sizeof text && memcmp(text, "SSH-", sizeof text) == 0;
    banner->latency_ms = clock_monotonic_ms() - started_ms;
    close(banner->fd);
    banner->fd = -1;
}

/* One poll of all that are still open; false when none is left. */
static bool
ssh_banner_wait(struct ssh_banner *banners, size_t count, struct pollfd *polled, int64_t started_ms,
                int64_t left_ms)
{
    bool open = false;

    for (size_t i = 0; i < count; i++) {
        polled[i] = (struct pollfd){ .fd = banners[i].fd, .events = POLLIN };
        open = open || banners[i].fd >= 0;
    }
    if (!open || poll(polled, count, (int)left_ms) < 0) {
        return open;
    }
    for (size_t i = 0; i < count; i++) {
        if (banners[i].fd >= 0 && polled[i].revents != 0) {
            ssh_banner_end(&banners[i], started_ms);
        }
    }
    return true;
}

void
ssh_banner_read(struct ssh_banner *banners, size_t count, int64_t timeout_ms)
{
    CLEANUP_MEM struct pollfd *polled = mem_zalloc(sizeof *polled * (count + 1));
    int64_t started_ms = clock_monotonic_ms();
    int64_t left_ms = timeout_ms;

    for (size_t i = 0; i < count; i++) {
        banners[i].answered = false;
        banners[i].fd = ssh_banner_connect(&banners[i]);
    }
    while (left_ms > 0 && ssh_banner_wait(banners, count, polled, started_ms, left_ms)) {
        left_ms = timeout_ms - (clock_monotonic_ms() - started_ms);
    }
    for (size_t i = 0; i < count; i++) {
        if (banners[i].fd >= 0) {
            ssh_banner_end(&banners[i], started_ms);
        }
    }
}
