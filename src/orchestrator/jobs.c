/* jobs.c: the list of jobs, and which of them takes up which states. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "domain/state.h"
#include "orchestrator/jobs/jobs.h"

const struct job *const jobs[] = {
    &job_provisioning, &job_health_check, &job_terminator,
    &job_watch_dog,    &job_catalog_sync, &job_outbox,
};
const size_t job_count = ARRAY_LENGTH(jobs);
static_assert(ARRAY_LENGTH(jobs) <= JOBS_MAX, "room for a flag a job");

const struct job *
job_find(const char *name)
{
    for (size_t i = 0; i < job_count; i++) {
        if (strcmp(jobs[i]->name, name) == 0) {
            return jobs[i];
        }
    }
    return NULL;
}

size_t
job_index(const struct job *job)
{
    size_t index = 0;

    while (jobs[index] != job) {
        index++;
    }
    return index;
}

const struct job *
job_of_state(enum instance_state state)
{
    switch (state) {
    case INSTANCE_PROVISIONING:
        return &job_provisioning;
    case INSTANCE_BOOTING:
    case INSTANCE_INSTALLING:
    case INSTANCE_STARTING:
    case INSTANCE_UNAVAILABLE:
    case INSTANCE_WORKER_DEAD:
    case INSTANCE_READY:
        return &job_health_check;
    case INSTANCE_DRAINING:
    case INSTANCE_TERMINATING:
    case INSTANCE_PROVISIONING_FAILED:
    case INSTANCE_STARTUP_FAILED:
    case INSTANCE_FAILED:
    case INSTANCE_TERMINATED:
        return &job_terminator;
    case INSTANCE_ARCHIVED:
    case INSTANCE_STATE_COUNT_:
        break;
    }
    return NULL;
}
