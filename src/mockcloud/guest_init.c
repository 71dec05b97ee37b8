#include "mockcloud/guest_init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/http_client.h"
#include "base/log.h"
#include "base/mem.h"
#include "mockcloud/procfs.h"

#define GUEST_HOOKS "var/lib/cloud/scripts/per-boot"
#define GUEST_SCRIPT "var/lib/cloud/instance/user-data"
#define GUEST_FIRST_BOOT_DONE "var/lib/cloud/instance/first-boot-done"
#define GUEST_OUTPUT "var/log/cloud-init-output.log"
#define GUEST_USER_DATA "/user_data/cloud-init"

struct guest_init {
    const struct config *config;
    struct arena *arena; /* lives as long as the machine */
    const char *const *environment;
    sigset_t signals; /* SIGCHLD and SIGTERM, blocked and waited for */
};

/* All that a machine's programs get to see of the outside. */
static const char *const guest_init_names[] = { "PATH", "HOME", "INVENTIV_ROOT", "GUEST_ADDRESS",
                                                "INVENTIV_METADATA_URL" };

static const char *const *
guest_init_environment(struct arena *arena)
{
    const char **list = arena_array(arena, const char *, ARRAY_LENGTH(guest_init_names) + 1);
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(guest_init_names); i++) {
        const char *value = getenv(guest_init_names[i]);
        if (value != NULL) {
            list[count++] = arena_printf(arena, "%s=%s", guest_init_names[i], value);
        }
    }
    return list;
}

static void
guest_init_limit(__rlimit_resource_t resource, int64_t value)
{
    struct rlimit limit = { .rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value };

    setrlimit(resource, &limit); /* above what we have ourselves: then that stays */
}

/* SIGKILL for the children of this process; what they leave behind becomes its children. */
static void
guest_init_kill_children(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct procfs_list list = procfs_list_all(arena);

    for (size_t i = 0; i < list.count; i++) {
        if (list.entries[i].parent == getpid()) {
            kill(list.entries[i].pid, SIGKILL);
        }
    }
}

static _Noreturn void
guest_init_end(void)
{
    int status;

    do {
        guest_init_kill_children();
    } while (waitpid(-1, &status, 0) > 0 || errno == EINTR);
    _exit(0);
}

/* Waits for one signal, at most wait_ms (negative: for ever). */
static void
guest_init_doze(const struct guest_init *init, int64_t wait_ms)
{
    struct timespec limit = { .tv_sec = wait_ms / 1000, .tv_nsec = wait_ms % 1000 * 1000000 };
    int number = wait_ms < 0 ? sigwaitinfo(&init->signals, NULL)
                             : sigtimedwait(&init->signals, NULL, &limit);

    if (number == SIGTERM) {
        guest_init_end();
    }
}

/* Collects what has ended; true when 'wanted' is among it. */
static bool
guest_init_collect(pid_t wanted, int *status)
{
    bool found = false;
    int ended_status;
    pid_t ended;

    while ((ended = waitpid(-1, &ended_status, WNOHANG)) > 0) {
        if (ended == wanted) {
            *status = ended_status;
            found = true;
        }
    }
    return found;
}

static void
guest_init_pause(const struct guest_init *init, int64_t pause_ms)
{
    int64_t end_ms = clock_monotonic_ms() + pause_ms;
    int status;

    while (clock_monotonic_ms() < end_ms) {
        guest_init_doze(init, end_ms - clock_monotonic_ms());
        guest_init_collect(-1, &status);
    }
}

static bool
guest_init_start(const struct guest_init *init, const char *const *argv, const char *output,
                 pid_t *pid)
{
    const struct child_options options = { .argv = argv,
                                           .environment = init->environment,
                                           .output_path = output };
    struct error error = child_start(init->arena, &options, pid);

    if (error_is(error)) {
        log_fail("machine cannot start a program", LOG_STR(NAME, argv[0]),
                 LOG_STR(ERROR, error.message));
    }
    return !error_is(error);
}

/* Runs a script to its end, however long that takes. */
static void
guest_init_run(const struct guest_init *init, const char *path)
{
    const char *const argv[] = { path, NULL };
    int status = 0;
    pid_t pid;

    log_info("script starts", LOG_STR(FILE_PATH, path));
    if (!guest_init_start(init, argv, GUEST_OUTPUT, &pid)) {
        return;
    }
    while (!guest_init_collect(pid, &status)) {
        guest_init_doze(init, -1);
    }
    log_info("script ended", LOG_STR(FILE_PATH, path),
             LOG_I64(EXIT_STATUS, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status)));
}

