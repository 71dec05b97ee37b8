/* look.c: carries out the looks of all cases at once: lists first, then things by id (so that a
 * list was answered between two looks at one thing), then probes. */
#include <string.h>

#include "orchestrator/calls.h"
#include "orchestrator/lease.h"
#include "orchestrator/tags.h"
#include "orchestrator/workbench.h"

static void
look_lists(struct job_cycle *cycle, struct instance_case *cases, size_t count,
           const struct look_plan *plans)
{
    struct provider_call *calls = arena_array(cycle->arena, struct provider_call, count);
    struct provider_call **asked = arena_array(cycle->arena, struct provider_call *, count);
    struct provider **owners = arena_array(cycle->arena, struct provider *, count);
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        cases[i].seen.list_asked = plans[i].list;
        cases[i].seen.list_class = ANSWER_TRANSIENT;
        if (!plans[i].list || cases[i].provider == NULL) {
            continue;
        }
        calls[i] = (struct provider_call){
            .kind = CALL_SERVER_LIST,
            .zone = cases[i].around.zone,
            .tags = tags_of_instance(cycle->arena, cases[i].around.fleet_id, cases[i].id),
            .tag_count = TAGS_OF_INSTANCE,
            .correlation_id = cases[i].around.correlation_id,
        };
        owners[length] = cases[i].provider;
        asked[length++] = &calls[i];
    }
    calls_run(cycle, owners, asked, length);
    for (size_t i = 0; i < count; i++) {
        if (plans[i].list && cases[i].provider != NULL) {
            cases[i].seen.list_class = calls[i].class;
            cases[i].seen.listed = calls[i].servers;
            cases[i].seen.listed_count = calls[i].class == ANSWER_OK ? calls[i].server_count : 0;
        }
    }
}

/* The machine to look up by id: the planned one, else the oldest that the list shows. */
static const char *
look_server_ref(const struct instance_case *one, const struct look_plan *plan)
{
    const struct server_view *found;

    if (plan->server_ref[0] != '\0' || !plan->list) {
        return plan->server_ref;
    }
    found = look_adoptable(&one->instance, one->seen.listed, one->seen.listed_count);
    return found == NULL ? "" : found->ref;
}

/* Calls by id of one case: the machine, then each volume and address. */
static size_t
look_things_plan(struct job_cycle *cycle, struct instance_case *one, const struct look_plan *plan,
                 struct provider_call **out)
{
    const struct instance *instance = &one->instance;
    size_t rented = plan->rented ? instance->volume_count + instance->address_count : 0;
    struct provider_call *calls = arena_array(cycle->arena, struct provider_call, rented + 1);
    size_t length = 0;

    one->seen.server_ref = look_server_ref(one, plan);
    if (one->seen.server_ref[0] != '\0') {
        calls[length++] =
            (struct provider_call){ .kind = CALL_SERVER_GET, .ref = one->seen.server_ref };
    }
    for (size_t i = 0; i < rented; i++) {
        bool volume = i < instance->volume_count;
        const struct rented *thing =
            volume ? &instance->volumes[i] : &instance->addresses[i - instance->volume_count];
        calls[length++] =
            (struct provider_call){ .kind = volume ? CALL_VOLUME_GET : CALL_ADDRESS_GET,
                                    .ref = thing->ref,
                                    .volume_type = thing->volume_type };
    }
    for (size_t i = 0; i < length; i++) {
        calls[i].zone = one->around.zone;
        calls[i].correlation_id = one->around.correlation_id;
    }
    *out = calls;
    return length;
}

static void
look_things_read(struct job_cycle *cycle, struct instance_case *one, const struct look_plan *plan,
                 const struct provider_call *calls)
{
    const struct instance *instance = &one->instance;
    enum answer_class *volumes =
        arena_array(cycle->arena, enum answer_class, instance->volume_count + 1);
    struct volume_view *views =
        arena_array(cycle->arena, struct volume_view, instance->volume_count + 1);
    enum answer_class *addresses =
        arena_array(cycle->arena, enum answer_class, instance->address_count + 1);

    if (one->seen.server_ref[0] != '\0') {
        one->seen.server_class = calls->class;
        one->seen.server = calls->class == ANSWER_OK ? &calls->servers[0] : NULL;
        calls++;
    }
    for (size_t i = 0; plan->rented && i < instance->volume_count; i++, calls++) {
        volumes[i] = calls->class;
        if (calls->class == ANSWER_OK && calls->volume_count > 0) {
            views[i] = calls->volumes[0];
        }
    }
    for (size_t i = 0; plan->rented && i < instance->address_count; i++, calls++) {
        addresses[i] = calls->class;
    }
    one->seen.rented_asked = plan->rented;
    one->seen.volume_classes = volumes;
    one->seen.volume_views = views;
    one->seen.address_classes = addresses;
}

