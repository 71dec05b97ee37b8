/* state.h: the states of an instance, what each means and which setting bounds the stay in it.
 * Leaves how one leads to another to transitions.h. */
#ifndef INVENTIV_DOMAIN_STATE_H
#define INVENTIV_DOMAIN_STATE_H

#include <stdbool.h>

#include "base/config.h"

/* In the order of instance_states (migration 0004).  X(id, name, setting of its deadline, meaning);
 * SETTING_COUNT_ where no setting bounds the stay. */
#define INSTANCE_STATES(X)                                                                         \
    X(PROVISIONING, "provisioning", SETTING_RECOVERY_PROVISIONING_TIMEOUT_SECONDS,                 \
      "accepted; the machine is being created")                                                    \
    X(BOOTING, "booting", SETTING_RECOVERY_BOOTING_TIMEOUT_SECONDS,                                \
      "machine started, nothing heard from it")                                                    \
    X(INSTALLING, "installing", SETTING_RECOVERY_INSTALLING_TIMEOUT_SECONDS,                       \
      "machine answers, worker not yet there")                                                     \
    X(STARTING, "starting", SETTING_RECOVERY_STARTING_TIMEOUT_SECONDS,                             \
      "worker there, model not yet served")                                                        \
    X(READY, "ready", SETTING_COUNT_, "model answers; silence is its clock")                       \
    X(UNAVAILABLE, "unavailable", SETTING_RECOVERY_UNAVAILABLE_TIMEOUT_SECONDS,                    \
      "worker heard from, model not served, or machine stopped at the provider")                   \
    X(WORKER_DEAD, "worker_dead", SETTING_RECOVERY_DEAD_TIMEOUT_SECONDS,                           \
      "heartbeats stopped; no traffic; recovery under way")                                        \
    X(DRAINING, "draining", SETTING_DRAIN_TIMEOUT_SECONDS,                                         \
      "asked to stop; finishes what it serves")                                                    \
    X(TERMINATING, "terminating", SETTING_RECOVERY_TERMINATING_TIMEOUT_SECONDS,                    \
      "everything rented is being given back; past its deadline reported, never given up")         \
    X(TERMINATED, "terminated", SETTING_COUNT_,                                                    \
      "proved: machine and addresses gone, volumes gone or handed to reconciliation")              \
    X(PROVISIONING_FAILED, "provisioning_failed", SETTING_COUNT_,                                  \
      "gave up before a machine started; what is rented is given back at once")                    \
    X(STARTUP_FAILED, "startup_failed", SETTING_FAILED_RETENTION_SECONDS,                          \
      "gave up before it ever was ready, reason on record; given back later")                      \
    X(FAILED, "failed", SETTING_FAILED_RETENTION_SECONDS,                                          \
      "gave up after it had been ready, reason on record; given back later")                       \
    X(ARCHIVED, "archived", SETTING_COUNT_, "hidden from lists")

enum instance_state {
#define X(id, name, setting, meaning) INSTANCE_##id,
    INSTANCE_STATES(X)
#undef X
        INSTANCE_STATE_COUNT_
};

const char *state_name(enum instance_state state);
bool state_parse(const char *name, enum instance_state *out);

/* One of the seven in which an instance is up or on its way up. */
bool state_is_live(enum instance_state state);
/* provisioning_failed, startup_failed, failed. */
bool state_is_failed_kind(enum instance_state state);
/* terminated, archived: nothing is rented and nothing is wanted. */
bool state_is_final(enum instance_state state);
/* The row carries a deadline; a failed kind does while it rents something. */
bool state_has_deadline(enum instance_state state);

/* The longest stay, or SETTING_COUNT_: none, or (provisioning_failed) no time at all. */
enum setting_id state_deadline_setting(enum instance_state state);
/* For docs/states.md. */
const char *state_meaning(enum instance_state state);

#endif
