#include "worker/engine_record.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/digest.h"
#include "worker/host_sample.h"
#include "worker/host_text.h"
#include "worker/state_dir.h"

enum { PROC_TEXT_MAX = 4096 };

struct engine_record {
    pid_t pid;
    int64_t start_time;
    char boot[UUID_TEXT_SIZE];
};

static const char *
engine_record_path(struct arena *arena, const struct worker_options *options)
{
    return arena_printf(arena, "%s/engine.pid", options->state_dir);
}

/* Start times count from boot, so a record means nothing after another. */
static void
engine_record_boot(char out[UUID_TEXT_SIZE])
{
    char text[UUID_TEXT_SIZE + 1];

    bool told = host_read_file("/proc/sys/kernel/random/boot_id", text, sizeof text);
    snprintf(out, UUID_TEXT_SIZE, "%.36s", told ? text : "unknown");
    out[strcspn(out, "\n")] = '\0';
}

struct error
engine_record_write(struct arena *arena, const struct worker_options *options, pid_t pid)
{
    char boot[UUID_TEXT_SIZE];

    engine_record_boot(boot);
    const char *text =
        arena_printf(arena, "%d %" PRId64 " %s\n", (int)pid, child_start_time(pid), boot);
    return state_file_write(arena, engine_record_path(arena, options), text);
}

void
engine_record_remove(struct arena *arena, const struct worker_options *options)
{
    unlink(engine_record_path(arena, options));
}

static bool
engine_record_read(struct arena *arena, const struct worker_options *options,
                   struct engine_record *out)
{
    const char *text = state_file_read(arena, engine_record_path(arena, options));
    char boot[UUID_TEXT_SIZE];
    int pid;

    if (text == NULL ||
        sscanf(text, "%d %" SCNd64 " %36s", &pid, &out->start_time, out->boot) != 3) {
        return false;
    }
    engine_record_boot(boot);
    out->pid = pid;
    return pid > 1 && strcmp(boot, out->boot) == 0;
}

/* True when that process was started with our state folder in its environment: another program
 * that came to bear the number is none of ours. */
static bool
engine_record_is_marked(struct arena *arena, const char *pid, const char *state_dir)
{
    enum { ENVIRONMENT_MAX = 256 * 1024 };
    const char *mark = arena_printf(arena, "WORKER_STATE_DIR=%s", state_dir);
    char *environment = arena_alloc(arena, ENVIRONMENT_MAX);
    FILE *file = fopen(arena_printf(arena, "/proc/%s/environ", pid), "re");

    if (file == NULL) {
        return false;
    }
    size_t length = fread(environment, 1, ENVIRONMENT_MAX - 1, file);
    fclose(file);
    environment[length] = '\0';
    for (size_t at = 0; at < length; at += strlen(environment + at) + 1) {
        if (strcmp(environment + at, mark) == 0) {
            return true;
        }
    }
    return false;
}

/* One process of /proc: lives, belongs to the recorded group, began no earlier, and is ours. */
static bool
engine_record_is_member(struct arena *arena, const struct worker_options *options, const char *pid,
                        const struct engine_record *record)
{
    char text[PROC_TEXT_MAX];
    int64_t group, session, start_time;
    char state;

    return host_read_file(arena_printf(arena, "/proc/%s/stat", pid), text, sizeof text) &&
           host_text_process(text, &group, &session, &start_time, &state) && state != 'Z' &&
           group == record->pid && session == record->pid && start_time >= record->start_time &&
           engine_record_is_marked(arena, pid, options->state_dir);
}

/* The leader may be gone and others of its group not. */
static bool
engine_record_lives(const struct worker_options *options, const struct engine_record *record)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    bool lives = false;

    while (proc != NULL && !lives && (entry = readdir(proc)) != NULL) {
        lives = isdigit((unsigned char)entry->d_name[0]) &&
                engine_record_is_member(arena, options, entry->d_name, record);
    }
    if (proc != NULL) {
        closedir(proc);
    }
    return lives;
}

pid_t
engine_record_end_orphan(struct arena *arena, const struct worker_options *options)
{
    struct engine_record record;
    int64_t until_ms = clock_monotonic_ms() + options->engine_stop_ms;
    pid_t ended = 0;

    if (!engine_record_read(arena, options, &record)) {
        return 0;
    }
    while (engine_record_lives(options, &record) && clock_monotonic_ms() < until_ms) {
        child_signal_group(record.pid, SIGKILL);
        ended = record.pid;
        clock_pause_ms(options->engine_watch_ms);
    }
    engine_record_remove(arena, options);
    return ended;
}
