/* runner.h: when which job runs.  Each job runs at most once at a time in this process, on a pool
 * of threads, so that a slow one delays no other; at its period with jitter, when a row it has
 * seen becomes due, when it is woken, when asked for. */
#ifndef INVENTIV_ORCHESTRATOR_RUNNER_H
#define INVENTIV_ORCHESTRATOR_RUNNER_H

#include "orchestrator/job.h"

struct runner;

/* config outlives it.  Nothing runs before runner_start(). */
struct runner *runner_new(const struct config *config, const char *orchestrator_id);
void runner_start(struct runner *runner);

/* From any thread: run soon. */
void runner_wake(struct runner *runner, const struct job *job);
/* The same, and make its rows due first, as for a run asked for by hand. */
void runner_request(struct runner *runner, const struct job *job);
bool runner_is_enabled(const struct runner *runner, const struct job *job);

/* Starts no further cycle and waits for those under way, limit_ms at most; false when some are
 * left, which the caller then may not free. */
bool runner_stop(struct runner *runner, int64_t limit_ms);
void runner_free(struct runner *runner);

#endif
