/* guest_ssh.h: what answers on a machine's SSH port: a banner, and nothing behind it. */
#ifndef INVENTIV_MOCKCLOUD_GUEST_SSH_H
#define INVENTIV_MOCKCLOUD_GUEST_SSH_H

/* The program `--guest-ssh ADDRESS PORT`; ends by a signal only, or with 1 when it cannot
 * listen. */
int guest_ssh_main(int argc, char **argv);

#endif
