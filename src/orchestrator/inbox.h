/* inbox.h: what messages on Redis ask for, between the thread that hears them and the one that
 * writes it down (pulse.c).  Bounded: a message only hastens what is done anyway, so what finds no
 * room is dropped. */
#ifndef INVENTIV_ORCHESTRATOR_INBOX_H
#define INVENTIV_ORCHESTRATOR_INBOX_H

#include "orchestrator/job.h"

struct inbox;

/* config outlives it. */
struct inbox *inbox_new(const struct config *config);
void inbox_free(struct inbox *inbox);

/* From any thread.  The instance, whose id is well-formed, is to be made due, then the job woken. */
void inbox_add_instance(struct inbox *inbox, const char *instance_id, const struct job *job);
/* A run of the job is to be asked for. */
void inbox_add_request(struct inbox *inbox, const struct job *job);

/* What has come since the last time. */
struct inbox_content {
    size_t instance_count;
    const char *const *instance_ids;
    bool woken[JOBS_MAX]; /* by index in jobs[] */
    bool requested[JOBS_MAX];
};
struct inbox_content inbox_take(struct inbox *inbox, struct arena *arena);

#endif
