#include "mockcloud/fault_lists.h"

#include "mockcloud/world.h"

enum { FAULT_MS_A_SECOND = 1000 };

int64_t
fault_lists_lag_ms(const struct call *call)
{
    const struct fault_rule *rule =
        fault_rules_draw(call->cloud, FAULT_LIST_LAG, fault_place_of_call(call));

    return rule == NULL ? 0 : (int64_t)(rule->value * FAULT_MS_A_SECOND);
}

static void
fault_lists_drop_key(json_t *rows, size_t index)
{
    void *at = json_object_iter(rows);

    while (index > 0) {
        at = json_object_iter_next(rows, at);
        index--;
    }
    json_object_del(rows, json_object_iter_key(at));
}

void
fault_lists_shorten(const struct call *call, json_t *rows)
{
    size_t count = json_is_array(rows) ? json_array_size(rows) : json_object_size(rows);
    struct fault_rule *rule =
        fault_rules_draw(call->cloud, FAULT_LIST_SHORT, fault_place_of_call(call));

    for (double left = rule == NULL ? 0 : rule->value; left >= 1 && count > 0; left--) {
        size_t index = (size_t)fault_rules_below(rule, count);
        if (json_is_array(rows)) {
            json_array_remove(rows, index);
        } else {
            fault_lists_drop_key(rows, index);
        }
        count--;
    }
}

void
fault_lists_remember(struct cloud *cloud)
{
    double longest = fault_rules_largest(cloud, FAULT_LIST_LAG);

    cloud->world->ghost_ms = (int64_t)(longest * FAULT_MS_A_SECOND);
}
