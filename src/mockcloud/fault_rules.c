#include "mockcloud/fault_rules.h"

#include <stdio.h>
#include <string.h>

#include "base/config.h"
#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/routes.h"

struct fault_place
fault_place_of_call(const struct call *call)
{
    return (struct fault_place){ .operation = call->route->operation,
                                 .zone = call->zone,
                                 .server_id = call->id };
}

struct fault_place
fault_place_of_server(const json_t *server)
{
    return (struct fault_place){ .zone = json_get_string(server, "zone", ""),
                                 .server_id = json_get_string(server, "id", "") };
}

/* splitmix64: every state is a good one, and so every seed. */
static uint64_t
fault_rules_next(struct fault_rule *rule)
{
    uint64_t z = rule->chance += 0x9e3779b97f4a7c15U;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

/* From 0 up to, but not, 1: as many bits as a double holds. */
static double
fault_rules_fraction(struct fault_rule *rule)
{
    return (double)(fault_rules_next(rule) >> 11) * 0x1p-53;
}

uint64_t
fault_rules_below(struct fault_rule *rule, uint64_t bound)
{
    return fault_rules_next(rule) % bound;
}

double
fault_rules_amount(struct fault_rule *rule)
{
    double amount = rule->value;

    if (rule->jitter > 0) {
        amount += (2 * fault_rules_fraction(rule) - 1) * rule->jitter;
    }
    return amount < 0 ? 0 : amount;
}

static char *
fault_rules_copy(const char *text)
{
    return text == NULL ? NULL : mem_strdup(text);
}

static void
fault_rules_free(struct fault_rule *rule)
{
    mem_free(rule->operation);
    mem_free(rule->zone);
    mem_free(rule->server_id);
    mem_free(rule);
}

/* Where a new rule goes; NULL: there is no place. */
static struct fault_rule **
fault_rules_end(struct cloud *cloud)
{
    int64_t left = config_count(cloud->config, SETTING_MOCKCLOUD_FAULTS_MAX);
    struct fault_rule **link = &cloud->faults;

    while (*link != NULL) {
        link = &(*link)->next;
        left--;
    }
    return left > 0 ? link : NULL;
}

struct fault_rule *
fault_rules_add(struct cloud *cloud, const struct fault_rule *wish)
{
    struct fault_rule **link = fault_rules_end(cloud);

    if (link == NULL) {
        return NULL;
    }
    struct fault_rule *rule = mem_alloc(sizeof *rule);
    *rule = *wish;
    rule->next = NULL;
    rule->id = ++cloud->last_fault;
    snprintf(rule->id_text, sizeof rule->id_text, "%lld", (long long)rule->id);
    rule->operation = fault_rules_copy(wish->operation);
    rule->zone = fault_rules_copy(wish->zone);
    rule->server_id = fault_rules_copy(wish->server_id);
    rule->chance = (uint64_t)wish->seed;
    rule->fired = 0;
    *link = rule;
    return rule;
}

const struct fault_rule *
fault_rules_find(const struct cloud *cloud, const char *id)
{
    const struct fault_rule *rule = cloud->faults;

    while (rule != NULL && strcmp(rule->id_text, id) != 0) {
        rule = rule->next;
    }
    return rule;
}

void
fault_rules_remove(struct cloud *cloud, int64_t id)
{
    for (struct fault_rule **link = &cloud->faults; *link != NULL; link = &(*link)->next) {
        if ((*link)->id == id) {
            struct fault_rule *rule = *link;
            *link = rule->next;
            fault_rules_free(rule);
            return;
        }
    }
}

void
fault_rules_clear(struct cloud *cloud)
{
    while (cloud->faults != NULL) {
        fault_rules_remove(cloud, cloud->faults->id);
    }
}

static json_t *
fault_rule_view(const struct fault_rule *rule)
{
    const struct fault *fault = &faults[rule->kind];
    json_t *view = json_pack("{s:s, s:s, s:o, s:o, s:o, s:f, s:o, s:I, s:I}", "id", rule->id_text,
                             "name", fault->name, "operation", json_string_or_null(rule->operation),
                             "zone", json_string_or_null(rule->zone), "server_id",
                             json_string_or_null(rule->server_id), "probability", rule->probability,
                             "count", rule->count < 0 ? json_null() : json_integer(rule->count),
                             "seed", (json_int_t)rule->seed, "fired", (json_int_t)rule->fired);
    if (fault->takes_value) {
        json_object_set_new(view, "value", json_real(rule->value));
    }
    if (fault->takes_jitter) {
        json_object_set_new(view, "jitter", json_real(rule->jitter));
    }
    return view;
}

json_t *
fault_rules_view(const struct cloud *cloud)
{
    json_t *view = json_array();

    for (const struct fault_rule *rule = cloud->faults; rule != NULL; rule = rule->next) {
        json_array_append_new(view, fault_rule_view(rule));
    }
    return view;
}

static bool
fault_rules_fits(const char *wanted, const char *given)
{
    return wanted == NULL || (given != NULL && strcmp(wanted, given) == 0);
}

/* A power-on that fails later is another thing than one that is refused: it must be named. */
static bool
fault_rules_fits_operation(const struct fault_rule *rule, const char *operation)
{
    if (operation != NULL && rule->operation == NULL) {
        return strcmp(operation, FAULT_BOOT) != 0;
    }
    return operation == NULL || fault_rules_fits(rule->operation, operation);
}

bool
fault_rules_fires(struct fault_rule *rule, struct fault_place place)
{
    if (rule->count == 0 || !fault_rules_fits_operation(rule, place.operation) ||
        !fault_rules_fits(rule->zone, place.zone) ||
        !fault_rules_fits(rule->server_id, place.server_id) ||
        fault_rules_fraction(rule) >= rule->probability) {
        return false;
    }
    rule->count -= rule->count > 0;
    rule->fired++;
    return true;
}

struct fault_rule *
fault_rules_draw(struct cloud *cloud, enum fault_kind kind, struct fault_place place)
{
    for (struct fault_rule *rule = cloud->faults; rule != NULL; rule = rule->next) {
        if (rule->kind == kind && fault_rules_fires(rule, place)) {
            return rule;
        }
    }
    return NULL;
}

double
fault_rules_largest(const struct cloud *cloud, enum fault_kind kind)
{
    double largest = 0;

    for (const struct fault_rule *rule = cloud->faults; rule != NULL; rule = rule->next) {
        if (rule->kind == kind && rule->count != 0 && rule->value > largest) {
            largest = rule->value;
        }
    }
    return largest;
}
