/* child.c: everything that may allocate or lock happens before fork(): between fork() and
 * execve() only calls that are safe in a copy of a process with threads. */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_GROUPS_MAX = 256, CHILD_PASSWD_SIZE = 16 * 1024, CHILD_STAT_SIZE = 1024 };

struct child_identity {
    bool wanted;
    uid_t uid;
    gid_t gid;
    int group_count;
    gid_t groups[CHILD_GROUPS_MAX];
};

/* What the child writes to its parent when it cannot become the program. */
struct child_failure {
    int error_number;
    char step[32];
};

struct child_plan {
    const struct child_options *options;
    struct child_identity identity;
    pid_t parent;
    int report_fd;
};

static struct error
child_find_user(struct arena *arena, const char *user, struct child_identity *out)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char *buffer = arena_alloc(arena, CHILD_PASSWD_SIZE);

    *out = (struct child_identity){ .wanted = false };
    if (user == NULL || geteuid() != 0) {
        return NO_ERROR;
    }
    getpwnam_r(user, &entry, buffer, CHILD_PASSWD_SIZE, &found);
    if (found == NULL) {
        return error_make(arena, ERR_IO, "no user '%s'", user);
    }
    out->group_count = CHILD_GROUPS_MAX;
    if (getgrouplist(user, entry.pw_gid, out->groups, &out->group_count) < 0) {
        return error_make(arena, ERR_IO, "user '%s' is in over %d groups", user, CHILD_GROUPS_MAX);
    }
    out->wanted = true;
    out->uid = entry.pw_uid;
    out->gid = entry.pw_gid;
    return NO_ERROR;
}

static _Noreturn void
child_fail(int report_fd, const char *step)
{
    struct child_failure failure = { .error_number = errno };

    strncpy(failure.step, step, sizeof failure.step - 1);
    ssize_t ignored = write(report_fd, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static void
child_reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL); /* an ignored signal would stay ignored */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
child_set_streams(const struct child_plan *plan)
{
    const char *path = plan->options->output_path;
    int input = open("/dev/null", O_RDONLY);

    if (input < 0 || dup2(input, STDIN_FILENO) < 0) {
        child_fail(plan->report_fd, "open /dev/null");
    }
    if (path != NULL) {
        int output = open(path, O_WRONLY | O_CREAT | O_APPEND, 0640);
        if (output < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) {
            child_fail(plan->report_fd, "open its output");
        }
    }
}

static void
child_set_limit(const struct child_plan *plan, __rlimit_resource_t resource, int64_t value)
{
    struct rlimit limit = { .rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value };

    if (value > 0 && setrlimit(resource, &limit) != 0) {
        child_fail(plan->report_fd, "set its limits");
    }
}

static void
child_set_user(const struct child_plan *plan)
{
    const struct child_identity *identity = &plan->identity;

    if (!identity->wanted) {
        return;
    }
    if (setgroups((size_t)identity->group_count, identity->groups) != 0 ||
        setgid(identity->gid) != 0 || setuid(identity->uid) != 0) {
        child_fail(plan->report_fd, "become its user");
    }
}

static void
child_set_parent_death(const struct child_plan *plan)
{
    if (!plan->options->die_with_parent) {
        return;
    }
    /* After the change of user, which clears it. */
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0) {
        child_fail(plan->report_fd, "watch its parent");
    }
    if (getppid() != plan->parent) {
        _exit(127); /* it died before that */
    }
}

static char *const *
child_strings(const char *const *strings)
{
    union {
        const char *const *given;
        char *const *wanted; /* execve() writes to neither */
    } view = { .given = strings };

    return view.wanted;
}

static _Noreturn void
child_become(const struct child_plan *plan)
{
    const struct child_options *options = plan->options;

    setsid();
    child_reset_signals();
    child_set_streams(plan);
    child_set_limit(plan, RLIMIT_AS, options->address_space_max);
    child_set_limit(plan, RLIMIT_NPROC, options->processes_max);
    child_set_user(plan);
    if (options->directory != NULL && chdir(options->directory) != 0) {
        child_fail(plan->report_fd, "enter its directory");
    }
    child_set_parent_death(plan);
    /* Open until then: the report to the parent goes through one of them. */
    if (close_range(STDERR_FILENO + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0) {
        child_fail(plan->report_fd, "close what it inherits");
    }
    execve(options->argv[0], child_strings(options->argv), child_strings(options->environment));
    child_fail(plan->report_fd, "run it");
}

/* Returns once the program runs (the pipe closes with nothing in it), or says why it does not. */
static struct error
child_await_start(struct arena *arena, const char *program, int fd, pid_t pid)
{
    struct child_failure failure;
    ssize_t got;

    do {
        got = read(fd, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof failure) {
        return NO_ERROR;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    return error_make(arena, ERR_IO, "cannot start %s: cannot %s: %s", program, failure.step,
                      strerror(failure.error_number));
}

struct error
child_start(struct arena *arena, const struct child_options *options, pid_t *out)
{
    struct child_plan plan = { .options = options, .parent = getpid() };
    const char *program = options->argv[0];
    int report[2];

    TRY(child_find_user(arena, options->user, &plan.identity));
    if (pipe2(report, O_CLOEXEC) != 0) {
        return error_make(arena, ERR_IO, "cannot start %s: %s", program, strerror(errno));
    }
    plan.report_fd = report[1];
    pid_t pid = fork();
    if (pid == 0) {
        child_become(&plan);
    }
    int fork_error = errno;
    close(report[1]);
    struct error error =
        pid < 0 ? error_make(arena, ERR_IO, "cannot start %s: %s", program, strerror(fork_error))
                : child_await_start(arena, program, report[0], pid);
    close(report[0]);
    if (!error_is(error)) {
        *out = pid;
    }
    return error;
}

/* The fields of /proc/PID/stat that follow the program's name, which may hold anything. */
static bool
child_read_stat(pid_t pid, char *state, int64_t *start_time)
{
    char path[32];
    char text[CHILD_STAT_SIZE];
    unsigned long long started;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got < 0 ? 0 : got] = '\0';
    const char *rest = strrchr(text, ')');
    /* Field 3 is the state, field 22 the start. */
    if (rest == NULL || sscanf(rest,
                               ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
                               "%*s %*s %*s %llu",
                               state, &started) != 2) {
        return false;
    }
    *start_time = (int64_t)started;
    return true;
}

int64_t
child_start_time(pid_t pid)
{
    char state;
    int64_t start_time;

    return child_read_stat(pid, &state, &start_time) ? start_time : -1;
}

bool
child_is_alive(pid_t pid, int64_t start_time)
{
    char state;
    int64_t started;

    return child_read_stat(pid, &state, &started) && started == start_time && state != 'Z' &&
           state != 'X';
}

bool
child_ended(pid_t pid, int *wait_status)
{
    int status = 0;
    pid_t got = waitpid(pid, &status, WNOHANG);

    if (got == pid || (got < 0 && errno == ECHILD && kill(pid, 0) != 0 && errno == ESRCH)) {
        *wait_status = status;
        return true;
    }
    return false;
}

void
child_signal_group(pid_t pid, int signal_number)
{
    if (pid > 1) { /* 0, 1 and -1 would name other groups than a child's */
        kill(-pid, signal_number);
    }
}
