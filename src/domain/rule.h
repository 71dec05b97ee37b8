/* rule.h: the events of an instance's life: the rules that lead from state to state, and two in
 * which nothing happens (silent, outage).  Where each leads is transitions.h's. */
#ifndef INVENTIV_DOMAIN_RULE_H
#define INVENTIV_DOMAIN_RULE_H

#include <stdbool.h>

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

enum instance_rule {
    RULE_NONE, /* nothing fits */
#define X(id, name, when) RULE_##id,
    INSTANCE_RULES(X)
#undef X
        INSTANCE_RULE_COUNT_
};

const char *rule_name(enum instance_rule rule); /* "none" for RULE_NONE */
bool rule_parse(const char *name, enum instance_rule *out);
/* For docs/states.md. */
const char *rule_when(enum instance_rule rule);

#endif
