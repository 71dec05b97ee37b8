#include "domain_fixture.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

struct policy
domain_policy(void)
{
    return (struct policy){
        .provisioning_ms = 1800000,
        .booting_ms = 7200000,
        .installing_ms = 3600000,
        .starting_ms = 1700000,
        .unavailable_ms = 900000,
        .dead_ms = 1600000,
        .draining_ms = 600000,
        .terminating_ms = 1500000,
        .failed_retention_ms = 3500000,
        .heartbeat_fresh_ms = 31000,
        .heartbeat_timeout_ms = 300000,
        .check_base_ms = 10000,
        .check_backoff_max_ms = 320000,
        .probe_cache_ms = 30000,
        .provision_backoff_ms = 8000,
        .provision_attempts_max = 5,
        .list_lag_ms = 120000,
        .gone_confirm_ms = 2000,
        .vanish_percent = 30,
        .vanish_minimum = 3,
        .vanish_window_ms = 600000,
        .vanish_alone_ms = 290000,
        .volume_backoff_ms = 60000,
        .volume_attempts_max = 4,
        .settle_ms = 1000,
    };
}

static const char *
fixture_text(const char *text)
{
    return text == NULL ? "" : text;
}

static void
fixture_server(struct server_view *server)
{
    server->address = fixture_text(server->address);
    server->security_group_ref = fixture_text(server->security_group_ref);
    server->name = fixture_text(server->name);
}

static size_t
fixture_rented(struct rented *things)
{
    size_t count = 0;

    for (; count < ROW_THINGS_MAX && things[count].ref != NULL; count++) {
        things[count].volume_type = fixture_text(things[count].volume_type);
    }
    return count;
}

static size_t
fixture_operations(struct operation *operations)
{
    size_t count = 0;

    for (; count < ROW_OPERATIONS_MAX && operations[count].op_id != NULL; count++) {
        struct operation *operation = &operations[count];
        operation->ref = fixture_text(operation->ref);
        operation->generation = operation->generation == 0 ? 1 : operation->generation;
        operation->send_by_ms = operation->send_by_ms == 0 ? NOW - AN_HOUR : operation->send_by_ms;
    }
    return count;
}

struct instance
domain_instance(struct domain_row *row)
{
    struct instance instance = row->instance;

    instance.id = "i1";
    instance.root_id = "i1";
    instance.generation = instance.generation == 0 ? 1 : instance.generation;
    instance.deadline_ms = instance.deadline_ms == 0 ? NOW + AN_HOUR : instance.deadline_ms;
    instance.machine_ref = fixture_text(instance.machine_ref);
    instance.address = fixture_text(instance.address);
    instance.zone_group_ref = fixture_text(instance.zone_group_ref);
    instance.heartbeat.status = fixture_text(instance.heartbeat.status);
    instance.heartbeat.model = fixture_text(instance.heartbeat.model);
    instance.operations = row->operations;
    instance.operation_count = fixture_operations(row->operations);
    instance.volumes = row->volumes;
    instance.volume_count = fixture_rented(row->volumes);
    instance.addresses = row->addresses;
    instance.address_count = fixture_rented(row->addresses);
    return instance;
}

struct seen
domain_seen(struct domain_row *row, const struct instance *instance)
{
    struct policy policy = domain_policy();
    struct look_plan plan = look_plan(instance, &policy, NOW);
    struct seen seen = row->seen;

    seen.at_ms = seen.at_ms == 0 ? NOW : seen.at_ms;
    seen.listed = row->listed;
    for (seen.listed_count = 0;
         seen.listed_count < ROW_LISTED_MAX && row->listed[seen.listed_count].ref != NULL;) {
        fixture_server(&row->listed[seen.listed_count++]);
    }
    if (row->server.ref != NULL) {
        fixture_server(&row->server);
        seen.server_ref = row->server.ref;
        seen.server = &row->server;
    } else if (seen.server_ref == NULL) {
        seen.server_ref = "";
        seen.server_class = ANSWER_TRANSIENT;
    }
    if ((row->flags & NO_PLAN) == 0) {
        seen.list_asked = plan.list;
        seen.list_class = plan.list ? seen.list_class : ANSWER_TRANSIENT;
        seen.address_list_asked = look_wants_addresses(&plan, &seen);
        seen.address_list_class =
            seen.address_list_asked ? seen.address_list_class : ANSWER_TRANSIENT;
        seen.rented_asked = plan.rented;
    }
    seen.volume_classes = row->volume_classes;
    seen.volume_views = row->volume_views;
    seen.address_classes = row->address_classes;
    return seen;
}

