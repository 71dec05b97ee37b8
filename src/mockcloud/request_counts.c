#include "mockcloud/request_counts.h"

#include "base/json.h"
#include "mockcloud/routes.h"

void
request_counts_add(struct cloud *cloud, const struct call *call)
{
    const char *operation = call->route == NULL ? "unknown" : call->route->operation;
    const char *result = call->end == CALL_LOST  ? "lost_reply"
                         : call->end == CALL_CUT ? "cut_reply"
                                                 : arena_printf(call->arena, "%d", call->status);
    json_t *results = json_object_get(cloud->request_counts, operation);

    if (results == NULL) {
        results = json_object();
        json_object_set_new(cloud->request_counts, operation, results);
    }
    json_object_set_new(results, result, json_integer(json_get_i64(results, result, 0) + 1));
}
