#include "mockcloud/fault_calls.h"

#include <string.h>

#include "base/json.h"
#include "mockcloud/routes.h"

static bool
fault_calls_is(const struct call *call, const char *operation)
{
    return strcmp(call->route->operation, operation) == 0;
}

/* Of what can be done to a server, a power-on alone asks for more than there was. */
static bool
fault_calls_concerns(const struct call *call, enum fault_kind kind)
{
    if (kind == FAULT_ERROR_AFTER_WORK && call->status >= 300) {
        return false; /* nothing was done */
    }
    if ((kind == FAULT_QUOTA || kind == FAULT_OUT_OF_STOCK) &&
        fault_calls_is(call, "server_action")) {
        return strcmp(json_get_string(call->body, "action", ""), "poweron") == 0;
    }
    return fault_has_operation(kind, call->route->operation);
}

/* The first fault of that moment that fires. */
static bool
fault_calls_act(struct call *call, enum fault_moment moment)
{
    if (call->cloud->faults == NULL || !call->route->is_provider) {
        return false;
    }
    for (enum fault_kind kind = 0; kind < FAULT_KIND_COUNT_; kind++) {
        if (faults[kind].moment == moment && fault_calls_concerns(call, kind)) {
            const struct fault_rule *rule =
                fault_rules_draw(call->cloud, kind, fault_place_of_call(call));
            if (rule != NULL) {
                faults[kind].on_call(call, rule);
                return true;
            }
        }
    }
    return false;
}

bool
fault_calls_refuse(struct call *call)
{
    return fault_calls_act(call, FAULT_INSTEAD);
}

void
fault_calls_spoil(struct call *call)
{
    fault_calls_act(call, FAULT_AFTER_WORK);
}

void
fault_calls_deny(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call_denied(call, "not_found");
}

/* The header knows whole seconds. */
void
fault_calls_throttle(struct call *call, const struct fault_rule *rule)
{
    int64_t whole = (int64_t)rule->value;

    call_throttled(call, 1, (double)whole < rule->value ? whole + 1 : whole);
}

static json_t *
fault_calls_error(void)
{
    return json_pack("{s:s, s:s}", "type", "internal_error", "message", "internal error");
}

void
fault_calls_fail(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call_reply(call, 500, fault_calls_error());
}

void
fault_calls_exceed_quota(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call_quota_exceeded(call, "quota(s) exceeded for this resource", call->route->operation, 1);
}

void
fault_calls_lack_stock(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call_reply(call, 412,
               json_pack("{s:s, s:s, s:s}", "type", "out_of_stock", "message",
                         "resource is out of stock", "resource", "instance_server"));
}

void
fault_calls_fail_late(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call_replace(call, 500, fault_calls_error());
}

void
fault_calls_cut(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call->end = CALL_CUT;
}

void
fault_calls_lose(struct call *call, const struct fault_rule *rule)
{
    (void)rule;
    call->end = CALL_LOST;
}
