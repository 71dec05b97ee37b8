/* kill_point.h: named points at which a test can kill or stop a process (INVENTIV_KILL_POINT).
 * They lie around every paid call, so that what a crash leaves behind can be shown to be mended. */
#ifndef INVENTIV_BASE_KILL_POINT_H
#define INVENTIV_BASE_KILL_POINT_H

#include "base/config.h"

/* In the order in which a paid call passes them. */
#define KILL_POINTS(X)                                                                             \
    X(CLAIMED, "claimed")   /* lease and token taken, nothing done */                              \
    X(INTENDED, "intended") /* the intent is on record, the call not sent */                       \
    X(SENT, "sent")         /* the request is on the wire, no reply read */                        \
    X(REPLIED, "replied")   /* the reply is read, its outcome not on record */                     \
    X(RECORDED, "recorded") /* the outcome is on record, the decision not applied */               \
    X(APPLIED, "applied")   /* applied, lease released */

enum kill_point {
#define X(id, name) KILL_POINT_##id,
    KILL_POINTS(X)
#undef X
        KILL_POINT_COUNT_
};

/* POINT[:KIND[:NTH]]; ERR_CONFIG when the point is unknown.  Empty: none ever fires. */
MUST_CHECK struct error kill_point_start(struct arena *arena, const struct config *config);

/* kind: the operation's kind, or "" where the point has none; for CLAIMED, where it is not known yet,
 * the job's name. */
void kill_point_pass(enum kill_point point, const char *kind);
const char *kill_point_name(enum kill_point point);

/* For tests within the process: called at each point by the thread that passes it, before the
 * point fires.  Set while no other thread runs; NULL: nobody watches. */
typedef void (*kill_point_watcher)(enum kill_point point, const char *kind);
void kill_point_watch(kill_point_watcher watcher);

#endif