static void
look_things(struct job_cycle *cycle, struct instance_case *cases, size_t count,
            const struct look_plan *plans)
{
    struct provider_call **firsts = arena_array(cycle->arena, struct provider_call *, count);
    size_t *lengths = arena_array(cycle->arena, size_t, count);
    size_t total = 0;

    for (size_t i = 0; i < count; i++) {
        lengths[i] = cases[i].provider == NULL
                         ? 0
                         : look_things_plan(cycle, &cases[i], &plans[i], &firsts[i]);
        total += lengths[i];
    }
    struct provider_call **asked = arena_array(cycle->arena, struct provider_call *, total + 1);
    struct provider **owners = arena_array(cycle->arena, struct provider *, total + 1);
    size_t place = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < lengths[i]; j++) {
            owners[place] = cases[i].provider;
            asked[place++] = &firsts[i][j];
        }
    }
    calls_run(cycle, owners, asked, total);
    for (size_t i = 0; i < count; i++) {
        if (cases[i].provider != NULL) {
            look_things_read(cycle, &cases[i], &plans[i], firsts[i]);
        }
    }
}

/* One list of addresses a zone, shared by all cases in it. */
static struct provider_call *
look_zone_addresses(struct job_cycle *cycle, struct instance_case *cases, size_t before,
                    struct provider_call **lists)
{
    for (size_t i = 0; i < before; i++) {
        if (lists[i] != NULL &&
            strcmp(cases[i].around.zone_id, cases[before].around.zone_id) == 0) {
            return lists[i];
        }
    }
    struct provider_call *call = arena_alloc(cycle->arena, sizeof *call);
    *call = (struct provider_call){ .kind = CALL_ADDRESS_LIST, .zone = cases[before].around.zone };
    return call;
}

/* The machine as seen, with all addresses that hang on it. */
static const struct server_view *
look_with_addresses(struct arena *arena, const struct server_view *server,
                    const struct provider_call *list)
{
    struct server_view *whole = arena_alloc(arena, sizeof *whole);
    struct address_view *addresses =
        arena_array(arena, struct address_view, server->address_count + list->address_count + 1);
    size_t count = 0;

    for (size_t i = 0; i < server->address_count; i++) {
        addresses[count++] = server->addresses[i];
    }
    for (size_t i = 0; i < list->address_count; i++) {
        bool ours = strcmp(list->addresses[i].server_ref, server->ref) == 0;
        for (size_t j = 0; ours && j < server->address_count; j++) {
            ours = strcmp(server->addresses[j].ref, list->addresses[i].ref) != 0;
        }
        if (ours) {
            addresses[count++] = list->addresses[i];
        }
    }
    *whole = *server;
    whole->addresses = addresses;
    whole->address_count = count;
    return whole;
}

static void
look_addresses(struct job_cycle *cycle, struct instance_case *cases, size_t count,
               const struct look_plan *plans)
{
    struct provider_call **lists = arena_array(cycle->arena, struct provider_call *, count);
    struct provider_call **asked = arena_array(cycle->arena, struct provider_call *, count);
    struct provider **owners = arena_array(cycle->arena, struct provider *, count);
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        cases[i].seen.address_list_asked = look_wants_addresses(&plans[i], &cases[i].seen);
        cases[i].seen.address_list_class = ANSWER_TRANSIENT;
        if (!cases[i].seen.address_list_asked || cases[i].provider == NULL) {
            continue;
        }
        lists[i] = look_zone_addresses(cycle, cases, i, lists);
        bool listed = false;
        for (size_t j = 0; j < length && !listed; j++) {
            listed = asked[j] == lists[i];
        }
        if (!listed) {
            owners[length] = cases[i].provider;
            asked[length++] = lists[i];
        }
    }
    calls_run(cycle, owners, asked, length);
    for (size_t i = 0; i < count; i++) {
        if (lists[i] == NULL) {
            continue;
        }
        cases[i].seen.address_list_class = lists[i]->class;
        if (lists[i]->class == ANSWER_OK && cases[i].seen.server != NULL) {
            cases[i].seen.server =
                look_with_addresses(cycle->arena, cases[i].seen.server, lists[i]);
        }
    }
}

static void
look_open_providers(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct surroundings *around = &cases[i].around;
        struct error error = workbench_provider(
            cycle->workbench, cycle->arena, around->provider_code, around->driver, around->api_url,
            around->credentials_prefix, &cases[i].provider);
        cases[i].provider_error = error_is(error) ? error.message : NULL;
        if (error_is(error)) {
            cases[i].provider = NULL;
        }
        cases[i].seen.server_ref = "";
        cases[i].seen.server_class = ANSWER_TRANSIENT;
    }
}

struct error
look_run(struct job_cycle *cycle, struct instance_case *cases, size_t count)
{
    struct look_plan *plans = arena_array(cycle->arena, struct look_plan, count);

    look_open_providers(cycle, cases, count);
    for (size_t i = 0; i < count; i++) {
        cases[i].seen.at_ms = cycle_now_ms(cycle);
        plans[i] = look_plan(&cases[i].instance, cycle->policy, cases[i].seen.at_ms);
        if (cases[i].provider == NULL) { /* Asked, not answered: the look is not complete. */
            cases[i].seen.server_ref = plans[i].server_ref;
            plans[i].rented = false;
        }
    }
    look_lists(cycle, cases, count, plans);
    TRY(lease_keep(cycle, cases, count));
    look_things(cycle, cases, count, plans);
    TRY(lease_keep(cycle, cases, count));
    look_addresses(cycle, cases, count, plans);
    TRY(lease_keep(cycle, cases, count));
    probe_run(cycle, cases, count, plans);
    return lease_keep(cycle, cases, count);
}
