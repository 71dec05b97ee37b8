#include "cli/stage.h"

#include "base/mem.h"
#include "domain/state.h"

struct stage {
    enum verdict for_ready;
    enum verdict for_terminated;
    enum colour colour;
    const char *now; /* NULL: depends on how far it is */
};

static const struct stage stages[INSTANCE_STATE_COUNT_] = {
    [INSTANCE_PROVISIONING] = { VERDICT_GOES_ON, VERDICT_GOES_ON, COLOUR_YELLOW, NULL },
    [INSTANCE_BOOTING] = { VERDICT_GOES_ON, VERDICT_GOES_ON, COLOUR_YELLOW, NULL },
    [INSTANCE_INSTALLING] = { VERDICT_GOES_ON, VERDICT_GOES_ON, COLOUR_YELLOW, NULL },
    [INSTANCE_STARTING] = { VERDICT_GOES_ON, VERDICT_GOES_ON, COLOUR_YELLOW, NULL },
    [INSTANCE_READY] = { VERDICT_REACHED, VERDICT_GOES_ON, COLOUR_GREEN, "the model answers" },
    [INSTANCE_UNAVAILABLE] = { VERDICT_GOES_ON, VERDICT_GOES_ON, COLOUR_YELLOW,
                               "the model is not served; waiting for it to come back" },
    [INSTANCE_WORKER_DEAD] = { VERDICT_GOES_ON, VERDICT_GOES_ON, COLOUR_RED,
                               "heartbeats have stopped; recovering" },
    [INSTANCE_DRAINING] = { VERDICT_LOST, VERDICT_GOES_ON, COLOUR_YELLOW,
                            "finishing what it serves" },
    [INSTANCE_TERMINATING] = { VERDICT_LOST, VERDICT_GOES_ON, COLOUR_YELLOW,
                               "giving back everything that is rented" },
    [INSTANCE_TERMINATED] = { VERDICT_LOST, VERDICT_REACHED, COLOUR_DIM,
                              "nothing is rented any more" },
    [INSTANCE_ARCHIVED] = { VERDICT_LOST, VERDICT_REACHED, COLOUR_DIM, "hidden from lists" },
    [INSTANCE_PROVISIONING_FAILED] = { VERDICT_LOST, VERDICT_GOES_ON, COLOUR_RED,
                                       "no machine could be had; what is rented is given back" },
    [INSTANCE_STARTUP_FAILED] = { VERDICT_LOST, VERDICT_GOES_ON, COLOUR_RED,
                                  "it never became ready; its machine is kept for a while, then "
                                  "given back" },
    [INSTANCE_FAILED] = { VERDICT_LOST, VERDICT_GOES_ON, COLOUR_RED,
                          "recovery has given up; its machine is kept for a while, then given "
                          "back" },
};

/* What is under way below each step of progress. */
static const struct {
    int64_t below;
    const char *now;
} stage_steps[] = {
    { 20, "creating the machine" },
    { 25, "looking at its volumes" },
    { 27, "setting its security group" },
    { 30, "powering it on" },
    { 40, "waiting for its address" },
    { 50, "waiting for the machine to answer" },
    { 60, "waiting for the worker to be installed" },
    { 70, "starting the engine" },
    { 80, "loading the model" },
    { 90, "warming the model up" },
    { 101, "checking it a last time" },
};

static const struct stage *
stage_find(const char *state)
{
    enum instance_state known;

    return state_parse(state, &known) ? &stages[known] : NULL;
}

const char *
goal_name(enum goal goal)
{
    return state_name(goal == GOAL_READY ? INSTANCE_READY : INSTANCE_TERMINATED);
}

enum verdict
goal_judge(enum goal goal, const char *state)
{
    const struct stage *stage = stage_find(state);

    if (stage == NULL) {
        return VERDICT_GOES_ON;
    }
    return goal == GOAL_READY ? stage->for_ready : stage->for_terminated;
}

int64_t
goal_percent(enum goal goal, const char *state, int64_t percent)
{
    enum instance_state known;

    if (goal == GOAL_READY || !state_parse(state, &known)) {
        return percent;
    }
    if (state_is_final(known)) {
        return 100;
    }
    return known == INSTANCE_TERMINATING ? 60 : known == INSTANCE_DRAINING ? 30 : 0;
}

bool
stage_is_on_its_way(const char *state)
{
    const struct stage *stage = stage_find(state);

    return stage != NULL && stage->now == NULL;
}

const char *
stage_now(const char *state, int64_t percent)
{
    const struct stage *stage = stage_find(state);

    if (stage == NULL) {
        return "";
    }
    for (size_t i = 0; stage->now == NULL && i < ARRAY_LENGTH(stage_steps); i++) {
        if (percent < stage_steps[i].below) {
            return stage_steps[i].now;
        }
    }
    return stage->now == NULL ? "" : stage->now;
}

enum colour
stage_colour(const char *state)
{
    const struct stage *stage = stage_find(state);

    return stage == NULL ? COLOUR_NONE : stage->colour;
}
