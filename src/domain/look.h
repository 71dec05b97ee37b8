/* look.h: what one cycle looks at outside for an instance, and what it saw.  The plan is pure;
 * the orchestrator carries it out, all instances of a cycle at once: lists first, then things by
 * id, then probes. */
#ifndef INVENTIV_DOMAIN_LOOK_H
#define INVENTIV_DOMAIN_LOOK_H

#include "domain/instance.h"
#include "domain/policy.h"

struct look_plan {
    /* Machines that carry the instance's tag: while none is on record, and while the end of a create
     * is not known.  Where none is on record and no operation names
     * one, the oldest found is also looked up by id. */
    bool list;
    const char *server_ref; /* machine to look up by id; "" for none */
    bool rented;            /* each volume and address on record, by id */
    /* All addresses of the zone, once the machine is found not to run, for those that hang on it: it
     * may not show its own (look_wants_addresses). */
    bool address_list;
    bool probes[PROBE_KIND_COUNT_];
};

struct look_plan
look_plan(const struct instance *instance, const struct policy *policy, int64_t now_ms);

struct probe_seen {
    bool asked;
    bool answered; /* somebody spoke the protocol: for READYZ and MODELS any HTTP reply */
    bool ok;       /* ... and said what we hoped for */
    bool mismatch; /* MODELS: other models are served, not the wanted one */
    int64_t latency_ms;
    const char *detail;
};

struct seen {
    int64_t at_ms; /* when the look began: everything seen was so then or later */

    bool list_asked;
    enum answer_class list_class;
    const struct server_view *listed;
    size_t listed_count;

    const char *server_ref; /* looked up by id; "" when nothing was */
    enum answer_class server_class;
    const struct server_view *server; /* when ANSWER_OK */

    bool address_list_asked;
    enum answer_class address_list_class; /* when OK, server->addresses has them all */

    bool rented_asked;
    const enum answer_class *volume_classes; /* by index of instance->volumes */
    const struct volume_view *volume_views;  /* valid where ANSWER_OK */
    const enum answer_class *address_classes;

    struct probe_seen probes[PROBE_KIND_COUNT_];
};

/* The machine was found as the plan's list of addresses is for.  That list is of the whole zone, and
 * long: it is read right before a deletion alone. */
bool look_wants_addresses(const struct look_plan *plan, const struct seen *seen);

/* The machine to adopt among several with one tag: the oldest, ties by id, of those that are not
 * proven gone (lists lag); NULL when none. */
const struct server_view *
look_adoptable(const struct instance *instance, const struct server_view *servers, size_t count);

/* The volume carries that instance's tag. */
bool look_volume_is_tagged(const struct volume_view *volume, const char *instance_id);

/* A volume seen on the instance's machine is ours to delete: it boots the machine, carries the
 * instance's tag, was there before the machine ever ran, or nothing of the machine was on record
 * yet.  Any other was attached by somebody else, who keeps it. */
bool look_volume_is_ours(const struct instance *instance, const struct volume_view *volume);

enum look_maker { MAKER_UNTOLD, MAKER_THAT, MAKER_OTHER };

/* Whether that create made the machine, as its tags tell. */
enum look_maker look_maker(const struct server_view *server, const char *op_id);

/* Everything that was asked was answered: there, or not there.  Deadlines fire on such looks
 * alone. */
bool look_is_complete(const struct instance *instance, const struct seen *seen);

/* Something that was asked was refused: the provider does not accept our credentials. */
bool look_is_denied(const struct instance *instance, const struct seen *seen);

/* The worker of this generation has beaten, lately. */
bool look_heartbeat_is_fresh(const struct instance *instance, const struct policy *policy,
                             int64_t now_ms);
/* Nothing was heard from the worker for longer than is borne, since the state was entered. */
bool
look_worker_is_silent(const struct instance *instance, const struct policy *policy, int64_t now_ms);
/* A beat or a proven reboot ties what probes say to this generation. */
bool look_probes_count(const struct instance *instance);

#endif
