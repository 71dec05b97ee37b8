/* domain_life.h: a whole life of one instance, decided by decide() cycle after cycle against a
 * provider that lags, fails and lies, with the rows kept as the database keeps them (no more than
 * the statements of sql/queries do).  Deterministic: a seed is a life. */
#ifndef INVENTIV_TESTS_DOMAIN_LIFE_H
#define INVENTIV_TESTS_DOMAIN_LIFE_H

#include "domain/decide.h"

enum {
    LIFE_OPERATIONS_MAX = 400,
    LIFE_THINGS_MAX = 16,
    LIFE_MACHINES_MAX = 8,
    LIFE_REF_SIZE = 16,
};

/* In per cent of the calls. */
struct life_faults {
    int looks;   /* a look fails */
    int refused; /* surely not done */
    int unclear; /* done or not: the answer does not tell */
    int crashed; /* done or not: the caller dies, nothing is on record */
    int lies;    /* a thing that is there is not found */
    int late;    /* a create arrives, and is answered, long after it was given up */
    enum answer_class refusal;
};

struct life_machine {
    char ref[LIFE_REF_SIZE];
    char volume[LIFE_REF_SIZE];
    char address[LIFE_REF_SIZE];
    char tag[LIFE_REF_SIZE * 3];
    const char *tags[1];
    const char *op_id;
    bool alive;
    bool volume_alive;
    bool address_alive;
    enum server_state state;
    int64_t born_ms;
    int64_t died_ms;
    int64_t due_ms;       /* when a change of its state is done */
    int64_t running_ms;   /* since when it runs */
    int64_t late_born_ms; /* a create that arrives then; 0: none */
    struct volume_view volume_view;
    struct address_view address_view;
    struct server_view view;
};

struct life {
    struct policy policy;
    struct life_faults faults;
    uint64_t seed;
    int64_t now_ms;
    int64_t list_lag_ms;
    bool boots; /* its worker comes up and serves */
    bool beats; /* ... and sends heartbeats */

    struct instance instance;
    struct operation operations[LIFE_OPERATIONS_MAX];
    char op_ids[LIFE_OPERATIONS_MAX][LIFE_REF_SIZE];
    struct rented volumes[LIFE_THINGS_MAX];
    struct rented addresses[LIFE_THINGS_MAX];
    struct life_machine machines[LIFE_MACHINES_MAX];
    int machine_count;

    int cycles;
    int calls;
    int at_once; /* decisions in a row that were due at once */
    int at_once_most;
    int fruitless_most; /* ... and changed nothing */
    int fruitless;
    int alive_most;
    int refused_intents; /* acts that the database would not have let happen */
    int refused_ends;    /* server_gone that it would not have let happen */
    bool vanished;       /* server_vanished was concluded */
    const char *message;
};

void life_begin(struct life *life, uint64_t seed);
/* One cycle: claim, look, decide, act, apply; then the time of the next run.  False: none is due
 * any more. */
bool life_turn(struct life *life);
/* Its machine is gone behind our back, and the watch-dog has missed it. */
void life_vanish(struct life *life);
/* How much is rented at the provider. */
int life_rented(const struct life *life);

#endif
