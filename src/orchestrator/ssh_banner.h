/* ssh_banner.h: reads the greeting of many SSH servers at once; no session, no key. */
#ifndef INVENTIV_ORCHESTRATOR_SSH_BANNER_H
#define INVENTIV_ORCHESTRATOR_SSH_BANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ssh_banner {
    const char *address; /* IPv4 or IPv6, no name */
    int port;
    bool answered; /* it said "SSH-" */
    int64_t latency_ms;

    int fd; /* the reader's own */
};

/* Returns when all have answered or failed, after timeout_ms at the latest. */
void ssh_banner_read(struct ssh_banner *banners, size_t count, int64_t timeout_ms);

#endif
