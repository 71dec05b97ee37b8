/* machine.h: the processes behind a server.  A machine is one init (guest_init.h), everything it
 * has started, and a metadata service here.  Machines outlive this program; the world keeps the
 * init's process id and start time, by which the next one adopts them. */
#ifndef INVENTIV_MOCKCLOUD_MACHINE_H
#define INVENTIV_MOCKCLOUD_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "mockcloud/cloud.h"
#include "mockcloud/procfs.h"

/* Starts the machine of a server that has an address; notes its init in the server. */
MUST_CHECK struct error machine_boot(struct cloud *cloud, struct arena *arena, json_t *server);

/* Takes over the machine of before; false when it is not there any more. */
bool machine_adopt(struct cloud *cloud, struct arena *arena, json_t *server);

/* Starts to end everything of the machine, and its folder too; life_machine_ended() tells when
 * that is done.  A server without machine: nothing to do but the folder. */
void machine_end(struct cloud *cloud, const char *server_id, bool with_folder);

/* Running or ending. */
bool machine_is_there(const struct cloud *cloud, const char *server_id);

/* Ends what runs and belongs to no machine that was adopted, and removes the folders of servers
 * that are not known; at start, before any machine boots. */
void machine_clear_strays(struct cloud *cloud);

/* 0: not running. */
struct machine_parts {
    pid_t ssh;
    pid_t agent;
    pid_t engine;
};
struct machine_parts machine_find_parts(const struct cloud *cloud, const struct procfs_list *list,
                                        const char *server_id);

/* Lets go of all machines, which run on. */
void machine_release_all(struct cloud *cloud);

#endif
