/* scaleway_group.c: security groups: all in is dropped but the ports let in, all out passes. */
#include "provider/scaleway_step.h"

bool
scaleway_group_create_prepare(struct scaleway_step *step)
{
    const struct provider_call *call = step->call;
    if (call->name == NULL) {
        return false;
    }
    json_t *body =
        json_pack("{s:s, s:s, s:b, s:s, s:s, s:o}", "name", call->name, "project",
                  step->driver->project_id, "stateful", 1, "inbound_default_policy", "drop",
                  "outbound_default_policy", "accept", "tags", scaleway_tags_json(call));
    return scaleway_send(step, "POST", scaleway_url(step, "instance", "/security_groups"), body);
}

enum scaleway_verdict
scaleway_group_create_take(struct scaleway_step *step, const json_t *body)
{
    struct security_group_view *view = arena_array(step->arena, struct security_group_view, 1);
    if (!scaleway_read_group(step->arena, json_object_get(body, "security_group"), view)) {
        return SCALEWAY_GARBAGE;
    }
    step->call->new_ref = view->ref;
    step->call->security_groups = view;
    step->call->security_group_count = 1;
    return SCALEWAY_DONE;
}

static json_t *
scaleway_group_rule(int port, size_t position)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:b}", "action", "accept", "protocol",
                     "TCP", "direction", "inbound", "ip_range", "0.0.0.0/0", "dest_port_from", port,
                     "dest_port_to", port, "position", (json_int_t)position, "editable", 1);
}

/* The whole set at once, so that running it again changes nothing. */
bool
scaleway_group_rules_prepare(struct scaleway_step *step)
{
    json_t *rules = json_array();
    for (size_t i = 0; i < step->call->port_count; i++) {
        json_array_append_new(rules, scaleway_group_rule(step->call->ports[i], i + 1));
    }
    const char *rest = scaleway_by_ref(step, "/security_groups/", "/rules");
    return scaleway_send(step, "PUT", scaleway_url(step, "instance", rest),
                         json_pack("{s:o}", "rules", rules));
}

enum scaleway_verdict
scaleway_group_rules_take(struct scaleway_step *step, const json_t *body)
{
    (void)step;
    return json_is_array(json_object_get(body, "rules")) ? SCALEWAY_DONE : SCALEWAY_GARBAGE;
}

bool
scaleway_group_attach_prepare(struct scaleway_step *step)
{
    if (step->call->security_group_ref == NULL) {
        return false;
    }
    return scaleway_send(
        step, "PATCH", scaleway_url(step, "instance", scaleway_by_ref(step, "/servers/", "")),
        json_pack("{s:{s:s}}", "security_group", "id", step->call->security_group_ref));
}

bool
scaleway_group_delete_prepare(struct scaleway_step *step)
{
    const char *rest = scaleway_by_ref(step, "/security_groups/", "");
    return scaleway_ask(step, "DELETE", scaleway_url(step, "instance", rest));
}

bool
scaleway_group_list_prepare(struct scaleway_step *step)
{
    return scaleway_list_ask(step, "/security_groups", true);
}

static bool
scaleway_group_keep(struct scaleway_step *step, const char *id, const json_t *group)
{
    (void)id;
    if (!scaleway_has_tags(step->call, group)) {
        return true;
    }
    return scaleway_read_group(step->arena, group,
                               scaleway_list_add(step, sizeof(struct security_group_view)));
}

enum scaleway_verdict
scaleway_group_list_take(struct scaleway_step *step, const json_t *body)
{
    enum scaleway_verdict verdict =
        scaleway_list_take(step, body, "security_groups", scaleway_group_keep);
    step->call->security_groups = step->rows;
    step->call->security_group_count = step->row_count;
    return verdict;
}
