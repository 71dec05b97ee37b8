#include "test_service.h"

#include <errno.h>
#include <glob.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/mem.h"

enum { SERVICE_LOOK_EVERY_MS = 5, SERVICE_START_MS = 60000 };

static struct {
    char folder[64];
    char url[192];
    pid_t pid;
} cluster;

void
test_give_up(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "    ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n0 passed, 1 failed\n");
    va_end(args);
    exit(1);
}

bool
test_until(int64_t limit_ms, bool (*holds)(void *argument), void *argument)
{
    int64_t until_ms = clock_monotonic_ms() + limit_ms;

    while (!holds(argument)) {
        if (clock_monotonic_ms() >= until_ms) {
            return false;
        }
        poll(NULL, 0, SERVICE_LOOK_EVERY_MS);
    }
    return true;
}

static void
test_service_folder(char *out, size_t size, const char *template)
{
    snprintf(out, size, "%s", template);
    if (mkdtemp(out) == NULL) {
        test_give_up("cannot make %s: %s", template, strerror(errno));
    }
}

/* A server, or a program that is waited for with test_service_join(). */
static pid_t
test_service_launch(const char *folder, const char *user, const char *const *argv)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    bool log = strcmp(folder, "/") != 0;
    const char *const environment[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=C",
                                        NULL };
    struct child_options options = { .argv = argv,
                                     .environment = environment,
                                     .directory = folder,
                                     .output_path =
                                         log ? arena_printf(arena, "%s/log", folder) : NULL,
                                     .user = user,
                                     .die_with_parent = true };
    pid_t pid = 0;
    struct error error = child_start(arena, &options, &pid);

    if (error_is(error)) {
        test_give_up("%s", error.message);
    }
    return pid;
}

static int
test_service_join(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void
test_service_remove(const char *folder)
{
    const char *const argv[] = { "/bin/rm", "-rf", folder, NULL };

    if (folder[0] != '\0') {
        test_service_join(test_service_launch("/", NULL, argv));
    }
}

/* --- PostgreSQL --- */

static const char *
test_cluster_program(struct arena *arena, const char *name)
{
    glob_t found = { 0 };
    const char *program = NULL;

    if (glob(arena_printf(arena, "/usr/lib/postgresql/*/bin/%s", name), 0, NULL, &found) == 0) {
        program = arena_strdup(arena, found.gl_pathv[found.gl_pathc - 1]);
    }
    globfree(&found);
    if (program == NULL) {
        test_give_up("no PostgreSQL server under /usr/lib/postgresql");
    }
    return program;
}

static bool
test_cluster_answers(void *argument)
{
    (void)argument;
    return PQping(cluster.url) == PQPING_OK;
}

static void
test_cluster_stop(void)
{
    if (cluster.pid > 0) {
        kill(cluster.pid, SIGQUIT);
        test_service_join(cluster.pid);
        test_service_remove(cluster.folder);
    }
}

static void
test_cluster_prepare(struct arena *arena, const char *data)
{
    const char *const argv[] = { test_cluster_program(arena, "initdb"),
                                 "-D",
                                 data,
                                 "-U",
                                 "postgres",
                                 "--auth=trust",
                                 "--encoding=UTF8",
                                 "--locale=C",
                                 "--no-sync",
                                 "--no-instructions",
                                 NULL };
    const struct passwd *user = getpwnam("postgres");

    if (geteuid() == 0 && user != NULL && chown(cluster.folder, user->pw_uid, user->pw_gid) != 0) {
        test_give_up("cannot give %s to postgres", cluster.folder);
    }
    if (test_service_join(test_service_launch(cluster.folder, "postgres", argv)) != 0) {
        test_give_up("initdb failed; see %s/log", cluster.folder);
    }
}

static void
test_cluster_start(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    test_service_folder(cluster.folder, sizeof cluster.folder, "/var/tmp/inventiv-pg-XXXXXX");
    snprintf(cluster.url, sizeof cluster.url, "postgresql://postgres@/postgres?host=%s",
             cluster.folder);
    const char *data = arena_printf(arena, "%s/data", cluster.folder);
    const char *sockets = arena_printf(arena, "unix_socket_directories=%s", cluster.folder);
    const char *const argv[] = { test_cluster_program(arena, "postgres"),
                                 "-D",
                                 data,
                                 "-c",
                                 sockets,
                                 "-c",
                                 "listen_addresses=",
                                 "-c",
                                 "fsync=off",
                                 "-c",
                                 "shared_buffers=64MB",
                                 "-c",
                                 "jit=off",
                                 "-c",
                                 "shared_preload_libraries=pg_stat_statements",
                                 NULL };
    test_cluster_prepare(arena, data);
    cluster.pid = test_service_launch(cluster.folder, "postgres", argv);
    atexit(test_cluster_stop);
    if (!test_until(SERVICE_START_MS, test_cluster_answers, NULL)) {
        test_give_up("PostgreSQL does not answer; see %s/log", cluster.folder);
    }
}

const char *
test_cluster_url(void)
{
    const char *given = getenv("TEST_DATABASE_URL");

    if (given != NULL && given[0] != '\0') {
        return given;
    }
    if (cluster.pid == 0) {
        test_cluster_start();
    }
    return cluster.url;
}

/* --- Redis --- */

static bool
test_redis_accepts(void *argument)
{
    const struct test_redis *redis = argument;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s/redis.sock", redis->folder);
    bool accepted = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return accepted;
}

void
test_redis_start(struct test_redis *redis)
{
    if (redis->folder[0] == '\0') {
        test_service_folder(redis->folder, sizeof redis->folder, "/var/tmp/inventiv-redis-XXXXXX");
        snprintf(redis->url, sizeof redis->url, "unix://%s/redis.sock", redis->folder);
    }
    const char *const argv[] = {
        "/usr/bin/redis-server", "--port", "0", "--unixsocket", "redis.sock", "--save", "",
        "--appendonly",          "no",     NULL
    };
    redis->pid = test_service_launch(redis->folder, NULL, argv);
    if (!test_until(SERVICE_START_MS, test_redis_accepts, redis)) {
        test_give_up("Redis does not answer; see %s/log", redis->folder);
    }
}

void
test_redis_kill(struct test_redis *redis)
{
    if (redis->pid > 0) {
        kill(redis->pid, SIGKILL);
        test_service_join(redis->pid);
        redis->pid = 0;
    }
}

void
test_redis_stop_for_good(struct test_redis *redis)
{
    test_redis_kill(redis);
    test_service_remove(redis->folder);
    redis->folder[0] = '\0';
}
