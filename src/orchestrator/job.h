/* job.h: what a job is, and what one cycle of it works with.  A job is one file in jobs/ and one
 * line in jobs.c. */
#ifndef INVENTIV_ORCHESTRATOR_JOB_H
#define INVENTIV_ORCHESTRATOR_JOB_H

#include "base/config.h"
#include "base/json.h"
#include "domain/policy.h"
#include "domain/state.h"
#include "provider/provider.h"
#include "store/db.h"

struct job_cycle;

struct job {
    const char *name; /* "job-provisioning" */
    enum setting_id enabled;
    enum setting_id period;
    /* The states that it takes up, as an array's text; NULL: it is not about instances. */
    const char *states;
    /* Claims, looks, decides and applies once.  An error is counted and logged by the runner; what
     * was claimed is free again when its lease runs out. */
    struct error (*run)(struct job_cycle *cycle);
    /* A run asked for by hand or by message: makes its rows due; may be NULL. */
    struct error (*request)(struct job_cycle *cycle);
};

enum { JOBS_MAX = 16 };
extern const struct job *const jobs[];
extern const size_t job_count;
const struct job *job_find(const char *name); /* NULL when there is none */
size_t job_index(const struct job *job);      /* its place in jobs[] */
/* The job whose claim takes instances in that state; NULL for none. */
const struct job *job_of_state(enum instance_state state);

/* What a thread keeps between cycles: its connections. */
struct workbench;

struct job_cycle {
    const struct job *job;
    const struct config *config;
    const struct policy *policy;
    const char *orchestrator_id;
    struct workbench *workbench;
    struct db *db;
    struct arena *arena;

    /* Set by cycle_claimed(). */
    int64_t claim_now_ms;  /* fleet_now() at the claim */
    int64_t claim_mono_ms; /* monotonic, read before the claim */
    int64_t lease_mono_ms; /* monotonic, read before the lease was last taken or renewed */

    /* Told to the runner. */
    int64_t run_id; /* 0: nothing was claimed */
    size_t claimed;
    size_t applied;
    size_t stale;
    size_t calls;
    int64_t next_due_mono_ms; /* when there is something to do again, monotonic; 0: not known */
    bool wakes[JOBS_MAX];     /* by index in jobs[]: there is something for them now */
    bool more;                /* the batch was full */
};

/* Says that decisions are about to be made.  After a pause of everybody it first sets the deadlines
 * forward, whose clocks stood still meanwhile; therefore before every claim. */
MUST_CHECK struct error cycle_beat(struct db *db, struct arena *arena, const struct config *config);
/* Puts the run on record, if it is not yet. */
MUST_CHECK struct error cycle_record(struct job_cycle *cycle);
/* Fleet time now: the claim's, plus monotonic time since. */
int64_t cycle_now_ms(const struct job_cycle *cycle);
/* After the claim: takes its now_ms and count, and puts the run on record when it has work. */
MUST_CHECK struct error cycle_claimed(struct job_cycle *cycle, size_t count, int64_t now_ms);
/* The lease still covers a call of that length, begun now. */
bool cycle_lease_covers(const struct job_cycle *cycle, int64_t call_ms);
/* There is something for that job now. */
void cycle_wake(struct job_cycle *cycle, const struct job *job);
/* There is something to do again in that time; the soonest told counts. */
void cycle_due_in(struct job_cycle *cycle, int64_t delay_ms);

#endif
