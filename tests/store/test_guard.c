/* test_guard.c: what the database itself refuses on instances, whoever writes. */
#include "base/arena.h"
#include "check.h"
#include "domain/transitions.h"
#include "test_db.h"

static const char set_status[] =
    "UPDATE instances SET status = $2, rule = $3, applied_token = fencing_token,"
    " deadline_at = fleet_now() WHERE id = $1";

/* Every pair of states under every rule, tried by the database in one go: a row is put into the
 * state behind the guard's back, moved, and the outcome kept. */
static const char walk[] =
    "CREATE FUNCTION tried(row_id uuid, was text, becomes text, by text) RETURNS text"
    " LANGUAGE plpgsql AS $$ BEGIN"
    "  BEGIN"
    "   SET LOCAL session_replication_role = replica;"
    "   UPDATE instances SET status = was, rule = 'requested', deadline_at = fleet_now()"
    "    WHERE id = row_id;"
    "   SET LOCAL session_replication_role = origin;"
    "   UPDATE instances SET status = becomes, rule = by, applied_token = fencing_token"
    "    WHERE id = row_id;"
    "   RAISE EXCEPTION 'done' USING ERRCODE = 'IV999';"
    "  EXCEPTION WHEN SQLSTATE 'IV999' THEN RETURN 'moved';"
    "   WHEN SQLSTATE 'IV002' THEN RETURN 'refused';"
    "  END;"
    " END $$;"
    "CREATE TABLE outcomes AS"
    " SELECT was.status AS was, becomes.status AS becomes, by.event AS by, NULL::text AS outcome"
    "   FROM instance_states was, instance_states becomes, (SELECT DISTINCT event FROM matrix) by";

static void
test_only_the_table_moves(void)
{
    const char *id = test_db_instance(INSTANCE_PROVISIONING);

    test_db_exec(walk);
    test_db_text("UPDATE outcomes SET outcome = tried($1, was, becomes, by)", TEST_PARAMS(id));
    CHECK_I64(test_db_i640("SELECT count(*) FROM outcomes"),
              INSTANCE_STATE_COUNT_ * INSTANCE_STATE_COUNT_ * (INSTANCE_RULE_COUNT_ - 1));
    CHECK_I64(test_db_i640("SELECT count(*) FROM outcomes WHERE outcome = 'moved'"),
              TRANSITION_COUNT);
    for (size_t i = 0; i < TRANSITION_COUNT; i++) {
        const char *name = rule_name(transitions[i].rule);
        const char *outcome = test_db_text(
            "SELECT outcome FROM outcomes WHERE was = $1 AND by = $2 AND becomes = $3",
            TEST_PARAMS(state_name(transitions[i].from), name, state_name(transitions[i].to)));
        CHECK_CASE(outcome[0] == 'm', name);
    }
    CHECK_STR(test_db_text("SELECT status FROM instances WHERE id = $1", TEST_PARAMS(id)),
              "provisioning");
}

static void
test_unknown_rule(void)
{
    const char *id = test_db_instance(INSTANCE_PROVISIONING);

    CHECK_STR(test_db_refusal(set_status, TEST_PARAMS(id, "booting", "by_magic")), "IV002");
    CHECK_STR(test_db_refusal(set_status, TEST_PARAMS(id, "nowhere", "server_started")), "IV002");
    CHECK_STR(test_db_refusal(set_status, TEST_PARAMS(id, "provisioning", "server_started")),
              "IV002");
}

static void
test_stale_token(void)
{
    static const char move[] = "UPDATE instances SET status = 'booting', rule = 'server_started',"
                               " applied_token = $2::bigint WHERE id = $1";
    const char *id = test_db_instance(INSTANCE_PROVISIONING);

    test_db_text("UPDATE instances SET fencing_token = 5 WHERE id = $1", TEST_PARAMS(id));
    CHECK_STR(test_db_refusal(move, TEST_PARAMS(id, "4")), "IV001");
    CHECK_STR(test_db_refusal(move, TEST_PARAMS(id, "6")), "IV001");
    CHECK_STR(test_db_refusal(move, TEST_PARAMS(id, NULL)), "IV001");
    CHECK_STR(test_db_refusal(move, TEST_PARAMS(id, "5")), "");
    CHECK_STR(test_db_text("SELECT applied_token FROM instances WHERE id = $1", TEST_PARAMS(id)),
              "");
}

static void
test_token_is_shown_each_time(void)
{
    const char *id = test_db_instance(INSTANCE_BOOTING);

    /* What an earlier writer showed does not serve the next. */
    CHECK_STR(test_db_refusal("UPDATE instances SET status = 'installing', rule = 'ssh_reachable'"
                              " WHERE id = $1",
                              TEST_PARAMS(id)),
              "IV001");
    CHECK_STR(test_db_refusal("UPDATE instances SET generation = generation + 1 WHERE id = $1",
                              TEST_PARAMS(id)),
              "IV001");
}

static void
test_numbers_never_fall(void)
{
    static const char *const falls[] = {
        "UPDATE instances SET fencing_token = fencing_token - 1 WHERE id = $1",
        "UPDATE instances SET generation = 0, applied_token = fencing_token WHERE id = $1",
        "UPDATE instances SET wish_version = wish_version - 1 WHERE id = $1",
    };
    const char *id = test_db_instance(INSTANCE_BOOTING);

    test_db_text("UPDATE instances SET fencing_token = 7, wish_version = 3 WHERE id = $1",
                 TEST_PARAMS(id));
    for (int i = 0; i < 3; i++) {
        CHECK_CASE(test_db_refusal(falls[i], TEST_PARAMS(id))[4] == '3', falls[i]);
    }
    CHECK_STR(test_db_text("SELECT fencing_token || ',' || generation || ',' || wish_version"
                           " FROM instances WHERE id = $1",
                           TEST_PARAMS(id)),
              "7,1,3");
}

