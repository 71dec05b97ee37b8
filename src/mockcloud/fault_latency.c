#include "mockcloud/fault_latency.h"

#include "base/clock.h"
#include "base/mem.h"
#include "mockcloud/fault_rules.h"
#include "mockcloud/routes.h"

struct fault_delay {
    struct fault_delay *next;
    struct call *call;
    void (*go_on)(struct call *call);
    struct loop_timer *timer;
};

/* The call that has waited. */
static struct call *
fault_latency_end(struct fault_delay *delay)
{
    struct call *call = delay->call;
    struct fault_delay **link = &call->cloud->delays;

    while (*link != delay) {
        link = &(*link)->next;
    }
    *link = delay->next;
    loop_timer_free(delay->timer);
    mem_free(delay);
    return call;
}

static void
fault_latency_on_time(void *argument)
{
    struct fault_delay *delay = argument;
    void (*go_on)(struct call * call) = delay->go_on;
    struct call *call = fault_latency_end(delay);

    call->now_ms = clock_wall_ms();
    go_on(call);
}

bool
fault_latency_delays(struct call *call, void (*go_on)(struct call *call))
{
    struct cloud *cloud = call->cloud;
    struct fault_rule *rule =
        call->route->is_provider ? fault_rules_draw(cloud, FAULT_LATENCY, fault_place_of_call(call))
                                 : NULL;
    int64_t wait_ms = rule == NULL ? 0 : (int64_t)fault_rules_amount(rule);

    if (wait_ms == 0) {
        return false;
    }
    struct fault_delay *delay = mem_zalloc(sizeof *delay);
    delay->call = call;
    delay->go_on = go_on;
    delay->timer = loop_timer_new(cloud->loop, fault_latency_on_time, delay);
    delay->next = cloud->delays;
    cloud->delays = delay;
    loop_timer_start(delay->timer, wait_ms);
    return true;
}

void
fault_latency_stop(struct cloud *cloud)
{
    while (cloud->delays != NULL) {
        call_reply(fault_latency_end(cloud->delays), 503,
                   json_pack("{s:s, s:s}", "type", "unavailable", "message", "shutting down"));
    }
}
