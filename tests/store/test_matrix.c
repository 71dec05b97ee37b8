/* test_matrix.c: one table of states and events, in four places: src/domain/matrix.tsv, the code,
 * the database, docs/states.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "check.h"
#include "domain/transitions.h"
#include "states_page.h"
#include "test_db.h"

static const char *
matrix_test_file(const char *path)
{
    const char *full = arena_printf(test_db_arena(), "%s/%s", getenv("SOURCE_ROOT"), path);
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(full, "re");

    if (!CHECK_CASE(file != NULL, full)) {
        return "";
    }
    CHECK(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    const char *copy = arena_strdup(test_db_arena(), text);
    free(text);
    return copy;
}

/* The table as matrix.tsv writes it, from the code. */
static const char *
matrix_test_of_code(void)
{
    struct arena *arena = test_db_arena();
    const char *text = "state";

    for (int rule = RULE_NONE + 1; rule < INSTANCE_RULE_COUNT_; rule++) {
        text = arena_printf(arena, "%s\t%s", text, rule_name((enum instance_rule)rule));
    }
    for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        text = arena_printf(arena, "%s\n%s", text, state_name((enum instance_state)state));
        for (int rule = RULE_NONE + 1; rule < INSTANCE_RULE_COUNT_; rule++) {
            struct matrix_cell cell =
                matrix_cell((enum instance_state)state, (enum instance_rule)rule);
            text = arena_printf(arena, "%s\t%s%s", text,
                                cell.effect == MATRIX_REFUSED ? "refused:" : "",
                                cell.effect == MATRIX_TRANSITION ? state_name(cell.to)
                                : cell.effect == MATRIX_REFUSED  ? cell.code
                                                                 : "stays");
        }
    }
    return arena_printf(arena, "%s\n", text);
}

static void
test_file_is_code(void)
{
    CHECK_STR(matrix_test_of_code(), matrix_test_file("src/domain/matrix.tsv"));
}

static void
test_database_is_code(void)
{
    CHECK_I64(test_db_i640("SELECT count(*) FROM matrix"),
              INSTANCE_STATE_COUNT_ * (INSTANCE_RULE_COUNT_ - 1));
    for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        const char *name = state_name((enum instance_state)state);
        CHECK_I64(test_db_i64("SELECT position FROM instance_states WHERE status = $1",
                              TEST_PARAMS(name)),
                  state + 1);
        for (int rule = RULE_NONE + 1; rule < INSTANCE_RULE_COUNT_; rule++) {
            struct matrix_cell cell =
                matrix_cell((enum instance_state)state, (enum instance_rule)rule);
            const char *found =
                test_db_text("SELECT effect || ' ' || coalesce(to_status, code, '') FROM matrix"
                             " WHERE status = $1 AND event = $2",
                             TEST_PARAMS(name, rule_name((enum instance_rule)rule)));
            CHECK_STR(found,
                      cell.effect == MATRIX_TRANSITION
                          ? arena_printf(test_db_arena(), "transition %s", state_name(cell.to))
                      : cell.effect == MATRIX_REFUSED
                          ? arena_printf(test_db_arena(), "refused %s", cell.code)
                          : "stays ");
        }
    }
}

static void
test_page_is_code(void)
{
    char *printed = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&printed, &size);

    states_page_print(out);
    fclose(out);
    CHECK_CASE(strcmp(printed, matrix_test_file("docs/states.md")) == 0,
               "docs/states.md is what tools/print_states prints");
    free(printed);
}

static void
test_every_state_is_reachable(void)
{
    bool reached[INSTANCE_STATE_COUNT_] = { [INSTANCE_PROVISIONING] = true };

    for (int turn = 0; turn < INSTANCE_STATE_COUNT_; turn++) {
        for (size_t i = 0; i < TRANSITION_COUNT; i++) {
            reached[transitions[i].to] = reached[transitions[i].to] || reached[transitions[i].from];
        }
    }
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        CHECK_CASE(reached[i], state_name((enum instance_state)i));
    }
}

