#include "mockcloud/fault_machines.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "mockcloud/life.h"
#include "mockcloud/world.h"

enum { FAULT_MS_A_SECOND = 1000 };

/* Something that is to happen to a machine. */
struct fault_doom {
    struct fault_doom *next;
    struct cloud *cloud;
    int64_t rule_id;
    enum fault_kind kind;
    enum life_goal goal; /* of FAULT_STOPPED */
    char *server_id;
    struct loop_timer *timer;
};

/* The first fault of that moment that fires, and no other. */
static bool
fault_machines_act(struct cloud *cloud, enum fault_moment moment, json_t *server)
{
    for (enum fault_kind kind = 0; kind < FAULT_KIND_COUNT_; kind++) {
        if (faults[kind].moment == moment) {
            struct fault_rule *rule = fault_rules_draw(cloud, kind, fault_place_of_server(server));
            if (rule != NULL) {
                faults[kind].on_server(cloud, server, rule, fault_rules_amount(rule));
                return true;
            }
        }
    }
    return false;
}

void
fault_machines_starts(struct cloud *cloud, json_t *server)
{
    fault_machines_act(cloud, FAULT_WHEN_STARTS, server);
}

void
fault_machines_runs(struct cloud *cloud, json_t *server)
{
    if (!fault_machines_act(cloud, FAULT_WHILE_EXISTS, server)) {
        fault_machines_act(cloud, FAULT_WHILE_RUNS, server);
    }
}

bool
fault_machines_lacks_stock(struct cloud *cloud, const json_t *server)
{
    struct fault_place place = fault_place_of_server(server);

    place.operation = FAULT_BOOT;
    return fault_rules_draw(cloud, FAULT_OUT_OF_STOCK, place) != NULL;
}

const char *
fault_machines_ssh(struct cloud *cloud, const json_t *server)
{
    const struct fault_rule *rule =
        fault_rules_draw(cloud, FAULT_NO_SSH, fault_place_of_server(server));

    if (rule == NULL) {
        return NULL;
    }
    return rule->value == 0 ? "absent" : "mute";
}

void
fault_machines_hold(struct cloud *cloud, json_t *server, const struct fault_rule *rule,
                    double amount)
{
    (void)amount;
    json_object_set_new(cloud->held, json_get_string(server, "id", ""), json_integer(rule->id));
}

bool
fault_machines_is_held(const struct cloud *cloud, const char *server_id)
{
    return json_object_get(cloud->held, server_id) != NULL;
}

static void
fault_machines_end(struct cloud *cloud, json_t *server, enum fault_kind kind, enum life_goal goal)
{
    if (kind == FAULT_DELETED) {
        life_delete(cloud, server, false);
    } else if (life_is(server, LIFE_RUNNING)) {
        life_power_off(cloud, server, goal);
    }
}

static void
fault_doom_free(struct fault_doom *doom)
{
    struct fault_doom **link = &doom->cloud->dooms;

    while (*link != doom) {
        link = &(*link)->next;
    }
    *link = doom->next;
    loop_timer_free(doom->timer);
    mem_free(doom->server_id);
    mem_free(doom);
}

static void
fault_doom_on_time(void *argument)
{
    struct fault_doom *doom = argument;
    struct cloud *cloud = doom->cloud;
    json_t *server = world_find(cloud->world->servers, NULL, doom->server_id);
    enum fault_kind kind = doom->kind;
    enum life_goal goal = doom->goal;

    fault_doom_free(doom);
    if (server != NULL) {
        fault_machines_end(cloud, server, kind, goal);
        life_arm(cloud);
    }
}

void
fault_machines_doom(struct cloud *cloud, json_t *server, const struct fault_rule *rule,
                    double amount)
{
    bool in_place = rule->operation != NULL && strcmp(rule->operation, "stop_in_place") == 0;
    enum life_goal goal = in_place ? LIFE_GOAL_IN_PLACE : LIFE_GOAL_STOPPED;

    if (amount == 0) {
        fault_machines_end(cloud, server, rule->kind, goal);
        return;
    }
    struct fault_doom *doom = mem_zalloc(sizeof *doom);
    doom->cloud = cloud;
    doom->rule_id = rule->id;
    doom->kind = rule->kind;
    doom->goal = goal;
    doom->server_id = mem_strdup(json_get_string(server, "id", ""));
    doom->timer = loop_timer_new(cloud->loop, fault_doom_on_time, doom);
    doom->next = cloud->dooms;
    cloud->dooms = doom;
    loop_timer_start(doom->timer, (int64_t)(amount * FAULT_MS_A_SECOND));
}

/* Those that fit; -1 for the rule, NULL for the server: any. */
static void
fault_machines_spare(struct cloud *cloud, int64_t rule_id, const char *server_id)
{
    struct fault_doom *next;

    for (struct fault_doom *doom = cloud->dooms; doom != NULL; doom = next) {
        next = doom->next;
        if ((rule_id < 0 || doom->rule_id == rule_id) &&
            (server_id == NULL || strcmp(doom->server_id, server_id) == 0)) {
            fault_doom_free(doom);
        }
    }
}

void
fault_machines_forget(struct cloud *cloud, const char *server_id)
{
    fault_machines_spare(cloud, -1, server_id);
    json_object_del(cloud->held, server_id);
}

static bool
fault_machines_concerns(const struct fault *fault, const json_t *server)
{
    switch (fault->moment) {
    case FAULT_WHEN_STARTS:
        return life_is(server, LIFE_STARTING);
    case FAULT_WHILE_RUNS:
        return life_is(server, LIFE_RUNNING);
    case FAULT_WHILE_EXISTS:
        return true;
    case FAULT_ON_ARRIVAL:
    case FAULT_INSTEAD:
    case FAULT_AFTER_WORK:
    case FAULT_ON_LIST:
    case FAULT_WHEN_BOOTS:
        break;
    }
    return false;
}

void
fault_machines_meet(struct cloud *cloud, struct fault_rule *rule)
{
    const struct fault *fault = &faults[rule->kind];
    void *next;
    const char *id;
    json_t *server;

    json_object_foreach_safe(cloud->world->servers, next, id, server)
    {
        if (fault_machines_concerns(fault, server) &&
            fault_rules_fires(rule, fault_place_of_server(server))) {
            fault->on_server(cloud, server, rule, fault_rules_amount(rule));
        }
    }
}

void
fault_machines_release(struct cloud *cloud, int64_t rule_id)
{
    void *next;
    const char *id;
    json_t *holder;

    json_object_foreach_safe(cloud->held, next, id, holder)
    {
        if (json_integer_value(holder) == rule_id) {
            json_object_del(cloud->held, id);
        }
    }
    fault_machines_spare(cloud, rule_id, NULL);
}

void
fault_machines_stop(struct cloud *cloud)
{
    fault_machines_spare(cloud, -1, NULL);
}
