#include "hold.h"

#include "stage.h"
#include "test_service.h"

enum { HOLD_LIMIT_MS = 20000 };

/* On the thread that is held. */
static void
hold_stay(void *argument)
{
    struct hold *hold = argument;

    pthread_mutex_lock(&hold->lock);
    hold->reached = true;
    while (!hold->released) {
        pthread_cond_wait(&hold->changed, &hold->lock);
    }
    hold->left = true;
    pthread_cond_broadcast(&hold->changed);
    pthread_mutex_unlock(&hold->lock);
}

void
hold_at(struct hold *hold, int point, const char *kind)
{
    pthread_mutex_lock(&hold->lock);
    hold->reached = false;
    hold->released = false;
    hold->left = false;
    pthread_mutex_unlock(&hold->lock);
    stage_once(point, kind, hold_stay, hold);
}

bool
hold_keeps(struct hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    bool kept = hold->reached && !hold->released;
    pthread_mutex_unlock(&hold->lock);
    return kept;
}

static bool
hold_is_there(void *argument)
{
    return hold_keeps(argument);
}

bool
hold_reached(struct hold *hold)
{
    return test_until(HOLD_LIMIT_MS, hold_is_there, hold);
}

void
hold_release(struct hold *hold)
{
    pthread_mutex_lock(&hold->lock);
    hold->released = true;
    pthread_cond_broadcast(&hold->changed);
    while (hold->reached && !hold->left) {
        pthread_cond_wait(&hold->changed, &hold->lock);
    }
    pthread_mutex_unlock(&hold->lock);
}