static int
guest_init_is_script(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
guest_init_run_hooks(const struct guest_init *init)
{
    struct dirent **entries;
    int count = scandir(GUEST_HOOKS, &entries, guest_init_is_script, alphasort);

    for (int i = 0; i < count; i++) {
        const char *path = arena_printf(init->arena, GUEST_HOOKS "/%s", entries[i]->d_name);
        if (access(path, X_OK) == 0) {
            guest_init_run(init, path);
        }
        mem_free(entries[i]);
    }
    if (count >= 0) {
        mem_free(entries);
    }
}

static bool
guest_init_write(const char *path, const char *text, size_t length, mode_t mode)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, mode);
    bool written = fd >= 0 && write(fd, text, length) == (ssize_t)length;

    if (fd >= 0) {
        close(fd);
    }
    return written;
}

/* One look at the metadata service; true when it answered, with or without user data. */
static bool
guest_init_ask(const struct guest_init *init, struct http_client *client, struct http_call *call)
{
    *call = (struct http_call){
        .method = "GET",
        .url = arena_printf(init->arena, "%s" GUEST_USER_DATA, getenv("INVENTIV_METADATA_URL")),
        .timeout_ms = config_ms(init->config, SETTING_MOCKCLOUD_METADATA_TIMEOUT_SECONDS),
        .reply_max = (size_t)config_count(init->config, SETTING_MOCKCLOUD_BODY_MAX_BYTES),
    };
    http_client_run(client, init->arena, &call, 1);
    return call->outcome == HTTP_ANSWERED && (call->status == 200 || call->status == 404);
}

/* The user data, NULL where there is none or nobody answers. */
static const char *
guest_init_fetch(const struct guest_init *init, size_t *length)
{
    int64_t tries = config_count(init->config, SETTING_MOCKCLOUD_METADATA_TRIES_MAX);
    int64_t pause_ms = config_ms(init->config, SETTING_MOCKCLOUD_METADATA_RETRY_SECONDS);
    struct http_client *client = http_client_new(1);
    struct http_call call = { 0 };
    bool answered = guest_init_ask(init, client, &call);

    for (int64_t i = 1; i < tries && !answered; i++) {
        guest_init_pause(init, pause_ms);
        pause_ms *= 2;
        answered = guest_init_ask(init, client, &call);
    }
    http_client_free(client);
    if (!answered || call.status != 200) {
        log_info("no user data", LOG_STR(REASON, answered ? "none given" : call.failure));
        return NULL;
    }
    *length = call.reply_length;
    return call.reply;
}

/* Noted as done before it runs: a first boot that is cut short is not repeated. */
static void
guest_init_first_boot(const struct guest_init *init)
{
    size_t length;
    const char *script = guest_init_fetch(init, &length);

    if (!guest_init_write(GUEST_FIRST_BOOT_DONE, "", 0, 0644) || script == NULL) {
        return;
    }
    if (strncmp(script, "#!", 2) != 0) {
        log_warn("user data is no script", LOG_STR(FILE_PATH, GUEST_SCRIPT));
    } else if (guest_init_write(GUEST_SCRIPT, script, length, 0700)) {
        guest_init_run(init, GUEST_SCRIPT);
    }
}

/* GUEST_SSH, where it is set, tells what it does instead of greeting. */
static void
guest_init_start_ssh(const struct guest_init *init)
{
    const char *const argv[] = {
        "/proc/self/exe",        "--guest-ssh",
        getenv("GUEST_ADDRESS"), config_text(init->config, SETTING_MOCKCLOUD_SSH_PORT),
        getenv("GUEST_SSH"),     NULL
    };
    pid_t pid;

    if (argv[4] == NULL || strcmp(argv[4], "absent") != 0) {
        guest_init_start(init, argv, NULL, &pid);
    }
}

int
guest_init_main(const struct config *config)
{
    struct guest_init init = { .config = config, .arena = arena_new() };

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    guest_init_limit(RLIMIT_CORE, 0);
    guest_init_limit(RLIMIT_NPROC, config_count(config, SETTING_MOCKCLOUD_GUEST_PROCESSES_MAX));
    guest_init_limit(RLIMIT_FSIZE, config_count(config, SETTING_MOCKCLOUD_GUEST_FILE_MAX_BYTES));
    sigemptyset(&init.signals);
    sigaddset(&init.signals, SIGCHLD);
    sigaddset(&init.signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &init.signals, NULL);
    init.environment = guest_init_environment(init.arena);
    guest_init_start_ssh(&init);
    guest_init_pause(&init, config_ms(config, SETTING_MOCKCLOUD_INSTALL_SECONDS));
    guest_init_run_hooks(&init);
    if (access(GUEST_FIRST_BOOT_DONE, F_OK) != 0) {
        guest_init_first_boot(&init);
    }
    for (;;) {
        int status;
        guest_init_doze(&init, -1);
        guest_init_collect(-1, &status);
    }
}
