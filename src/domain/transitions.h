/* transitions.h: the one table of what each event does in each state.  An event is a rule of the
 * table, or one of two in which nothing happens (silent, outage).  matrix.tsv, the database's table
 * and docs/states.md say the same; a test holds the four together.  Which rule fits when is
 * decide.h's. */
#ifndef INVENTIV_DOMAIN_TRANSITIONS_H
#define INVENTIV_DOMAIN_TRANSITIONS_H

#include <stddef.h>

#include "domain/state.h"

/* In the order of matrix.tsv's columns.  X(id, name, when) */
#define INSTANCE_RULES(X)                                                                          \
    X(TERMINATE_REQUESTED, "terminate_requested", "somebody wants it gone")                        \
    X(SERVER_VANISHED, "server_vanished", "its machine was absent twice")                          \
    X(SERVER_GONE, "server_gone",                                                                  \
      "nothing rented is left: machine and addresses absent twice, no operation open, "            \
      "no create unsettled")                                                                       \
    X(REPLACED, "replaced",                                                                        \
      "a younger member of the root is ready, or lives on when this one gives up")                 \
    X(SUPERSEDED, "superseded", "an elder member of the root is ready again")                      \
    X(DRAIN_REQUESTED, "drain_requested", "somebody wants it to finish what it serves and go")     \
    X(REINSTALL_REQUESTED, "reinstall_requested",                                                  \
      "somebody wants a new generation on the recorded machine; no other member of the "           \
      "root is live")                                                                              \
    X(MODEL_SERVED, "model_served",                                                                \
      "the wanted model answers, warm-up by us included, in this generation; no other "            \
      "member of the root is ready")                                                               \
    X(HEARTBEAT_RESUMED, "heartbeat_resumed", "beats of this generation came back")                \
    X(AGENT_SEEN, "agent_seen", "the worker of this generation was heard from")                    \
    X(SSH_REACHABLE, "ssh_reachable", "the machine answers on its SSH port, in this generation")   \
    X(SERVER_STARTED, "server_started", "the machine is on record and seen running")               \
    X(DRAINED, "drained",                                                                          \
      "two beats after leaving traffic say that nothing runs and nothing waits")                   \
    X(MODEL_LOST, "model_lost", "the worker is heard from, the model is not served")               \
    X(SERVER_STOPPED, "server_stopped", "the provider shows the machine stopped")                  \
    X(HEARTBEAT_TIMEOUT, "heartbeat_timeout", "no beat for the time that counts as silence")       \
    X(DRAIN_WORKER_LOST, "drain_worker_lost", "the worker went silent while draining")             \
    X(STUCK_RESTARTED, "stuck_restarted", "it was stuck: new generation and restart")              \
    X(SERVER_RESTARTED, "server_restarted",                                                        \
      "the machine was found stopped and is powered on again")                                     \
    X(REINSTALL_STARTED, "reinstall_started",                                                      \
      "recovery put a new generation into the user data and restarts the machine")                 \
    X(DRAIN_TIMEOUT, "drain_timeout", "the longest stay in draining is over")                      \
    X(UNAVAILABLE_TOO_LONG, "unavailable_too_long", "the longest stay in unavailable is over")     \
    X(PROVISION_GAVE_UP, "provision_gave_up",                                                      \
      "the provider calls the request invalid, the attempts are used up, or the longest "          \
      "stay is over")                                                                              \
    X(STARTUP_GAVE_UP, "startup_gave_up", "the longest stay is over and it never was ready")       \
    X(RECOVERY_GAVE_UP, "recovery_gave_up", "the longest stay is over and it was ready once")      \
    X(RETENTION_OVER, "retention_over",                                                            \
      "it was kept long enough for a look; what it still rents is given back")                     \
    X(ARCHIVE_REQUESTED, "archive_requested",                                                      \
      "somebody wants it hidden from lists; nothing is rented")                                    \
    X(SILENT, "silent", "nothing is heard, and not yet for long enough to conclude anything")      \
    X(OUTAGE, "outage", "facts are missing: a provider, a machine or the database did not answer")

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

enum instance_rule {
    RULE_NONE, /* nothing fits */
#define X(id, name, when) RULE_##id,
    INSTANCE_RULES(X)
#undef X
        INSTANCE_RULE_COUNT_
};

struct transition {
    enum instance_state from;
    enum instance_rule rule;
    enum instance_state to;
};

#define X(from, rule, to) +1
enum { TRANSITION_COUNT = 0 INSTANCE_TRANSITIONS(X) };
#undef X
extern const struct transition transitions[TRANSITION_COUNT];

const char *rule_name(enum instance_rule rule); /* "none" for RULE_NONE */
bool rule_parse(const char *name, enum instance_rule *out);
/* For docs/states.md. */
const char *rule_when(enum instance_rule rule);

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
