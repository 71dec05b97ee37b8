#include "mockcloud/machine.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/child.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "mockcloud/fault_machines.h"
#include "mockcloud/guest_folder.h"
#include "mockcloud/life.h"
#include "mockcloud/metadata.h"
#include "mockcloud/world.h"

struct machine {
    struct cloud *cloud;
    struct machine *next;
    char *server_id;
    pid_t pid;
    int pidfd; /* readable when the init has ended */
    struct loop_watch *watch;
    struct loop_timer *patience; /* while it is ending */
    struct metadata *metadata;
    bool with_folder; /* remove it at the end */
    bool adopted;     /* not our child */
};

static struct machine *
machine_find(const struct cloud *cloud, const char *server_id)
{
    for (struct machine *machine = cloud->machines; machine != NULL; machine = machine->next) {
        if (strcmp(machine->server_id, server_id) == 0) {
            return machine;
        }
    }
    return NULL;
}

bool
machine_is_there(const struct cloud *cloud, const char *server_id)
{
    return machine_find(cloud, server_id) != NULL;
}

/* Forgets it; the processes are no concern of this. */
static void
machine_free(struct machine *machine)
{
    struct machine **link = &machine->cloud->machines;

    while (*link != machine) {
        link = &(*link)->next;
    }
    *link = machine->next;
    loop_watch_free(machine->watch);
    loop_timer_free(machine->patience);
    metadata_free(machine->metadata);
    close(machine->pidfd);
    mem_free(machine->server_id);
    mem_free(machine);
}

void
machine_release_all(struct cloud *cloud)
{
    while (cloud->machines != NULL) {
        machine_free(cloud->machines);
    }
}

/* Whatever is left of it once its init is gone. */
static void
machine_clear(struct cloud *cloud, const char *server_id, bool with_processes, bool with_folder)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *folder = guest_folder_path(arena, cloud->guest_base, server_id);

    if (with_processes && !procfs_kill_marked(folder)) {
        log_warn("machine leaves processes", LOG_STR(PROVIDER_REF, server_id));
    }
    if (with_folder) {
        guest_folder_remove(folder);
    }
}

/* The init has ended. */
static void
machine_on_exit(void *argument)
{
    struct machine *machine = argument;
    struct cloud *cloud = machine->cloud;
    char *server_id = machine->server_id;
    bool with_folder = machine->with_folder;
    int wait_status = -1;

    /* An init that ended as told has left nothing; of an adopted one nobody tells us how it did. */
    bool clean = child_ended(machine->pid, &wait_status) && wait_status == 0 && !machine->adopted;
    machine->server_id = NULL;
    machine_free(machine);
    machine_clear(cloud, server_id, !clean, with_folder);
    life_machine_ended(cloud, server_id);
    mem_free(server_id);
}

/* It was told to end and has not. */
static void
machine_on_patience(void *argument)
{
    struct machine *machine = argument;

    log_warn("machine killed", LOG_STR(PROVIDER_REF, machine->server_id),
             LOG_I64(PID, machine->pid));
    machine_clear(machine->cloud, machine->server_id, true, false);
}

/* Its init runs, as pid: looks after it from now on. */
static struct error
machine_watch(struct cloud *cloud, struct arena *arena, const json_t *server, pid_t pid)
{
    const char *id = json_get_string(server, "id", "");
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);

    if (pidfd < 0) {
        return error_make(arena, ERR_IO, "cannot watch process %d of machine %s", (int)pid, id);
    }
    struct machine *machine = mem_zalloc(sizeof *machine);
    machine->cloud = cloud;
    machine->server_id = mem_strdup(id);
    machine->pid = pid;
    machine->pidfd = pidfd;
    machine->watch = loop_watch_new(cloud->loop, pidfd, machine_on_exit, machine);
    machine->patience = loop_timer_new(cloud->loop, machine_on_patience, machine);
    machine->next = cloud->machines;
    cloud->machines = machine;
    return metadata_new(cloud, arena, id, json_get_string(server, "address", ""),
                        &machine->metadata);
}

