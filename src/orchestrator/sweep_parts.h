/* sweep_parts.h: what sweep.c is put together from; nobody else includes it.  Everything lives in the
 * cycle's arena. */
#ifndef INVENTIV_ORCHESTRATOR_SWEEP_PARTS_H
#define INVENTIV_ORCHESTRATOR_SWEEP_PARTS_H

#include "domain/orphan_rules.h"
#include "orchestrator/shard_act.h"
#include "orchestrator/watch.h"

/* A thing that may be nobody's: on record as such, or just found in a list. */
struct sweep_thing {
    struct watched_zone *zone;
    const char *id; /* of its row in orphans; NULL: it has none yet */
    enum orphan_kind kind;
    const char *ref;
    const char *volume_type;
    const char *instance_id; /* that its tags name; NULL: none */
    const char *parent_ref;  /* volume, address: its machine */
    const char *rest;        /* server: what hangs on it and is on record, a JSON array's text */
    const char *correlation_id;
    const char *status; /* of the instance */
    int64_t attempts;
    struct tagged_machine machine; /* server */
    struct orphan_judgement judgement;
    struct orphan_facts facts;
    struct provider_call look;             /* by id */
    const struct provider_call *addresses; /* all of the zone's; NULL: not asked for */
    struct orphan_decision decision;
    struct shard_act act; /* ORPHAN_ACT */
};

struct sweep {
    struct job_cycle *cycle;
    struct watched_zone **zones; /* those whose list was answered */
    size_t zone_count;
    struct sweep_thing *things;
    size_t count;
};

/* sweep_gather.c: the things, and what the rows tell of them. */
MUST_CHECK struct error sweep_gather(struct sweep *sweep);
/* Calls of earlier cycles whose end is not known: settles them, or keeps hands off the thing. */
MUST_CHECK struct error sweep_settle(struct sweep *sweep, json_t *marks);

/* The zones, as queries take them; a new reference. */
json_t *sweep_zone_rows(const struct sweep *sweep);

/* sweep_record.c: what was found, seen and done goes on record, and OrphansFound with it. */
MUST_CHECK struct error sweep_record(struct sweep *sweep);
/* What hangs on a machine is on record. */
bool sweep_rest_is_on_record(struct arena *arena, const struct sweep_thing *thing);

#endif
