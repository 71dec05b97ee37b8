/* hold.h: a cycle on a thread of its own, held at a point until it is let go; see stage.h.  One hold
 * holds one thread at a time.  Whoever waits here waits with a limit. */
#ifndef INVENTIV_TESTS_HOLD_H
#define INVENTIV_TESTS_HOLD_H

#include <pthread.h>
#include <stdbool.h>

struct hold {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool reached;
    bool released;
    bool left;
};

#define HOLD_INITIALIZER                                                                           \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER                     \
    }

/* The next cycle that passes the point (kind NULL: whatever the kind) is held there. */
void hold_at(struct hold *hold, int point, const char *kind);
/* Waits until it is there; false when it does not come. */
bool hold_reached(struct hold *hold);
/* It is there now. */
bool hold_keeps(struct hold *hold);
/* Lets it go, and returns when it has gone. */
void hold_release(struct hold *hold);

#endif