static void
test_wishes_and_leases_need_no_token(void)
{
    const char *id = test_db_instance(INSTANCE_READY);

    CHECK_STR(test_db_refusal("UPDATE instances SET desired = 'terminated', wish_version = 1,"
                              " next_run_at = fleet_now() WHERE id = $1",
                              TEST_PARAMS(id)),
              "");
    CHECK_STR(test_db_refusal("UPDATE instances SET fencing_token = fencing_token + 1,"
                              " lease_until = fleet_now() WHERE id = $1",
                              TEST_PARAMS(id)),
              "");
}

static void
test_birth(void)
{
    static const char birth[] =
        "INSERT INTO instances (id, root_id, provider_id, zone_id, instance_type_id, model_id,"
        " correlation_id, deadline_at, status, fencing_token)"
        " SELECT id, id, $1::uuid, $2::uuid, $3::uuid, $4::uuid, 'test', fleet_now(), $5,"
        " $6::bigint FROM gen_random_uuid() AS id";
    const struct test_catalogue *rows = test_db_catalogue();
    const char *p = rows->provider_id;
    const char *z = rows->zone_id;

    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        const char *name = state_name((enum instance_state)i);
        const char *refusal =
            test_db_refusal(birth, TEST_PARAMS(p, z, rows->type_id, rows->model_id, name, "0"));
        CHECK_STR(refusal, i == INSTANCE_PROVISIONING ? "" : "IV002");
    }
    CHECK_STR(test_db_refusal(
                  birth, TEST_PARAMS(p, z, rows->type_id, rows->model_id, "provisioning", "1")),
              "IV002");
}

/* 23514: a CHECK. */
static void
test_deadlines(void)
{
    static const char drop[] = "UPDATE instances SET deadline_at = NULL WHERE id = $1";

    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        enum instance_state state = (enum instance_state)i;
        const char *id = test_db_instance(state);
        bool may_be_over = state == INSTANCE_PROVISIONING_FAILED; /* has no machine, here */
        bool refused = test_db_refusal(drop, TEST_PARAMS(id))[0] != '\0';
        CHECK_CASE(refused == (state_has_deadline(state) && !may_be_over), state_name(state));
    }
}

static void
test_failed_kinds_with_a_machine_have_a_deadline(void)
{
    const char *id = test_db_instance(INSTANCE_STARTUP_FAILED);

    CHECK_STR(
        test_db_refusal("UPDATE instances SET deadline_at = NULL WHERE id = $1", TEST_PARAMS(id)),
        "23514");
    CHECK_STR(test_db_refusal("UPDATE instances SET deadline_at = NULL,"
                              " provider_instance_id = NULL WHERE id = $1",
                              TEST_PARAMS(id)),
              "");
}

/* 23505: a unique index. */
static void
test_one_ready_a_root(void)
{
    const char *root = test_db_instance(INSTANCE_READY);
    const char *other = test_db_instance(INSTANCE_STARTING);

    test_db_text("UPDATE instances SET root_id = $2::uuid, replaces = $2::uuid WHERE id = $1",
                 TEST_PARAMS(other, root));
    CHECK_STR(test_db_refusal(set_status, TEST_PARAMS(other, "ready", "model_served")), "23505");
    test_db_move(root, "model_lost", INSTANCE_UNAVAILABLE);
    CHECK_STR(test_db_refusal(set_status, TEST_PARAMS(other, "ready", "model_served")), "");
    CHECK_STR(test_db_refusal(set_status, TEST_PARAMS(root, "ready", "model_served")), "23505");
}

static void
test_one_open_operation(void)
{
    static const char intend[] =
        "INSERT INTO provider_operations (instance_id, provider_id, zone_id, kind, attempt, token,"
        " request, send_by, correlation_id) SELECT id, provider_id, zone_id, 'server_create', 1,"
        " 0, '{}', fleet_now(), 'test' FROM instances WHERE id = $1";
    const char *id = test_db_instance(INSTANCE_PROVISIONING);

    CHECK_STR(test_db_refusal(intend, TEST_PARAMS(id)), "");
    CHECK_STR(test_db_refusal(intend, TEST_PARAMS(id)), "23505");
    test_db_text("UPDATE provider_operations SET outcome = 'ok', ended_at = fleet_now()"
                 " WHERE instance_id = $1",
                 TEST_PARAMS(id));
    CHECK_STR(test_db_refusal(intend, TEST_PARAMS(id)), "");
}

int
main(void)
{
    test_db_start('O');
    check_run("no pair of states and no rule moves a row but those of the table",
              test_only_the_table_moves);
    check_run("a rule or a state that does not exist moves nothing", test_unknown_rule);
    check_run("a token that is not the row's moves nothing", test_stale_token);
    check_run("each transition and each generation shows the token anew",
              test_token_is_shown_each_time);
    check_run("token, generation and wish version never fall", test_numbers_never_fall);
    check_run("wishes and leases need no token", test_wishes_and_leases_need_no_token);
    check_run("an instance is born in provisioning, with token 0", test_birth);
    check_run("who can be stuck has a deadline", test_deadlines);
    check_run("a failed instance has a deadline while it has a machine",
              test_failed_kinds_with_a_machine_have_a_deadline);
    check_run("one member of a root is ready", test_one_ready_a_root);
    check_run("one operation of an instance is open", test_one_open_operation);
    return check_end();
}
