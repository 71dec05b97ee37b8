#include "mockcloud/guest_ssh.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { GUEST_SSH_CLIENTS = 64, GUEST_SSH_BACKLOG = 64 };
#define GUEST_SSH_BANNER "SSH-2.0-OpenSSH_9.2p1 mockcloud\r\n"

static int
guest_ssh_listen(const char *address, const char *port)
{
    struct sockaddr_in name = { .sin_family = AF_INET };
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    name.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
    if (fd < 0 || inet_pton(AF_INET, address, &name.sin_addr) != 1 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)&name, sizeof name) != 0 ||
        listen(fd, GUEST_SSH_BACKLOG) != 0) {
        fprintf(stderr, "guest-ssh: cannot listen on %s:%s: %s\n", address, port, strerror(errno));
        return -1;
    }
    return fd;
}

/* A free place, or the one that was taken longest ago (they are taken in turn). */
static void
guest_ssh_take(struct pollfd *places, size_t *turn, int client, bool greets)
{
    struct pollfd *place = &places[1 + *turn];

    if (place->fd >= 0) {
        close(place->fd);
    }
    *turn = (*turn + 1) % GUEST_SSH_CLIENTS;
    *place = (struct pollfd){ .fd = client, .events = POLLIN };
    if (greets) {
        ssize_t ignored = send(client, GUEST_SSH_BANNER, strlen(GUEST_SSH_BANNER), MSG_NOSIGNAL);
        (void)ignored;
    }
}

/* Whatever a client says is read and dropped, until it hangs up. */
static void
guest_ssh_hear(struct pollfd *place)
{
    char dropped[1024];

    if (place->fd >= 0 && place->revents != 0 && read(place->fd, dropped, sizeof dropped) <= 0) {
        close(place->fd);
        place->fd = -1;
    }
}

int
guest_ssh_main(int argc, char **argv)
{
    struct pollfd places[1 + GUEST_SSH_CLIENTS];
    size_t turn = 0;
    bool greets = argc < 5 || strcmp(argv[4], "mute") != 0;
    int listener = argc < 4 ? -1 : guest_ssh_listen(argv[2], argv[3]);

    if (listener < 0) {
        return 1;
    }
    for (size_t i = 0; i <= GUEST_SSH_CLIENTS; i++) {
        places[i] = (struct pollfd){ .fd = -1 };
    }
    places[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
    for (;;) {
        if (poll(places, 1 + GUEST_SSH_CLIENTS, -1) < 0 && errno != EINTR) {
            return 1;
        }
        for (size_t i = 1; i <= GUEST_SSH_CLIENTS; i++) {
            guest_ssh_hear(&places[i]);
        }
        if ((places[0].revents & POLLIN) != 0) {
            int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (client >= 0) {
                guest_ssh_take(places, &turn, client, greets);
            }
        }
    }
}
