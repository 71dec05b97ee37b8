#include "base/kill_point.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const kill_point_names[] = {
#define X(id, name) [KILL_POINT_##id] = (name),
    KILL_POINTS(X)
#undef X
};

static struct {
    int point; /* -1: none */
    char kind[40];
    int signal;
    atomic_int left; /* fires when it reaches 0 */
    kill_point_watcher watcher;
} kill_state = { .point = -1 };

const char *
kill_point_name(enum kill_point point)
{
    return kill_point_names[point];
}

struct error
kill_point_start(struct arena *arena, const struct config *config)
{
    const char *wanted = config_text(config, SETTING_INVENTIV_KILL_POINT);
    size_t length = strcspn(wanted, ":");
    const char *kind = wanted[length] == ':' ? wanted + length + 1 : "";
    size_t kind_length = strcspn(kind, ":");

    kill_state.point = -1;
    if (wanted[0] == '\0') {
        return NO_ERROR;
    }
    for (int i = 0; i < KILL_POINT_COUNT_; i++) {
        if (strlen(kill_point_names[i]) == length &&
            strncmp(wanted, kill_point_names[i], length) == 0) {
            kill_state.point = i;
        }
    }
    if (kill_state.point < 0 || kind_length >= sizeof kill_state.kind) {
        return error_make(arena, ERR_CONFIG, "INVENTIV_KILL_POINT=%s: no such point", wanted);
    }
    memcpy(kill_state.kind, kind, kind_length);
    kill_state.kind[kind_length] = '\0';
    atomic_store(&kill_state.left, kind[kind_length] == ':' ? atoi(kind + kind_length + 1) : 1);
    bool stop = strcmp(config_text(config, SETTING_INVENTIV_KILL_SIGNAL), "STOP") == 0;
    kill_state.signal = stop ? SIGSTOP : SIGKILL;
    return NO_ERROR;
}

void
kill_point_watch(kill_point_watcher watcher)
{
    kill_state.watcher = watcher;
}

void
kill_point_pass(enum kill_point point, const char *kind)
{
    if (kill_state.watcher != NULL) {
        kill_state.watcher(point, kind);
    }
    if ((int)point != kill_state.point) {
        return;
    }
    if (kill_state.kind[0] != '\0' && strcmp(kind, kill_state.kind) != 0) {
        return;
    }
    if (atomic_fetch_sub(&kill_state.left, 1) == 1) {
        kill(getpid(), kill_state.signal);
    }
}
