#include "base/child.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "check.h"

enum { LIMIT_MS = 10000 };

static char folder[] = "/tmp/inventiv-child-XXXXXX";
static char output[64];

/* The wait status, or -1 when it did not end in time. */
static int
await_end(pid_t pid)
{
    int64_t end_ms = clock_monotonic_ms() + LIMIT_MS;
    int status = -1;

    while (!child_ended(pid, &status)) {
        if (clock_monotonic_ms() > end_ms) {
            return -1;
        }
        poll(NULL, 0, 1);
    }
    return status;
}

static pid_t
start_shell(const char *script, struct child_options options)
{
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    const char *environment[] = { "NAME=value", NULL };
    CLEANUP_ARENA struct arena *arena = arena_new();
    pid_t pid = -1;

    options.argv = argv;
    options.environment = environment;
    options.output_path = output;
    struct error error = child_start(arena, &options, &pid);
    CHECK_STR(error.message, NULL);
    return pid;
}

/* What the child wrote; empties the file. */
static void
read_output(char *out, size_t size)
{
    FILE *file = fopen(output, "re");
    size_t got = file == NULL ? 0 : fread(out, 1, size - 1, file);

    out[got] = '\0';
    if (file != NULL) {
        fclose(file);
        unlink(output);
    }
}

static void
check_output(const char *script, struct child_options options, const char *wanted)
{
    char text[4096];
    int status = await_end(start_shell(script, options));

    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    read_output(text, sizeof text);
    CHECK_STR(text, wanted);
}

static void
test_surroundings(void)
{
    struct child_options plain = { 0 };
    char text[256];
    int leak = open("/dev/null", O_RDONLY); /* no CLOEXEC */

    check_output("echo $NAME; echo ${HOME-none}; echo err >&2", plain, "value\nnone\nerr\n");
    check_output("cat", plain, ""); /* its input is empty */
    snprintf(text, sizeof text, "test ! -e /proc/self/fd/%d && echo closed", leak);
    check_output(text, plain, "closed\n");
    struct child_options elsewhere = { .directory = "/usr" };
    check_output("pwd", elsewhere, "/usr\n");
    close(leak);
}

