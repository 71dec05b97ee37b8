#include "contract_cloud.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"

enum { CLOUD_PATIENCE_MS = 10000, CLOUD_MOMENT_MS = 5, CLOUD_SETTINGS_MAX = 24 };

struct contract_cloud {
    struct arena *arena;
    const char *program;
    const char *folder;
    const char *log;
    const char *url;
    const char *settings[CLOUD_SETTINGS_MAX];
    size_t setting_count;
    pid_t pid;
};

void
contract_cloud_moment(void)
{
    poll(NULL, 0, CLOUD_MOMENT_MS);
}

static int
cloud_free_port(void)
{
    struct sockaddr_in name = { .sin_family = AF_INET };
    socklen_t length = sizeof(name);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (const struct sockaddr *)&name, sizeof(name)) != 0 ||
        getsockname(fd, (struct sockaddr *)&name, &length) != 0) {
        abort();
    }
    close(fd);
    return ntohs(name.sin_port);
}

static void
cloud_set(struct contract_cloud *cloud, const char *name, const char *value)
{
    if (cloud->setting_count == CLOUD_SETTINGS_MAX - 1) {
        abort();
    }
    cloud->settings[cloud->setting_count++] = arena_printf(cloud->arena, "%s=%s", name, value);
}

static void
cloud_configure(struct contract_cloud *cloud)
{
    struct arena *arena = cloud->arena;
    int pid = (int)getpid();
    cloud_set(cloud, "PATH", "/usr/bin:/bin");
    cloud_set(cloud, "MOCKCLOUD_LISTEN", "127.0.0.1:0");
    cloud_set(cloud, "MOCKCLOUD_STATE_FILE", arena_printf(arena, "%s/state.json", cloud->folder));
    cloud_set(cloud, "MOCKCLOUD_GUEST_DIR", arena_printf(arena, "%s/guests", cloud->folder));
    cloud_set(cloud, "MOCKCLOUD_ZONES", "local");
    cloud_set(cloud, "MOCKCLOUD_NETWORK",
              arena_printf(arena, "127.%d.%d.0", 128 + pid / 256 % 100, pid % 256));
    cloud_set(cloud, "MOCKCLOUD_SSH_PORT", arena_printf(arena, "%d", cloud_free_port()));
    cloud_set(cloud, "MOCKCLOUD_METADATA_PORT", arena_printf(arena, "%d", cloud_free_port()));
    cloud_set(cloud, "MOCKCLOUD_BOOT_SECONDS", "0.05");
    cloud_set(cloud, "MOCKCLOUD_STOP_SECONDS", "0.05");
    cloud_set(cloud, "MOCKCLOUD_INSTALL_SECONDS", "0.05");
    cloud_set(cloud, "MOCKCLOUD_MODEL_LOAD_SECONDS", "0.05");
    cloud_set(cloud, "MOCKCLOUD_VOLUME_SECONDS", "0.02");
    cloud_set(cloud, "MOCKCLOUD_SECRET_KEY", CLOUD_SECRET_KEY);
    cloud_set(cloud, "MOCKCLOUD_PROJECT_ID", CLOUD_PROJECT_ID);
}

static int
cloud_run(struct contract_cloud *cloud, const char *option, pid_t *pid)
{
    const char *argv[] = { cloud->program, option, NULL };
    struct child_options options = {
        .argv = argv,
        .environment = cloud->settings,
        .output_path = cloud->log,
        .die_with_parent = true,
    };
    struct error error = child_start(cloud->arena, &options, pid);
    if (error_is(error)) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return 0;
}

/* The port in the log's line "listening"; 0 while there is none. */
static int
cloud_logged_port(const struct contract_cloud *cloud)
{
    CLEANUP_BUFFER struct buffer text = { 0 };
    char piece[4096];
    size_t got;
    FILE *file = fopen(cloud->log, "re");
    while (file != NULL && (got = fread(piece, 1, sizeof(piece), file)) > 0) {
        buffer_add(&text, piece, got);
    }
    if (file != NULL) {
        fclose(file);
    }
    const char *line = text.length == 0 ? NULL : strstr(text.bytes, "\"listening\"");
    const char *port = line == NULL ? NULL : strstr(line, "\"port\":");
    return port == NULL ? 0 : atoi(port + strlen("\"port\":"));
}

static void
cloud_print_log(const struct contract_cloud *cloud)
{
    char line[1024];
    FILE *file = fopen(cloud->log, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        fputs(line, stderr);
    }
    if (file != NULL) {
        fclose(file);
    }
}

static bool
cloud_wait_ready(struct contract_cloud *cloud)
{
    int64_t until_ms = clock_monotonic_ms() + CLOUD_PATIENCE_MS;
    int wait_status;
    int port = 0;
    while ((port = cloud_logged_port(cloud)) == 0) {
        if (clock_monotonic_ms() > until_ms || child_ended(cloud->pid, &wait_status)) {
            cloud_print_log(cloud);
            return false;
        }
        contract_cloud_moment();
    }
    cloud->url = arena_printf(cloud->arena, "http://127.0.0.1:%d", port);
    return true;
}

struct contract_cloud *
contract_cloud_start(const char *program)
{
    char folder[] = "/tmp/inventiv-contract-XXXXXX";
    struct contract_cloud *cloud = mem_zalloc(sizeof(*cloud));
    cloud->arena = arena_new();
    cloud->program = program;
    /* Machines run as another user when the test is root. */
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0) {
        abort();
    }
    cloud->folder = arena_strdup(cloud->arena, folder);
    cloud->log = arena_printf(cloud->arena, "%s/log", folder);
    cloud_configure(cloud);
    if (cloud_run(cloud, NULL, &cloud->pid) == 0 && cloud_wait_ready(cloud)) {
        return cloud;
    }
    contract_cloud_stop(cloud);
    return NULL;
}

static void
cloud_wait_end(pid_t pid)
{
    int64_t until_ms = clock_monotonic_ms() + CLOUD_PATIENCE_MS;
    int wait_status;
    while (!child_ended(pid, &wait_status)) {
        if (clock_monotonic_ms() > until_ms) {
            child_signal_group(pid, SIGKILL);
        }
        contract_cloud_moment();
    }
}

static void
cloud_remove_folder(struct contract_cloud *cloud)
{
    const char *argv[] = { "/bin/rm", "-rf", cloud->folder, NULL };
    const char *environment[] = { NULL };
    struct child_options options = { .argv = argv, .environment = environment };
    pid_t pid;
    if (!error_is(child_start(cloud->arena, &options, &pid))) {
        cloud_wait_end(pid);
    }
}

void
contract_cloud_stop(struct contract_cloud *cloud)
{
    pid_t stopper;
    if (cloud == NULL) {
        return;
    }
    if (cloud->url != NULL && cloud_run(cloud, "--stop-machines", &stopper) == 0) {
        cloud_wait_end(stopper);
    }
    if (cloud->pid > 0) {
        child_signal_group(cloud->pid, SIGTERM);
        cloud_wait_end(cloud->pid);
    }
    cloud_remove_folder(cloud);
    arena_free(cloud->arena);
    mem_free(cloud);
}

const char *
contract_cloud_url(const struct contract_cloud *cloud)
{
    return cloud->url;
}
