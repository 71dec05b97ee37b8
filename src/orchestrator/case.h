/* case.h: one claimed instance on its way through a cycle: what its rows tell, what was seen, what
 * was decided, what the call came to.  Everything lives in the cycle's arena. */
#ifndef INVENTIV_ORCHESTRATOR_CASE_H
#define INVENTIV_ORCHESTRATOR_CASE_H

#include "domain/decide.h"
#include "orchestrator/job.h"

/* Rows that a case needs and a decision does not. */
struct surroundings {
    const char *correlation_id;
    const char *provider_code;
    const char *driver;
    const char *api_url;
    const char *credentials_prefix;
    const char *zone_id;
    const char *zone;
    const char *instance_type;
    const char *image; /* NULL: the driver's own */
    bool diskless;
    const char *model;
    const char *fleet_id;
    const char *install_profile;
    const char *engine_command;
    int64_t heartbeat_seconds;
    int ssh_port;
    int worker_port;
    int engine_port;
    const char *beat_status; /* as read with the facts */
};

struct instance_case {
    const char *id;
    int64_t token;
    bool lost; /* the lease is another's */
    struct instance instance;
    struct surroundings around;
    struct provider *provider; /* NULL: cannot be opened; see provider_error */
    const char *provider_error;
    struct seen seen;
    struct decision decision;

    /* The act, where one was decided. */
    const char *op_id;
    bool intended;
    bool sent;
    struct provider_call *call;
};

/* gather.c: all facts of all cases, in a fixed number of statements. */
MUST_CHECK struct error
gather_facts(struct job_cycle *cycle, struct instance_case *cases, size_t count);
/* look.c: carries out all looks of all cases at once, keeping the leases meanwhile. */
MUST_CHECK struct error
look_run(struct job_cycle *cycle, struct instance_case *cases, size_t count);
/* probe.c: all probes of all cases at once. */
void probe_run(struct job_cycle *cycle, struct instance_case *cases, size_t count,
               const struct look_plan *plans);
/* act.c: intents, calls, outcomes; then case->decision is what follows from the answer. */
MUST_CHECK struct error act_run(struct job_cycle *cycle, struct instance_case *cases, size_t count);
/* act_call.c: the call of one case, ready to be run, and what its intent has on record. */
MUST_CHECK struct error act_call_make(struct job_cycle *cycle, struct instance_case *one,
                                      const char **enrolment_hash, json_t **request);
const char *act_action_type(enum call_kind kind); /* how the journal calls it */
/* apply.c: everything decided, in one statement. */
MUST_CHECK struct error
apply_run(struct job_cycle *cycle, struct instance_case *cases, size_t count);
/* roots.c: locks the roots of these instances, until the transaction ends.  A statement of its own:
 * the next one then sees what those committed who held them before. */
MUST_CHECK struct error
roots_lock(struct job_cycle *cycle, const char *const *instance_ids, size_t count);
/* instance_cycle.c: claim, look, decide, apply. */
MUST_CHECK struct error instance_cycle_run(struct job_cycle *cycle, enum query_id claim);

#endif
