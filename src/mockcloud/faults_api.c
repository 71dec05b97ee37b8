/* GET, POST and DELETE /_faults. */
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "mockcloud/apis.h"
#include "mockcloud/arguments.h"
#include "mockcloud/fault_lists.h"
#include "mockcloud/fault_machines.h"

/* Far beyond any use, and whole in a double as in an int64_t, in seconds as in milliseconds. */
#define FAULT_AMOUNT_MAX 1e9
#define FAULT_MEMBERS "name operation zone server_id probability count value jitter seed"

static bool
faults_check_members(struct call *call)
{
    const char *name;
    json_t *value;

    json_object_foreach(call->body, name, value)
    {
        if (!fault_has_word(FAULT_MEMBERS, name)) {
            call_invalid(call, name, "unknown", "allowed: " FAULT_MEMBERS);
            return false;
        }
    }
    return true;
}

static bool
faults_read_name(struct call *call, enum fault_kind *out)
{
    const char *name;
    const char *allowed = "allowed:";

    if (!arguments_text(call, "name", "", &name)) {
        return false;
    }
    *out = fault_find(name);
    if (*out != FAULT_KIND_COUNT_) {
        return true;
    }
    for (enum fault_kind kind = 0; kind < FAULT_KIND_COUNT_; kind++) {
        allowed = arena_printf(call->arena, "%s %s", allowed, faults[kind].name);
    }
    call_invalid(call, "name", "unknown", allowed);
    return false;
}

/* Borrowed from the body, as all of these. */
static bool
faults_read_operation(struct call *call, struct fault_rule *wish)
{
    const char *allowed = fault_operations(wish->kind);
    const char *operation;

    if (!arguments_text(call, "operation", NULL, &operation)) {
        return false;
    }
    if (operation != NULL && !fault_has_operation(wish->kind, operation)) {
        call_invalid(call, "operation", "unknown",
                     allowed[0] == '\0' ? "this fault is of no operation"
                                        : arena_printf(call->arena, "allowed: %s", allowed));
        return false;
    }
    wish->operation = arena_strdup(call->arena, operation);
    return true;
}

static bool
faults_read_place(struct call *call, struct fault_rule *wish)
{
    const char *zone;
    const char *server_id;

    if (!arguments_text(call, "zone", NULL, &zone) ||
        !arguments_text(call, "server_id", NULL, &server_id)) {
        return false;
    }
    if (zone != NULL && !world_has_zone(call->world, zone)) {
        call_invalid(call, "zone", "unknown",
                     arena_printf(call->arena, "allowed: %s", call->world->zones));
        return false;
    }
    if (server_id != NULL && faults[wish->kind].moment == FAULT_ON_LIST) {
        call_invalid(call, "server_id", "constraint", "a list is of no one server");
        return false;
    }
    if (server_id != NULL && !digest_is_uuid(server_id)) {
        call_invalid(call, "server_id", "format", "must be the id of a server");
        return false;
    }
    wish->zone = arena_strdup(call->arena, zone);
    wish->server_id = arena_strdup(call->arena, server_id);
    return true;
}

/* A number from 0 to max; the fallback when none is given; takes false: none may be. */
static bool
faults_read_number(struct call *call, const char *name, bool takes, double max, double *out)
{
    const json_t *given = json_object_get(call->body, name);

    if (given == NULL || json_is_null(given)) {
        return true;
    }
    if (!takes) {
        call_invalid(call, name, "constraint",
                     arena_printf(call->arena, "this fault takes no %s", name));
        return false;
    }
    if (!json_is_number(given) || json_number_value(given) < 0 || json_number_value(given) > max) {
        call_invalid(call, name, "constraint",
                     arena_printf(call->arena, "must be a number from 0 to %.0f", max));
        return false;
    }
    *out = json_number_value(given);
    return true;
}

static bool
faults_read_numbers(struct call *call, struct fault_rule *wish)
{
    const struct fault *fault = &faults[wish->kind];

    wish->probability = 1;
    wish->value = fault->value;
    return faults_read_number(call, "probability", true, 1, &wish->probability) &&
           faults_read_number(call, "value", fault->takes_value, FAULT_AMOUNT_MAX, &wish->value) &&
           faults_read_number(call, "jitter", fault->takes_jitter, FAULT_AMOUNT_MAX, &wish->jitter);
}

/* A whole number not below min; *out stays when none is given. */
static bool
faults_read_whole(struct call *call, const char *name, int64_t min, int64_t *out)
{
    const json_t *given = json_object_get(call->body, name);

    if (given == NULL || json_is_null(given)) {
        return true;
    }
    if (!json_is_integer(given) || json_integer_value(given) < min) {
        call_invalid(call, name, "constraint",
                     arena_printf(call->arena, "must be a whole number from %lld", (long long)min));
        return false;
    }
    *out = json_integer_value(given);
    return true;
}

static bool
faults_read(struct call *call, struct fault_rule *wish)
{
    wish->count = -1;
    wish->seed = digest_random_below(INT32_MAX);
    return faults_check_members(call) && faults_read_name(call, &wish->kind) &&
           faults_read_operation(call, wish) && faults_read_place(call, wish) &&
           faults_read_numbers(call, wish) && faults_read_whole(call, "count", 1, &wish->count) &&
           faults_read_whole(call, "seed", 0, &wish->seed);
}

void
api_own_fault_set(struct call *call)
{
    struct fault_rule wish = { 0 };

    if (!faults_read(call, &wish)) {
        return;
    }
    struct fault_rule *rule = fault_rules_add(call->cloud, &wish);
    if (rule == NULL) {
        call_invalid(call, "name", "constraint", "there are MOCKCLOUD_FAULTS_MAX rules already");
        return;
    }
    fault_lists_remember(call->cloud);
    fault_machines_meet(call->cloud, rule);
    call_reply(call, 201, json_pack("{s:s}", "id", rule->id_text));
}

void
api_own_faults(struct call *call)
{
    call_reply(call, 200, fault_rules_view(call->cloud));
}

static void
faults_remove(struct call *call, int64_t id)
{
    fault_rules_remove(call->cloud, id);
    fault_machines_release(call->cloud, id);
    fault_lists_remember(call->cloud);
}

void
api_own_faults_clear(struct call *call)
{
    while (call->cloud->faults != NULL) {
        faults_remove(call, call->cloud->faults->id);
    }
    call_reply(call, 204, NULL);
}

void
api_own_fault_remove(struct call *call)
{
    const struct fault_rule *rule = fault_rules_find(call->cloud, call->id);

    if (rule == NULL) {
        call_not_found(call, "fault", call->id);
        return;
    }
    faults_remove(call, rule->id);
    call_reply(call, 204, NULL);
}
