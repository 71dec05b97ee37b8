/* test_rows.c: rows that tests begin with (test_db.h). */
#include <stdio.h>

#include "base/arena.h"
#include "domain/transitions.h"
#include "test_db.h"
#include "test_service.h"

static const char *
test_rows_insert(const char *sql, const char *a, const char *b)
{
    return test_db_text(sql, TEST_PARAMS(a, b));
}

const struct test_catalogue *
test_db_catalogue(void)
{
    static struct test_catalogue rows;

    if (rows.provider_id != NULL) {
        return &rows;
    }
    rows.provider_id = test_db_text0(
        "INSERT INTO providers (code, name, driver, api_url, credentials_prefix, ssh_port,"
        " worker_port, engine_port, install_profile, engine_command)"
        " VALUES ('test', 'Test', 'memory', 'http://127.0.0.1:9', 'TEST', 22, 8080, 8000, 'bare',"
        " 'exec engine') RETURNING id");
    rows.region_id = test_rows_insert("INSERT INTO regions (provider_id, code, name)"
                                      " VALUES ($1, $2, 'Test region') RETURNING id",
                                      rows.provider_id, "test");
    rows.zone_id = test_rows_insert("INSERT INTO zones (region_id, provider_id, code, name)"
                                    " VALUES ($1, $2, 'test-1', 'Test zone') RETURNING id",
                                    rows.region_id, rows.provider_id);
    rows.type_id = test_rows_insert(
        "INSERT INTO instance_types (provider_id, code, name, gpu_count, vram_per_gpu_gb,"
        " cpu_count, ram_gb, cost_per_hour)"
        " VALUES ($1, $2, 'Test GPU', 1, 24, 8, 32, 1.5) RETURNING id",
        rows.provider_id, "test-gpu");
    rows.model_id =
        test_rows_insert("INSERT INTO models (model_id, name, required_vram_gb, context_length)"
                         " VALUES ($1, $2, 8, 2048) RETURNING id",
                         "test-model", "Test model");
    test_rows_insert("INSERT INTO instance_type_zones (instance_type_id, zone_id)"
                     " VALUES ($1, $2)",
                     rows.type_id, rows.zone_id);
    return &rows;
}

static const char *
test_rows_instance(void)
{
    const struct test_catalogue *rows = test_db_catalogue();
    const char *id = test_db_text(
        "WITH made AS (SELECT gen_random_uuid() AS id), born AS ("
        " INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id, model_id,"
        " correlation_id, deadline_at)"
        " SELECT id, id, $1, $2, $3, $4, 'test', fleet_now() + interval '1 hour' FROM made"
        " RETURNING id)"
        " SELECT id FROM born",
        TEST_PARAMS(rows->provider_id, rows->zone_id, rows->type_id, rows->model_id));

    test_rows_insert("INSERT INTO worker_heartbeats (instance_id, status) VALUES ($1, $2)", id, "");
    return id;
}

void
test_db_move(const char *instance_id, const char *rule, enum instance_state to)
{
    bool has_machine = !state_is_final(to) && to != INSTANCE_PROVISIONING_FAILED;
    bool is_timed = state_has_deadline(to);

    test_db_text("UPDATE instances SET status = $2, rule = $3, applied_token = fencing_token,"
                 " status_changed_at = fleet_now(), was_ready = was_ready OR $2 = 'ready',"
                 " ready_at = CASE WHEN $2 = 'ready' THEN fleet_now() ELSE ready_at END,"
                 " failed_at = CASE WHEN $2 LIKE '%failed' THEN fleet_now() END,"
                 " terminated_at = CASE WHEN $2 IN ('terminated', 'archived')"
                 "                      THEN coalesce(terminated_at, fleet_now()) END,"
                 " provider_instance_id = CASE WHEN $4::boolean"
                 "     THEN coalesce(provider_instance_id, 'server-' || left(id::text, 8)) END,"
                 " deadline_at = CASE WHEN $5::boolean THEN fleet_now() + interval '1 hour' END"
                 " WHERE id = $1",
                 TEST_PARAMS(instance_id, state_name(to), rule, has_machine ? "true" : "false",
                             is_timed ? "true" : "false"));
}

/* came[s]: the last transition of a shortest way from provisioning to s. */
static void
test_rows_find_ways(const struct transition *came[INSTANCE_STATE_COUNT_])
{
    for (bool found = true; found;) {
        const struct transition *next[INSTANCE_STATE_COUNT_] = { NULL };
        found = false;
        for (size_t i = 0; i < TRANSITION_COUNT; i++) {
            const struct transition *way = &transitions[i];
            bool from_known = way->from == INSTANCE_PROVISIONING || came[way->from] != NULL;
            if (from_known && came[way->to] == NULL && way->to != INSTANCE_PROVISIONING &&
                next[way->to] == NULL) {
                next[way->to] = way;
                found = true;
            }
        }
        for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
            came[i] = came[i] != NULL ? came[i] : next[i];
        }
    }
}

static void
test_rows_walk(const char *id, const struct transition *const *came, enum instance_state state)
{
    const struct transition *way[INSTANCE_STATE_COUNT_];
    int steps = 0;

    for (enum instance_state at = state; at != INSTANCE_PROVISIONING; at = came[at]->from) {
        way[steps++] = came[at];
    }
    while (steps-- > 0) {
        test_db_move(id, rule_name(way[steps]->rule), way[steps]->to);
    }
}

const char *
test_db_instance(enum instance_state state)
{
    const struct transition *came[INSTANCE_STATE_COUNT_] = { NULL };
    const char *id = test_rows_instance();

    test_rows_find_ways(came);
    if (state != INSTANCE_PROVISIONING && came[state] == NULL) {
        test_give_up("no way leads to %s", state_name(state));
    }
    test_rows_walk(id, came, state);
    return id;
}
