/* bench.h: one orchestrator's thread of cycles, without the runner: each cycle is run when the
 * test says so, here or on a thread of its own. */
#ifndef INVENTIV_TESTS_BENCH_H
#define INVENTIV_TESTS_BENCH_H

#include "domain/state.h"
#include "orchestrator/job.h"

struct bench;

/* What a cycle came to. */
struct tally {
    enum error_code code;
    size_t claimed;
    size_t applied;
    size_t stale;
    size_t calls;
};

/* config outlives it. */
struct bench *bench_new(const struct config *config);
void bench_free(struct bench *bench);
const char *bench_id(const struct bench *bench); /* the orchestrator's */

/* One cycle of the job, from claim to apply. */
struct tally bench_run(struct bench *bench, const struct job *job);
/* The same on a thread, and its end. */
void bench_begin(struct bench *bench, const struct job *job);
struct tally bench_end(struct bench *bench);

/* Inside a cycle that a point has stopped: as if so much time had passed since its lease was
 * taken. */
void bench_age_lease(struct bench *bench, int64_t by_ms);

/* Cycles of all jobs about instances, with the fleet's clock set forward between them, until the
 * instance is in that state; false when it does not get there. */
bool bench_drive(struct bench *bench, const char *instance_id, enum instance_state state);

#endif
