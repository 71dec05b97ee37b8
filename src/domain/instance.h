/* instance.h: one instance as its rows tell, before anything outside is looked at.  Texts are
 * borrowed from the cycle's arena and never NULL; times are ms since 1970 by fleet_now(), 0 for
 * "never". */
#ifndef INVENTIV_DOMAIN_INSTANCE_H
#define INVENTIV_DOMAIN_INSTANCE_H

#include "domain/operation.h"
#include "domain/state.h"

enum wish { WISH_RUNNING, WISH_DRAINED, WISH_TERMINATED };

/* Of provider_operations.outcome: the answer classes, and these. */
enum operation_outcome {
    OUTCOME_OPEN,     /* no outcome on record */
    OUTCOME_ANSWERED, /* see the class */
    OUTCOME_NOT_SENT,
    OUTCOME_ADOPTED,
    OUTCOME_NOT_DONE,
    OUTCOME_CLOSED,
};

struct operation {
    const char *op_id;
    enum call_kind kind;
    enum operation_outcome outcome;
    enum answer_class class; /* when OUTCOME_ANSWERED */
    int64_t attempt;
    int64_t generation;
    const char *ref; /* what it is about, or has made; "" */
    int64_t send_by_ms;
    int64_t started_ms;
    int64_t ended_ms;
    int64_t first_empty_look_ms;
    bool resolved; /* an unknown outcome, cleared up */
    bool gone;     /* a create's machine, proven gone */
};

/* A volume or an address on record and not yet proven gone. */
struct rented {
    const char *ref;
    const char *volume_type; /* "" for an address */
    int64_t size_bytes;
    bool is_boot;
    bool keep; /* delete_on_terminate is off */
    int64_t gone_first_seen_ms;
    int64_t delete_attempts;
    int64_t delete_next_ms;
};

struct heartbeat {
    int64_t at_ms; /* 0: never beat */
    int64_t generation;
    const char *status; /* "starting", "ready", "draining" */
    const char *model;
    int64_t running;   /* -1: not told */
    int64_t waiting;   /* -1: not told */
    int64_t period_ms; /* 0: not told */
};

enum probe_kind { PROBE_SSH, PROBE_READYZ, PROBE_MODELS, PROBE_WARMUP, PROBE_KIND_COUNT_ };

struct probe {
    int64_t at_ms; /* 0: never */
    int64_t generation;
    bool ok;
};

struct instance {
    const char *id;
    const char *root_id;
    enum instance_state state;
    int64_t status_changed_ms;
    int64_t deadline_ms;
    int64_t generation;
    int64_t generation_since_ms;
    enum wish wish;       /* the root's */
    int64_t wish_version; /* the root's */
    int64_t wanted_generation;
    bool archive_wanted;
    int64_t preserve_until_ms;
    bool was_ready;
    int64_t failed_ms;
    const char *machine_ref; /* "" while none is on record */
    const char *address;     /* "" while none is known */
    int64_t gone_first_seen_ms;
    int64_t gone_looks;    /* in vain, since gone_first_seen_ms */
    bool machine_gone;     /* proven; the ref stays for the record */
    bool machine_halted;   /* last seen in another state than running */
    bool vanish_confirmed; /* an operator says that this machine is gone */
    int64_t sightings;     /* raised by each fact that is written without a lease */
    unsigned notes;        /* enum note: steps journalled in this generation */
    int64_t attempts;
    int64_t check_failures;
    bool ready_elsewhere;   /* another member of the root is ready */
    bool live_elsewhere;    /* another member of the root is live */
    bool pending_elsewhere; /* another member is a pending replacement */

    /* While the machine is absent: of its zone, what can vanish or did so lately, and how much of it
     * is absent or did (sql/migrations/0013_vanish.sql). */
    int64_t zone_machines;
    int64_t zone_vanishing;
    int64_t zone_watched_ms; /* its machines were looked through by a list of then */

    int64_t zone_paused_until_ms;
    bool zone_paused_for_quota; /* ... which holds back nothing that gives back */
    const char *zone_group_ref; /* the fleet's security group here; "" until its rules are set */
    int64_t wanted_boot_bytes;  /* size that the boot volume should have; 0: as it is */

    const struct operation *operations; /* oldest first */
    size_t operation_count;
    const struct rented *volumes;
    size_t volume_count;
    const struct rented *addresses;
    size_t address_count;
    struct heartbeat heartbeat;
    struct probe probes[PROBE_KIND_COUNT_]; /* the last of each */
};

const char *probe_kind_name(enum probe_kind kind);

/* The latest operation of that kind in that generation, about that ref (NULL: any); or NULL. */
const struct operation *
instance_last_operation(const struct instance *instance, enum call_kind kind, int64_t generation,
                        const char *ref);
/* That very call was answered with OK when it was last made in this generation. */
bool instance_has_done(const struct instance *instance, enum call_kind kind, const char *ref);
/* The one without outcome; NULL when none is open. */
const struct operation *instance_open_operation(const struct instance *instance);
/* Answered with OK; NULL allowed. */
bool operation_went_well(const struct operation *operation);
/* Open, or unknown and not cleared up, or a create that was done and names no machine. */
bool operation_is_unsettled(const struct operation *operation);
/* A create that names a machine which is neither the one on record nor proven gone.  The one on
 * record counts again when it is proven gone and the create was not known to name it. */
bool operation_names_stray(const struct instance *instance, const struct operation *operation);
/* A machine is on record and not proven gone. */
bool instance_has_machine(const struct instance *instance);
/* The first create whose end is not known; NULL when there is none. */
const struct operation *instance_unsettled_create(const struct instance *instance);
/* Failed, and not for a reason that is the zone's (credentials, quota). */
bool operation_has_failed(const struct operation *operation);
/* Until when the zone's rest holds back a call of that kind; 0: it does not. */
int64_t instance_rest_until(const struct instance *instance, enum call_kind kind);
/* Failed acts since the last that succeeded, of this generation. */
int64_t instance_failures_in_row(const struct instance *instance);
/* Something is to be given back, or may be: a machine not proven gone, a volume that is not kept, an
 * address, a create not settled. */
bool instance_rents_something(const struct instance *instance);

#endif
