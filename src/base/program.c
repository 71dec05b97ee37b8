#include "base/program.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/version.h"

extern char **environ;

const char *
program_version(void)
{
    return INVENTIV_VERSION " (" INVENTIV_COMMIT ")";
}

static void
program_help(const struct program *program)
{
    printf("%s %s\n%s\n\nUsage: %s [--help] [--version] [--print-config]%s\n", program->name,
           program_version(), program->summary, program->name,
           program->usage == NULL ? "" : " ...");
    if (program->usage != NULL) {
        printf("%s\n", program->usage);
    }
    puts("");
    config_help(program->letter, stdout);
}

static void
program_warn_unknown(const char *name, const char *nearest)
{
    log_warn("unknown setting; is another one meant?", LOG_STR(NAME, name),
             LOG_STR(VALUE, nearest));
}

static struct config *
program_load(const struct program *program)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *config = NULL;
    struct error error = config_load(arena, program->letter, NULL, NULL, &config);

    if (error_is(error)) {
        fprintf(stderr, "%s: %s\n", program->name, error.message);
        exit(2);
    }
    return config;
}

struct config *
program_start(const struct program *program, int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";

    if (strcmp(first, "--help") == 0) {
        program_help(program);
        exit(0);
    }
    if (strcmp(first, "--version") == 0) {
        printf("%s %s\n", program->name, program_version());
        exit(0);
    }
    struct config *config = program_load(program);
    if (strcmp(first, "--print-config") == 0) {
        config_print(config, stdout);
        config_free(config);
        exit(0);
    }
    signal(SIGPIPE, SIG_IGN);
    digest_start();
    json_start();
    log_start(program->name, config_text(config, SETTING_LOG_LEVEL),
              !program->for_people && strcmp(config_text(config, SETTING_LOG_FORMAT), "text") != 0);
    if (program->for_people) {
        return config;
    }
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *again = NULL;
    struct error warned =
        config_load(arena, program->letter, environ, program_warn_unknown, &again);
    config_free(error_is(warned) ? NULL : again);
    return config;
}

static void
program_end_late(union sigval limit_ms)
{
    log_warn("something hangs; ending all the same", LOG_I64(DURATION_MS, limit_ms.sival_int));
    _exit(0);
}

void
program_end_within(int64_t limit_ms)
{
    struct sigevent event = { .sigev_notify = SIGEV_THREAD,
                              .sigev_value.sival_int = (int)limit_ms,
                              .sigev_notify_function = program_end_late };
    struct itimerspec once = { .it_value = { .tv_sec = (time_t)(limit_ms / 1000),
                                             .tv_nsec = (long)(limit_ms % 1000) * 1000000 } };
    timer_t timer;

    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
        timer_settime(timer, 0, &once, NULL);
    }
}