/* The whole environment of a machine's init; it hands only the first part to what it runs. */
static const char *const *
machine_environment(const struct cloud *cloud, struct arena *arena, const char *folder,
                    const char *address, const char *ssh)
{
    static const enum setting_id passed[] = {
        SETTING_LOG_LEVEL,
        SETTING_MOCKCLOUD_SSH_PORT,
        SETTING_MOCKCLOUD_INSTALL_SECONDS,
        SETTING_MOCKCLOUD_GUEST_PROCESSES_MAX,
        SETTING_MOCKCLOUD_GUEST_FILE_MAX_BYTES,
        SETTING_MOCKCLOUD_METADATA_TIMEOUT_SECONDS,
        SETTING_MOCKCLOUD_METADATA_RETRY_SECONDS,
        SETTING_MOCKCLOUD_METADATA_TRIES_MAX,
        SETTING_MOCKCLOUD_BODY_MAX_BYTES,
    };
    int64_t port = config_count(cloud->config, SETTING_MOCKCLOUD_METADATA_PORT);
    const char **list = arena_array(arena, const char *, ARRAY_LENGTH(passed) + 7);
    size_t count = 0;

    list[count++] = arena_printf(
        arena, "PATH=%s/image/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        cloud->guest_base);
    list[count++] = arena_printf(arena, "HOME=%s", folder);
    list[count++] = arena_printf(arena, "INVENTIV_ROOT=%s", folder);
    list[count++] = arena_printf(arena, "GUEST_ADDRESS=%s", address);
    list[count++] =
        arena_printf(arena, "INVENTIV_METADATA_URL=http://%s:%lld", address, (long long)port);
    if (ssh != NULL) {
        list[count++] = arena_printf(arena, "GUEST_SSH=%s", ssh);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(passed); i++) {
        list[count++] = arena_printf(arena, "%s=%s", settings[passed[i]].name,
                                     config_text(cloud->config, passed[i]));
    }
    return list;
}

struct error
machine_boot(struct cloud *cloud, struct arena *arena, json_t *server)
{
    const char *id = json_get_string(server, "id", "");
    const char *address = json_get_string(server, "address", "");
    const char *folder = guest_folder_path(arena, cloud->guest_base, id);
    const char *const argv[] = { guest_folder_program(arena, cloud->guest_base), "--guest-init",
                                 NULL };
    const struct child_options options = {
        .argv = argv,
        .environment =
            machine_environment(cloud, arena, folder, address, fault_machines_ssh(cloud, server)),
        .directory = folder,
        .output_path = arena_printf(arena, "%s/var/log/console.log", folder),
        .user = config_text(cloud->config, SETTING_MOCKCLOUD_GUEST_USER),
    };
    pid_t pid;

    TRY(guest_folder_prepare(arena, cloud->config, folder));
    TRY(child_start(arena, &options, &pid));
    struct error error = machine_watch(cloud, arena, server, pid);
    if (error_is(error)) {
        kill(pid, SIGTERM);
        machine_end(cloud, id, false);
        return error;
    }
    world_set_i64(cloud->world, server, "pid", pid);
    world_set_i64(cloud->world, server, "pid_started", child_start_time(pid));
    return NO_ERROR;
}

bool
machine_adopt(struct cloud *cloud, struct arena *arena, json_t *server)
{
    pid_t pid = (pid_t)json_get_i64(server, "pid", 0);

    if (pid <= 0 || !child_is_alive(pid, json_get_i64(server, "pid_started", 0))) {
        world_set_i64(cloud->world, server, "pid", 0);
        return false;
    }
    struct error error = machine_watch(cloud, arena, server, pid);
    if (error_is(error)) {
        log_fail("machine not adopted", LOG_STR(PROVIDER_REF, json_get_string(server, "id", "")),
                 LOG_STR(ERROR, error.message));
    }
    struct machine *machine = machine_find(cloud, json_get_string(server, "id", ""));
    if (machine != NULL) {
        machine->adopted = true;
    }
    return machine != NULL;
}

void
machine_end(struct cloud *cloud, const char *server_id, bool with_folder)
{
    struct machine *machine = machine_find(cloud, server_id);

    if (machine == NULL) {
        if (with_folder) {
            machine_clear(cloud, server_id, false, true);
        }
        return;
    }
    machine->with_folder = machine->with_folder || with_folder;
    metadata_free(machine->metadata);
    machine->metadata = NULL;
    kill(machine->pid, SIGTERM);
    kill(machine->pid, SIGCONT); /* in case that it was stopped */
    loop_timer_start(machine->patience, config_ms(cloud->config, SETTING_MOCKCLOUD_KILL_SECONDS));
}

/* A folder of ours whose machine is not there. */
static bool
machine_is_stray(const char *root, const void *argument)
{
    const struct cloud *cloud = argument;
    size_t length = strlen(cloud->guest_base);

    return strncmp(root, cloud->guest_base, length) == 0 && root[length] == '/' &&
           !machine_is_there(cloud, root + length + 1);
}

void
machine_clear_strays(struct cloud *cloud)
{
    DIR *base = opendir(cloud->guest_base);
    const struct dirent *entry;

    if (!procfs_kill_doomed(machine_is_stray, cloud)) {
        log_warn("machines of before leave processes");
    }
    while (base != NULL && (entry = readdir(base)) != NULL) {
        if (digest_is_uuid(entry->d_name) &&
            world_find(cloud->world->servers, NULL, entry->d_name) == NULL) {
            machine_clear(cloud, entry->d_name, false, true);
        }
    }
    if (base != NULL) {
        closedir(base);
    }
}

struct machine_parts
machine_find_parts(const struct cloud *cloud, const struct procfs_list *list, const char *server_id)
{
    const struct machine *machine = machine_find(cloud, server_id);
    struct machine_parts parts = { 0 };

    for (size_t i = 0; machine != NULL && i < list->count; i++) {
        pid_t pid = list->entries[i].pid;
        if (!procfs_descends(list, pid, machine->pid)) {
            continue;
        }
        if (procfs_has_argument(pid, "--guest-ssh")) {
            parts.ssh = pid;
        } else if (procfs_has_argument(pid, "--fake-engine")) {
            parts.engine = pid;
        } else if (parts.agent == 0 && procfs_is_program(pid, "inventiv-worker")) {
            parts.agent = pid;
        }
    }
    return parts;
}
