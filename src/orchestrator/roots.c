/* roots.c: the lock behind which everybody judges what rests on more than one row (case.h). */
#include "orchestrator/case.h"

struct error
roots_lock(struct job_cycle *cycle, const char *const *instance_ids, size_t count)
{
    return db_run(cycle->db, cycle->arena, Q_INSTANCE_ROOTS_LOCK, NULL,
                  DB_PARAMS(db_uuid_array(cycle->arena, instance_ids, count)));
}
