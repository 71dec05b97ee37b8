/* cloud.h: what one running local cloud is made of.  Everything here lives on one loop and one
 * thread. */
#ifndef INVENTIV_MOCKCLOUD_CLOUD_H
#define INVENTIV_MOCKCLOUD_CLOUD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/config.h"
#include "base/loop.h"

struct call;
struct http_server;
struct machine;
struct world;

struct cloud {
    const struct config *config;
    struct loop *loop;
    struct world *world;
    struct http_server *server;
    const char *guest_base; /* absolute path of the machines' folders */

    /* call.c: replies that wait for the state file, in order. */
    struct call *first_waiting;
    struct call *last_waiting;
    struct loop_turn_end *turn_end;

    /* life.c: fires when the next state that takes time has taken it. */
    struct loop_timer *life_timer;

    /* machine.c: what runs, or is ending. */
    struct machine *machines;

    /* gate.c: calls seen in the present second. */
    int64_t rate_second;
    int64_t rate_calls;

    json_t *request_counts; /* operation -> result -> count */
};

#endif
