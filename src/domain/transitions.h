/* transitions.h: the one table of what each event does in each state.  matrix.tsv, the database's
 * table and docs/states.md say the same; a test holds the four together.  Which rule fits when is
 * decide.h's. */
#ifndef INVENTIV_DOMAIN_TRANSITIONS_H
#define INVENTIV_DOMAIN_TRANSITIONS_H

#include <stddef.h>

#include "domain/rule.h"
#include "domain/state.h"

/* X(from, rule, to) */
#define INSTANCE_TRANSITIONS(X)                                                                    \
    X(PROVISIONING, SERVER_STARTED, BOOTING)                                                       \
    X(PROVISIONING, PROVISION_GAVE_UP, PROVISIONING_FAILED)                                        \
    X(BOOTING, SSH_REACHABLE, INSTALLING)                                                          \
    X(BOOTING, AGENT_SEEN, STARTING)                                                               \
    X(INSTALLING, AGENT_SEEN, STARTING)                                                            \
    X(WORKER_DEAD, AGENT_SEEN, UNAVAILABLE)                                                        \
    X(BOOTING, MODEL_SERVED, READY)                                                                \
    X(INSTALLING, MODEL_SERVED, READY)                                                             \
    X(STARTING, MODEL_SERVED, READY)                                                               \
    X(BOOTING, STUCK_RESTARTED, BOOTING)                                                           \
    X(INSTALLING, STUCK_RESTARTED, BOOTING)                                                        \
    X(STARTING, STUCK_RESTARTED, BOOTING)                                                          \
    X(BOOTING, SERVER_RESTARTED, BOOTING)                                                          \
    X(INSTALLING, SERVER_RESTARTED, BOOTING)                                                       \
    X(STARTING, SERVER_RESTARTED, BOOTING)                                                         \
    X(BOOTING, STARTUP_GAVE_UP, STARTUP_FAILED)                                                    \
    X(INSTALLING, STARTUP_GAVE_UP, STARTUP_FAILED)                                                 \
    X(STARTING, STARTUP_GAVE_UP, STARTUP_FAILED)                                                   \
    X(BOOTING, RECOVERY_GAVE_UP, FAILED)                                                           \
    X(INSTALLING, RECOVERY_GAVE_UP, FAILED)                                                        \
    X(STARTING, RECOVERY_GAVE_UP, FAILED)                                                          \
    X(UNAVAILABLE, RECOVERY_GAVE_UP, FAILED)                                                       \
    X(WORKER_DEAD, RECOVERY_GAVE_UP, FAILED)                                                       \
    X(STARTUP_FAILED, HEARTBEAT_RESUMED, BOOTING)                                                  \
    X(READY, MODEL_LOST, UNAVAILABLE)                                                              \
    X(READY, SERVER_STOPPED, UNAVAILABLE)                                                          \
    X(READY, HEARTBEAT_TIMEOUT, WORKER_DEAD)                                                       \
    X(UNAVAILABLE, HEARTBEAT_TIMEOUT, WORKER_DEAD)                                                 \
    X(UNAVAILABLE, UNAVAILABLE_TOO_LONG, WORKER_DEAD)                                              \
    X(UNAVAILABLE, MODEL_SERVED, READY)                                                            \
    X(WORKER_DEAD, MODEL_SERVED, READY)                                                            \
    X(UNAVAILABLE, HEARTBEAT_RESUMED, READY)                                                       \
    X(WORKER_DEAD, HEARTBEAT_RESUMED, READY)                                                       \
    X(WORKER_DEAD, REINSTALL_STARTED, BOOTING)                                                     \
    X(UNAVAILABLE, REINSTALL_STARTED, BOOTING)                                                     \
    X(BOOTING, REINSTALL_REQUESTED, BOOTING)                                                       \
    X(INSTALLING, REINSTALL_REQUESTED, BOOTING)                                                    \
    X(STARTING, REINSTALL_REQUESTED, BOOTING)                                                      \
    X(READY, REINSTALL_REQUESTED, BOOTING)                                                         \
    X(UNAVAILABLE, REINSTALL_REQUESTED, BOOTING)                                                   \
    X(WORKER_DEAD, REINSTALL_REQUESTED, BOOTING)                                                   \
    X(STARTUP_FAILED, REINSTALL_REQUESTED, BOOTING)                                                \
    X(FAILED, REINSTALL_REQUESTED, BOOTING)                                                        \
    X(READY, DRAIN_REQUESTED, DRAINING)                                                            \
    X(UNAVAILABLE, DRAIN_REQUESTED, DRAINING)                                                      \
    X(WORKER_DEAD, DRAIN_REQUESTED, DRAINING)                                                      \
    X(DRAINING, DRAINED, TERMINATING)                                                              \
    X(DRAINING, DRAIN_TIMEOUT, TERMINATING)                                                        \
    X(DRAINING, DRAIN_WORKER_LOST, TERMINATING)                                                    \
    X(PROVISIONING, SERVER_VANISHED, TERMINATING)                                                  \
    X(BOOTING, SERVER_VANISHED, TERMINATING)                                                       \
    X(INSTALLING, SERVER_VANISHED, TERMINATING)                                                    \
    X(STARTING, SERVER_VANISHED, TERMINATING)                                                      \
    X(READY, SERVER_VANISHED, TERMINATING)                                                         \
    X(UNAVAILABLE, SERVER_VANISHED, TERMINATING)                                                   \
    X(WORKER_DEAD, SERVER_VANISHED, TERMINATING)                                                   \
    X(DRAINING, SERVER_VANISHED, TERMINATING)                                                      \
    X(PROVISIONING_FAILED, SERVER_VANISHED, TERMINATING)                                           \
    X(STARTUP_FAILED, SERVER_VANISHED, TERMINATING)                                                \
    X(FAILED, SERVER_VANISHED, TERMINATING)                                                        \
    X(PROVISIONING, TERMINATE_REQUESTED, TERMINATING)                                              \
    X(BOOTING, TERMINATE_REQUESTED, TERMINATING)                                                   \
    X(INSTALLING, TERMINATE_REQUESTED, TERMINATING)                                                \
    X(STARTING, TERMINATE_REQUESTED, TERMINATING)                                                  \
    X(READY, TERMINATE_REQUESTED, TERMINATING)                                                     \
    X(UNAVAILABLE, TERMINATE_REQUESTED, TERMINATING)                                               \
    X(WORKER_DEAD, TERMINATE_REQUESTED, TERMINATING)                                               \
    X(DRAINING, TERMINATE_REQUESTED, TERMINATING)                                                  \
    X(PROVISIONING_FAILED, TERMINATE_REQUESTED, TERMINATING)                                       \
    X(STARTUP_FAILED, TERMINATE_REQUESTED, TERMINATING)                                            \
    X(FAILED, TERMINATE_REQUESTED, TERMINATING)                                                    \
    X(PROVISIONING, REPLACED, TERMINATING)                                                         \
    X(BOOTING, REPLACED, TERMINATING)                                                              \
    X(INSTALLING, REPLACED, TERMINATING)                                                           \
    X(STARTING, REPLACED, TERMINATING)                                                             \
    X(UNAVAILABLE, REPLACED, TERMINATING)                                                          \
    X(WORKER_DEAD, REPLACED, TERMINATING)                                                          \
    X(PROVISIONING, SUPERSEDED, TERMINATING)                                                       \
    X(BOOTING, SUPERSEDED, TERMINATING)                                                            \
    X(INSTALLING, SUPERSEDED, TERMINATING)                                                         \
    X(STARTING, SUPERSEDED, TERMINATING)                                                           \
    X(UNAVAILABLE, SUPERSEDED, TERMINATING)                                                        \
    X(WORKER_DEAD, SUPERSEDED, TERMINATING)                                                        \
    X(PROVISIONING_FAILED, RETENTION_OVER, TERMINATING)                                            \
    X(STARTUP_FAILED, RETENTION_OVER, TERMINATING)                                                 \
    X(FAILED, RETENTION_OVER, TERMINATING)                                                         \
    X(TERMINATING, SERVER_GONE, TERMINATED)                                                        \
    X(TERMINATED, ARCHIVE_REQUESTED, ARCHIVED)                                                     \
    X(PROVISIONING_FAILED, ARCHIVE_REQUESTED, ARCHIVED)                                            \
    X(STARTUP_FAILED, ARCHIVE_REQUESTED, ARCHIVED)                                                 \
    X(FAILED, ARCHIVE_REQUESTED, ARCHIVED)

struct transition {
    enum instance_state from;
    enum instance_rule rule;
    enum instance_state to;
};

#define X(from, rule, to) +1
enum { TRANSITION_COUNT = 0 INSTANCE_TRANSITIONS(X) };
#undef X
extern const struct transition transitions[TRANSITION_COUNT];

/* NULL when that event leads nowhere from there. */
const struct transition *transition_find(enum instance_state from, enum instance_rule rule);

enum matrix_effect { MATRIX_STAYS, MATRIX_TRANSITION, MATRIX_REFUSED };

struct matrix_cell {
    enum matrix_effect effect;
    enum instance_state to; /* of a transition */
    const char *code;       /* of a refusal, as on the wire ("not_drainable"); else NULL */
};

/* rule is not RULE_NONE. */
struct matrix_cell matrix_cell(enum instance_state state, enum instance_rule rule);

#endif
