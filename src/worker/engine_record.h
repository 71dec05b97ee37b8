/* engine_record.h: the note of which engine runs, and the end of one that outlived its worker.
 * The note is engine.pid in the state folder: process id, start time, boot id. */
#ifndef INVENTIV_WORKER_ENGINE_RECORD_H
#define INVENTIV_WORKER_ENGINE_RECORD_H

#include <sys/types.h>

#include "base/error.h"
#include "worker/worker_options.h"

MUST_CHECK struct error
engine_record_write(struct arena *arena, const struct worker_options *options, pid_t pid);
void engine_record_remove(struct arena *arena, const struct worker_options *options);

/* Kills what an earlier worker's engine left running in this boot, the whole group of it, and
 * waits for it to be gone, engine_stop_ms at most.  Returns the group killed, or 0. */
pid_t engine_record_end_orphan(struct arena *arena, const struct worker_options *options);

#endif