static void
test_names(void)
{
    for (int i = 0; i < INSTANCE_RULE_COUNT_; i++) {
        enum instance_rule rule = RULE_NONE;
        const char *name = rule_name((enum instance_rule)i);
        for (int j = 0; j < i; j++) {
            CHECK_CASE(strcmp(name, rule_name((enum instance_rule)j)) != 0, name);
        }
        CHECK_CASE(rule_parse(name, &rule) == (i != RULE_NONE), name);
        CHECK_CASE(rule == (enum instance_rule)i, name);
    }
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        enum instance_state state = INSTANCE_STATE_COUNT_;
        CHECK(state_parse(state_name((enum instance_state)i), &state));
        CHECK_I64(state, i);
    }
    enum instance_state untouched = INSTANCE_READY;
    CHECK(!state_parse("nowhere", &untouched) && untouched == INSTANCE_READY);
}

static void
test_one_way_a_rule(void)
{
    for (size_t i = 0; i < TRANSITION_COUNT; i++) {
        CHECK_CASE(transition_find(transitions[i].from, transitions[i].rule) == &transitions[i],
                   rule_name(transitions[i].rule));
    }
}

/* Rules that time alone brings about; server_gone ends what is never given up. */
static bool
matrix_test_is_ended_by_time(enum instance_rule rule)
{
    static const enum instance_rule by_time[] = {
        RULE_PROVISION_GAVE_UP,    RULE_STARTUP_GAVE_UP, RULE_RECOVERY_GAVE_UP,
        RULE_UNAVAILABLE_TOO_LONG, RULE_DRAIN_TIMEOUT,   RULE_RETENTION_OVER,
        RULE_HEARTBEAT_TIMEOUT,    RULE_SERVER_GONE,
    };

    for (size_t i = 0; i < sizeof by_time / sizeof by_time[0]; i++) {
        if (by_time[i] == rule) {
            return true;
        }
    }
    return false;
}

static void
test_way_out_at_the_deadline(void)
{
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        enum instance_state state = (enum instance_state)i;
        int ways = 0;
        for (size_t j = 0; j < TRANSITION_COUNT; j++) {
            ways += transitions[j].from == state && transitions[j].to != state &&
                    matrix_test_is_ended_by_time(transitions[j].rule);
        }
        CHECK_CASE((ways > 0) == !state_is_final(state), state_name(state));
    }
}

static void
test_kinds_of_states(void)
{
    int live = 0;

    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        enum instance_state state = (enum instance_state)i;
        int kinds = state_is_live(state) + state_is_failed_kind(state) + state_is_final(state);
        bool between = state == INSTANCE_DRAINING || state == INSTANCE_TERMINATING;
        live += state_is_live(state);
        CHECK_CASE(kinds == (between ? 0 : 1), state_name(state));
        CHECK_CASE(state_has_deadline(state) || state_deadline_setting(state) == SETTING_COUNT_,
                   state_name(state));
        CHECK_CASE(state_meaning(state)[0] != '\0', state_name(state));
    }
    CHECK_I64(live, 7);
}

int
main(void)
{
    test_db_start('O');
    check_run("src/domain/matrix.tsv is the code's table", test_file_is_code);
    check_run("the database's table is the code's table", test_database_is_code);
    check_run("docs/states.md is printed from the code's table", test_page_is_code);
    check_run("every state is reachable from provisioning", test_every_state_is_reachable);
    check_run("every name of a rule and of a state is its own, and is read back", test_names);
    check_run("a rule leads from a state to one state", test_one_way_a_rule);
    check_run("every state that is not final has a way out that time brings about",
              test_way_out_at_the_deadline);
    check_run("a state is live, failed, final, or on its way out", test_kinds_of_states);
    return check_end();
}
