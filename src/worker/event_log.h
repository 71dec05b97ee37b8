/* event_log.h: the worker's own journal, JSON lines in WORKER_LOG_FILE, read back by /logs.  Any
 * thread adds.  What operators see on standard error is log.h's. */
#ifndef INVENTIV_WORKER_EVENT_LOG_H
#define INVENTIV_WORKER_EVENT_LOG_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "worker/worker_options.h"

/* Names on the wire; the first group is the existing agent's. */
#define EVENT_TYPES(X)                                                                             \
    X(AGENT_STARTED, "agent_started")                                                              \
    X(HTTP_SERVER_STARTED, "http_server_started")                                                  \
    X(REGISTER_START, "register_start")                                                            \
    X(REGISTER_SUCCESS, "register_success")                                                        \
    X(REGISTER_FAILED, "register_failed")                                                          \
    X(REGISTER_EXCEPTION, "register_exception")                                                    \
    X(HEARTBEAT_SUCCESS, "heartbeat_success")                                                      \
    X(HEARTBEAT_FAILED, "heartbeat_failed")                                                        \
    X(HEARTBEAT_EXCEPTION, "heartbeat_exception")                                                  \
    X(HEARTBEAT_SKIPPED, "heartbeat_skipped")                                                      \
    X(VLLM_READY, "vllm_ready")                                                                    \
    X(VLLM_NOT_READY, "vllm_not_ready")                                                            \
    X(VLLM_CHECK_FAILED, "vllm_check_failed")                                                      \
    X(VLLM_CHECK_EXCEPTION, "vllm_check_exception")                                                \
    X(ENGINE_STARTED, "engine_started")                                                            \
    X(ENGINE_ENDED, "engine_ended")                                                                \
    X(ENGINE_STOPPING, "engine_stopping")                                                          \
    X(STOP_ORDERED, "stop_ordered")                                                                \
    X(STOP_LIFTED, "stop_lifted")                                                                  \
    X(AGENT_ENDING, "agent_ending")

enum event_type {
#define X(id, name) EVENT_##id,
    EVENT_TYPES(X)
#undef X
};

struct event_log;

struct event_log *event_log_new(const struct worker_options *options);
void event_log_free(struct event_log *log);

/* Takes over details, which may be NULL.  An event that cannot be written is lost: the journal
 * never stops the worker. */
void
event_log_add(struct event_log *log, enum event_type type, const char *message, json_t *details);

/* The reply of /logs: the last 'tail' events whose timestamp is not below 'since' (compared as
 * text; NULL: all).  Sets *status to 200, or to 500 where the file cannot be read. */
const char *event_log_reply(struct event_log *log, struct arena *arena, size_t tail,
                            const char *since, int *status);

#endif