static void
test_signals_reset(void)
{
    struct child_options plain = { 0 };
    sigset_t all;
    sigset_t before;

    signal(SIGPIPE, SIG_IGN);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = start_shell(
        "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t '; kill -TERM $$", plain);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    int status = await_end(pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    char text[256];
    read_output(text, sizeof text);
    CHECK_STR(text, "SigBlk:0000000000000000\nSigIgn:0000000000000000\n");
}

static void
test_failures(void)
{
    static const struct {
        const char *program;
        const char *directory;
        const char *output;
        const char *says;
    } cases[] = {
        { "/nonexistent/program", NULL, NULL, "/nonexistent/program: cannot run it: No such file" },
        { "/etc/passwd", NULL, NULL, "Permission denied" },
        { "/bin/sh", "/nonexistent", NULL, "cannot enter its directory" },
        { "/bin/sh", NULL, "/nonexistent/out", "cannot open its output" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        const char *argv[] = { cases[i].program, NULL };
        const char *environment[] = { NULL };
        struct child_options options = { .argv = argv,
                                         .environment = environment,
                                         .directory = cases[i].directory,
                                         .output_path = cases[i].output };
        pid_t pid = -1;
        struct error error = child_start(arena, &options, &pid);
        CHECK_CASE(error.code == ERR_IO, cases[i].says);
        CHECK_CASE(error.message != NULL && strstr(error.message, cases[i].says) != NULL,
                   cases[i].says);
        CHECK_CASE(pid == -1, cases[i].says);
    }
    CHECK(waitpid(-1, NULL, WNOHANG) < 0); /* none is left as a zombie */
}

static void
test_group(void)
{
    struct child_options plain = { 0 };
    char text[64] = "";
    int64_t end_ms = clock_monotonic_ms() + LIMIT_MS;
    pid_t pid = start_shell("sleep 1000 & echo $!; wait", plain);
    struct stat about = { 0 };

    while (about.st_size == 0 && clock_monotonic_ms() < end_ms) {
        CHECK(stat(output, &about) == 0);
    }
    read_output(text, sizeof text);
    pid_t grandchild = (pid_t)atoi(text);
    int64_t started = child_start_time(grandchild);
    CHECK(grandchild > 0 && child_is_alive(grandchild, started));
    CHECK_I64(getpgid(grandchild), pid);
    CHECK_I64(getsid(grandchild), pid);
    child_signal_group(pid, SIGKILL);
    CHECK(WIFSIGNALED(await_end(pid)));
    while (child_is_alive(grandchild, started) && clock_monotonic_ms() < end_ms) {
        poll(NULL, 0, 1);
    }
    CHECK(!child_is_alive(grandchild, started));
    child_signal_group(pid, SIGKILL); /* gone: no error, and no harm */
    child_signal_group(0, SIGKILL);   /* would be our own group */
}

static void
test_identity(void)
{
    struct child_options plain = { 0 };
    pid_t pid = start_shell("exit 3", plain);
    int64_t started = child_start_time(pid);
    int64_t end_ms = clock_monotonic_ms() + LIMIT_MS;
    int64_t own = child_start_time(getpid());

    CHECK(started >= own && own > 0);
    while (child_is_alive(pid, started) && clock_monotonic_ms() < end_ms) {
        poll(NULL, 0, 1);
    }
    CHECK(child_start_time(pid) == started); /* a zombie still has its row, yet is not alive */
    CHECK(!child_is_alive(pid, started));
    int status = await_end(pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    CHECK(child_ended(pid, &status)); /* asked again: gone */
    CHECK_I64(child_start_time(pid), -1);
    CHECK(!child_is_alive(getpid(), own + 1)); /* another's id, reused */
    CHECK(child_is_alive(getpid(), own));
    unlink(output);
}

static void
test_limits(void)
{
    struct child_options limited = { .address_space_max = 512 * 1024 * 1024,
                                     .processes_max = 5000 };

    check_output("ulimit -v; ulimit -u 2>/dev/null || ulimit -p", limited, "524288\n5000\n");
}

static void
test_user(void)
{
    struct passwd *nobody = getpwnam("nobody");
    struct child_options as_nobody = { .user = "nobody", .die_with_parent = true };
    char wanted[64];

    if (geteuid() != 0 || nobody == NULL) {
        check_output("echo as we are", as_nobody, "as we are\n");
        return;
    }
    snprintf(wanted, sizeof wanted, "%u %u\n", nobody->pw_uid, nobody->pw_gid);
    check_output("echo $(id -u) $(id -G)", as_nobody, wanted);

    CLEANUP_ARENA struct arena *arena = arena_new();
    const char *argv[] = { "/bin/sh", NULL };
    struct child_options unknown = { .argv = argv,
                                     .environment = argv + 1,
                                     .user = "no-such-user" };
    pid_t pid;
    struct error error = child_start(arena, &unknown, &pid);
    CHECK_I64(error.code, ERR_IO);
    CHECK_STR(error.message, "no user 'no-such-user'");
}

static pid_t orphan_pid;

static void *
start_and_end(void *argument)
{
    struct child_options options = { .die_with_parent = true };

    (void)argument;
    orphan_pid = start_shell("sleep 1000", options);
    return NULL;
}

static void
test_death_with_parent(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, start_and_end, NULL);
    pthread_join(thread, NULL);
    int status = await_end(orphan_pid);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

int
main(void)
{
    if (mkdtemp(folder) == NULL || chmod(folder, 0755) != 0) {
        return 1;
    }
    snprintf(output, sizeof output, "%s/out", folder);
    check_run("a child gets its environment, directory and output, and nothing else of ours",
              test_surroundings);
    check_run("a child starts without ignored or blocked signals", test_signals_reset);
    check_run("a program that cannot start is an error that says why", test_failures);
    check_run("signalling the group ends what the child started", test_group);
    check_run("id and start time name a process for good", test_identity);
    check_run("a child keeps to its limits", test_limits);
    check_run("a child runs as the user that was named", test_user);
    check_run("a child that should dies with the thread that started it", test_death_with_parent);
    unlink(output);
    rmdir(folder);
    return check_end();
}
