/* plane_reply.h: what a reply of the plane to a registration or a heartbeat means. */
#ifndef INVENTIV_WORKER_PLANE_REPLY_H
#define INVENTIV_WORKER_PLANE_REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "base/http_client.h"
#include "worker/beat_schedule.h"

enum { PLANE_ENV_MAX = 32 };

struct plane_reply {
    enum plane_outcome outcome;
    int status;                  /* 0: no answer */
    int64_t retry_after_ms;      /* -1: not told */
    int64_t next_heartbeat_ms;   /* 0: not told */
    const char *bootstrap_token; /* NULL: none */
    bool has_engine_env;
    size_t engine_env_count;
    const char *engine_env[PLANE_ENV_MAX]; /* "NAME=value" */
    const char *failure;                   /* for people; "" when accepted */
};

/* Reads a call that has ended.  Never fails: an accepted reply that is no JSON, or has members of
 * other types, tells nothing beyond its status.  Texts live in the arena. */
void plane_reply_read(struct arena *arena, const struct http_call *call, struct plane_reply *out);

#endif
