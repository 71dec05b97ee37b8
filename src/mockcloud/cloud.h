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
struct fault_delay;
struct fault_doom;
struct fault_rule;
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

    /* fault_rules.c, oldest first. */
    struct fault_rule *faults;
    int64_t last_fault;
    /* fault_latency.c: calls that wait. */
    struct fault_delay *delays;
    /* fault_machines.c: what is to happen to machines later, and server id -> id of the rule that
     * keeps it starting. */
    struct fault_doom *dooms;
    json_t *held;
};

#endif