/* What points into the row is copied before the copy goes. */
struct decision
domain_decide(const struct domain_row *row)
{
    struct domain_row copy = *row;
    struct policy policy = domain_policy();
    struct instance instance = domain_instance(&copy);
    struct seen seen = domain_seen(&copy, &instance);

    return decide(&instance, &seen, &policy, NOW, 0);
}

bool
domain_has_mark(const struct decision *decision, enum mark_kind kind, const char *id)
{
    for (size_t i = 0; i < decision->mark_count; i++) {
        if (decision->marks[i].kind == kind && strcmp(decision->marks[i].id, id) == 0) {
            return true;
        }
    }
    return false;
}

static bool
fixture_same(const char *got, const char *wanted)
{
    return got == wanted || (got != NULL && wanted != NULL && strcmp(got, wanted) == 0);
}

static void
fixture_check_run(const struct domain_row *row, const struct decision *got)
{
    const struct domain_expectation *then = &row->then;
    int64_t wanted_ms = then->in_ms == NEVER ? 0 : NOW + then->in_ms;

    if (then->in_ms != WHENEVER && !CHECK_CASE(got->next_run_ms == wanted_ms, row->name)) {
        fprintf(stderr, "        next run in %lld ms, not in %lld\n",
                (long long)(got->next_run_ms - NOW), (long long)then->in_ms);
    }
    CHECK_CASE(got->failed == then->failed, row->name);
}

static void
fixture_check_act(const struct domain_row *row, const struct decision *got)
{
    const char *act = got->act.wanted ? call_kind_name(got->act.kind) : NULL;

    if (!CHECK_CASE(fixture_same(act, row->then.act), row->name)) {
        fprintf(stderr, "        act is %s\n", act == NULL ? "none" : act);
    }
    if (got->act.wanted) {
        CHECK_CASE(strcmp(got->act.ref, fixture_text(row->then.ref)) == 0, row->name);
        CHECK_CASE(got->rule == RULE_NONE, "no act beside a rule");
        CHECK_CASE(got->record_ref == NULL && !got->record_things,
                   "no act beside what is to go on record first");
    }
}

static void
fixture_check_marks(const struct domain_row *row, const struct decision *got)
{
    size_t count = 0;

    for (; count < ROW_MARKS_MAX && row->then.marks[count].id != NULL; count++) {
        const struct mark *mark = &row->then.marks[count];
        CHECK_CASE(domain_has_mark(got, mark->kind, mark->id), row->name);
    }
    if (!CHECK_CASE(got->mark_count == count, row->name)) {
        fprintf(stderr, "        %zu marks, not %zu\n", got->mark_count, count);
    }
    CHECK_CASE(fixture_same(got->record_ref, row->then.record_ref), row->name);
    CHECK_CASE(got->record_things == row->then.records_things, row->name);
}

void
domain_check(const struct domain_row *row)
{
    const struct domain_expectation *then = &row->then;
    struct decision got = domain_decide(row);
    enum instance_state to = then->rule == RULE_NONE ? row->instance.state : then->to;
    bool moved = CHECK_CASE(got.rule == then->rule, row->name);

    moved = CHECK_CASE(got.to == to, row->name) && moved;
    if (!moved) {
        fprintf(stderr, "        %s to %s: %s\n", rule_name(got.rule), state_name(got.to),
                got.message);
    }
    fixture_check_act(row, &got);
    fixture_check_run(row, &got);
    fixture_check_marks(row, &got);
    CHECK_CASE(fixture_same(got.address, then->address), row->name);
    CHECK_CASE(fixture_same(got.error_code, then->error_code), row->name);
    bool said = then->message == NULL || strcmp(got.message, then->message) == 0;
    if (!CHECK_CASE(said, row->name)) {
        fprintf(stderr, "        it says: %s\n", got.message);
    }
}

void
domain_check_all(const struct domain_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        domain_check(&rows[i]);
    }
}
