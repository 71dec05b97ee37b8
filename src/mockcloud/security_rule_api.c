/* The rules of security groups. */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/list.h"
#include "mockcloud/security_group_view.h"

enum { SECURITY_RULE_PORT_MAX = 65535 };

static bool
security_rule_is_one_of(const char *value, const char *const *allowed, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, allowed[i]) == 0) {
            return true;
        }
    }
    return false;
}

static const char *
security_rule_fault(const json_t *given)
{
    static const char *const actions[] = { "accept", "drop" };
    static const char *const directions[] = { "inbound", "outbound" };
    static const char *const protocols[] = { "TCP", "UDP", "ICMP", "ANY" };
    int64_t from = json_get_i64(given, "dest_port_from", 1);
    int64_t to = json_get_i64(given, "dest_port_to", from);

    if (!security_rule_is_one_of(json_get_string(given, "action", ""), actions,
                                 ARRAY_LENGTH(actions))) {
        return "action";
    }
    if (!security_rule_is_one_of(json_get_string(given, "direction", ""), directions,
                                 ARRAY_LENGTH(directions))) {
        return "direction";
    }
    if (!security_rule_is_one_of(json_get_string(given, "protocol", ""), protocols,
                                 ARRAY_LENGTH(protocols))) {
        return "protocol";
    }
    if (from < 1 || to < from || to > SECURITY_RULE_PORT_MAX) {
        return "dest_port_from";
    }
    return json_get_string(given, "ip_range", "")[0] == '\0' ? "ip_range" : NULL;
}

/* A new reference, or NULL when the call was refused and answered. */
static json_t *
security_rule_make(struct call *call, const json_t *given, int64_t position)
{
    const char *fault = security_rule_fault(given);
    char id[UUID_TEXT_SIZE];

    if (fault != NULL) {
        call_invalid(call, fault, "constraint", "not allowed in a rule");
        return NULL;
    }
    digest_uuid(id);
    json_t *from = json_object_get(given, "dest_port_from");
    json_t *to = json_object_get(given, "dest_port_to");
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:O?, s:O?, s:I, s:b, s:s}", "id",
        json_get_string(given, "id", id), "action", json_get_string(given, "action", ""),
        "direction", json_get_string(given, "direction", ""), "protocol",
        json_get_string(given, "protocol", ""), "ip_range", json_get_string(given, "ip_range", ""),
        "dest_port_from", from, "dest_port_to", to, "position",
        (json_int_t)json_get_i64(given, "position", position), "editable", 1, "zone", call->zone);
}

void
api_security_group_rules_get(struct call *call)
{
    json_t *group = security_group_find(call);

    if (group != NULL) {
        list_reply_page(call, "rules", false, json_deep_copy(json_object_get(group, "rules")));
    }
}

void
api_security_group_rules_set(struct call *call)
{
    json_t *group = security_group_find(call);
    const json_t *wanted = json_object_get(call->body, "rules");
    size_t index;
    json_t *given;

    if (group == NULL) {
        return;
    }
    if (!json_is_array(wanted)) {
        call_invalid(call, "rules", "required", "");
        return;
    }
    CLEANUP_JSON json_t *rules = json_array();
    json_array_foreach(wanted, index, given)
    {
        json_t *rule = security_rule_make(call, given, (int64_t)index + 1);
        if (rule == NULL) {
            return;
        }
        json_array_append_new(rules, rule);
    }
    world_set_json(call->world, group, "rules", json_incref(rules));
    world_set_i64(call->world, group, "modified_ms", call->now_ms);
    call_reply_named(call, 200, "rules", json_deep_copy(rules));
}

void
api_security_group_rule_create(struct call *call)
{
    json_t *group = security_group_find(call);
    json_t *rules = json_object_get(group, "rules");

    if (group == NULL) {
        return;
    }
    json_t *rule = security_rule_make(call, call->body, (int64_t)json_array_size(rules) + 1);
    if (rule != NULL) {
        json_array_append(rules, rule);
        call->world->changed = true;
        call_reply_named(call, 201, "rule", rule);
    }
}

void
api_security_group_rule_delete(struct call *call)
{
    json_t *group = security_group_find(call);
    json_t *rules = json_object_get(group, "rules");
    size_t index;
    json_t *rule;

    if (group == NULL) {
        return;
    }
    json_array_foreach(rules, index, rule)
    {
        if (strcmp(json_get_string(rule, "id", ""), call->key) == 0) {
            json_array_remove(rules, index);
            call->world->changed = true;
            call_reply(call, 204, NULL);
            return;
        }
    }
    call_not_found(call, "instance_security_group_rule", call->key);
}
