#include "states_page.h"

#include "domain/transitions.h"

/* A rule from more states than this is told below the diagram, not drawn. */
enum { STATES_PAGE_DRAWN_MAX = 5 };

static void
states_page_deadline(enum instance_state state, FILE *out)
{
    enum setting_id setting = state_deadline_setting(state);

    if (setting != SETTING_COUNT_) {
        fprintf(out, "%s s, `%s`", settings[setting].fallback, settings[setting].name);
    } else {
        fputs(state_has_deadline(state) ? "at once" : "no deadline", out);
    }
}

static void
states_page_states(FILE *out)
{
    fputs("## States\n\n| state | means | leaves within (default, setting) |\n|---|---|---|\n",
          out);
    for (int i = 0; i < INSTANCE_STATE_COUNT_; i++) {
        enum instance_state state = (enum instance_state)i;
        fprintf(out, "| `%s` | %s | ", state_name(state), state_meaning(state));
        states_page_deadline(state, out);
        fputs(" |\n", out);
    }
    fputs("\nLive are `provisioning` to `worker_dead`. A failed kind (`provisioning_failed`, "
          "`startup_failed`, `failed`) has a deadline while it rents something, and none after "
          "that. The database refuses a row that can be stuck and has no deadline.\n\n",
          out);
}

/* True for the first transition of its rule to its state: one row of the page stands for all of
 * them. */
static bool
states_page_is_first(size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (transitions[i].rule == transitions[index].rule &&
            transitions[i].to == transitions[index].to) {
            return false;
        }
    }
    return true;
}

static void
states_page_origins(const struct transition *like, FILE *out)
{
    const char *separator = "";

    for (size_t i = 0; i < TRANSITION_COUNT; i++) {
        if (transitions[i].rule == like->rule && transitions[i].to == like->to) {
            fprintf(out, "%s`%s`", separator, state_name(transitions[i].from));
            separator = ", ";
        }
    }
}

static void
states_page_transitions(FILE *out)
{
    fputs("## Transitions\n\n| rule | from | to | when |\n|---|---|---|---|\n", out);
    for (int rule = RULE_NONE + 1; rule < INSTANCE_RULE_COUNT_; rule++) {
        for (size_t i = 0; i < TRANSITION_COUNT; i++) {
            if (transitions[i].rule != (enum instance_rule)rule || !states_page_is_first(i)) {
                continue;
            }
            fprintf(out, "| `%s` | ", rule_name((enum instance_rule)rule));
            states_page_origins(&transitions[i], out);
            fprintf(out, " | `%s` | %s |\n", state_name(transitions[i].to),
                    rule_when((enum instance_rule)rule));
        }
    }
    fputs("\nWhen several rules fit, `src/domain/decide.c` says which wins.\n\n", out);
}

static bool
states_page_is_drawn(enum instance_rule rule)
{
    int count = 0;

    for (size_t i = 0; i < TRANSITION_COUNT; i++) {
        count += transitions[i].rule == rule;
    }
    return count > 0 && count <= STATES_PAGE_DRAWN_MAX;
}

/* One arrow for all rules that lead from one state to another. */
static void
states_page_arrow(enum instance_state from, enum instance_state to, FILE *out)
{
    bool any = false;

    for (size_t i = 0; i < TRANSITION_COUNT; i++) {
        const struct transition *way = &transitions[i];
        if (way->from == from && way->to == to && states_page_is_drawn(way->rule)) {
            if (any) {
                fprintf(out, ", %s", rule_name(way->rule));
            } else {
                fprintf(out, "    %s --> %s : %s", state_name(from), state_name(to),
                        rule_name(way->rule));
            }
            any = true;
        }
    }
    fputs(any ? "\n" : "", out);
}

static void
states_page_diagram(FILE *out)
{
    const char *separator = "";

    fputs("## Diagram\n\n```mermaid\nstateDiagram-v2\n    [*] --> provisioning\n", out);
    for (int from = 0; from < INSTANCE_STATE_COUNT_; from++) {
        for (int to = 0; to < INSTANCE_STATE_COUNT_; to++) {
            states_page_arrow((enum instance_state)from, (enum instance_state)to, out);
        }
    }
    fputs("    archived --> [*]\n```\n\nNot drawn, because they lead away from so many states: ",
          out);
    for (int rule = RULE_NONE + 1; rule < INSTANCE_RULE_COUNT_; rule++) {
        bool leads = false;
        for (size_t i = 0; i < TRANSITION_COUNT; i++) {
            leads = leads || transitions[i].rule == (enum instance_rule)rule;
        }
        if (leads && !states_page_is_drawn((enum instance_rule)rule)) {
            fprintf(out, "%s`%s`", separator, rule_name((enum instance_rule)rule));
            separator = ", ";
        }
    }
    fputs(".\n\n", out);
}

static void
states_page_cell(enum instance_state state, enum instance_rule rule, FILE *out)
{
    struct matrix_cell cell = matrix_cell(state, rule);

    switch (cell.effect) {
    case MATRIX_STAYS:
        fputs(" stays |", out);
        break;
    case MATRIX_TRANSITION:
        fprintf(out, " **%s** |", state_name(cell.to));
        break;
    case MATRIX_REFUSED:
        fprintf(out, " refused: %s |", cell.code);
        break;
    }
}

static void
states_page_matrix(FILE *out)
{
    fputs("## States and events\n\nWhat each event does in each state: leads to another state "
          "(**bold**), changes nothing, or is refused with a code.\n\n| event |",
          out);
    for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        fprintf(out, " %s |", state_name((enum instance_state)state));
    }
    fputs("\n|---|", out);
    for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
        fputs("---|", out);
    }
    fputs("\n", out);
    for (int rule = RULE_NONE + 1; rule < INSTANCE_RULE_COUNT_; rule++) {
        fprintf(out, "| `%s` |", rule_name((enum instance_rule)rule));
        for (int state = 0; state < INSTANCE_STATE_COUNT_; state++) {
            states_page_cell((enum instance_state)state, (enum instance_rule)rule, out);
        }
        fputs("\n", out);
    }
}

void
states_page_print(FILE *out)
{
    fputs("# States of an instance\n\n"
          "Generated from `src/domain/` (`state.h`, `rule.h`, `transitions.h`) by "
          "`tools/print_states`. A test holds this page, the code, `src/domain/matrix.tsv` and the "
          "database's table together; the database refuses every other transition.\n\n",
          out);
    states_page_states(out);
    states_page_transitions(out);
    states_page_diagram(out);
    states_page_matrix(out);
}
