/* orphan_rules.h: machines that carry the fleet's tag and are nobody's, and what hung on them: whose
 * they are, and how they are given back.  Pure, like decide.h.  What is on record of them is the
 * table orphans; machines on record of an instance are given back by that instance's own job. */
#ifndef INVENTIV_DOMAIN_ORPHAN_RULES_H
#define INVENTIV_DOMAIN_ORPHAN_RULES_H

#include "domain/operation.h"
#include "domain/policy.h"
#include "domain/state.h"

enum orphan_verdict {
    VERDICT_KEEP,        /* somebody's */
    VERDICT_ORPHAN,      /* nobody's: given back */
    VERDICT_QUARANTINED, /* this database never saw it born: reported, not touched */
};

/* A machine with the fleet's tag, and the instance that its tags name. */
struct tagged_machine {
    const char *ref;
    bool recorded_by_any; /* on record of some instance that looks after it */
    bool known;           /* the instance is on record; the rest counts only then */
    bool created;         /* ... and so is a create of ours for it */
    enum instance_state state;
    const char *recorded_ref; /* "" when none is on record */
    bool recorded_gone;       /* ... proven */
};

/* While no machine is on record of an instance that is not over, none is an orphan: its own job puts
 * one on record, under its lease [F_SWEEP].  Nobody else looks after what is over [F_OVER]. */
struct orphan_judgement {
    enum orphan_verdict verdict;
    const char *reason; /* why, for people; a literal */
};
struct orphan_judgement orphan_judge(const struct tagged_machine *machine);
const char *orphan_verdict_name(enum orphan_verdict verdict); /* "keep", "orphan", "quarantined" */

/* A volume seen on an orphan goes with it: it boots the machine, or carries the tag of the instance that
 * the machine's tags name.  Any other goes only where it is on record of that instance: else a person
 * has attached it. */
bool orphan_takes_volume(const struct volume_view *volume, const char *instance_id);

enum orphan_kind { ORPHAN_SERVER, ORPHAN_VOLUME, ORPHAN_ADDRESS };
const char *orphan_kind_name(enum orphan_kind kind); /* "server", "volume", "address" */
enum call_kind orphan_look_kind(enum orphan_kind kind);

/* A thing, once the list of its zone's machines was answered. */
struct orphan_facts {
    enum orphan_kind kind;
    enum orphan_verdict verdict; /* of volumes and addresses: as on record */
    bool on_record;              /* in orphans */
    bool unsettled;              /* the end of a call of ours on it is not known */
    bool may_act;                /* no dry run, the zone does not rest */
    enum answer_class class;     /* looked up by id */
    enum server_state state;     /* SERVER: when it is there */
    bool zone_is_plausible;      /* looked through, and not too much of it is missed at once */
    bool rest_seen;              /* SERVER: all that hangs on it was shown */
    bool rest_on_record;         /* SERVER: ... and is on record */
    bool parent_lives;           /* VOLUME, ADDRESS: its machine is not proven gone */
    bool attached;               /* VOLUME, ADDRESS: to its machine, as shown */
    bool attached_elsewhere;     /* VOLUME, ADDRESS: to another */
    int64_t gone_first_seen_ms;
    int64_t delete_next_ms;
};

enum orphan_step {
    ORPHAN_WAIT,
    ORPHAN_RECORD,  /* it, and what hangs on it */
    ORPHAN_ABSENT,  /* first look in vain */
    ORPHAN_GONE,    /* second */
    ORPHAN_SEEN,    /* there after all */
    ORPHAN_RELEASE, /* somebody's after all: no orphan any more */
    ORPHAN_ACT,
};

struct orphan_decision {
    enum orphan_step step;
    enum call_kind act;  /* ORPHAN_ACT */
    int64_t next_run_ms; /* when a look is worth while; 0: at the job's period */
    const char *message; /* why, for people; a literal */
};

struct orphan_decision
orphan_decide(const struct orphan_facts *facts, const struct policy *policy, int64_t now_ms);

/* An answer to an act on it: the call is not made again before the time that is returned.  attempts:
 * failed ones, this one included where it failed. */
bool orphan_act_is_done(enum answer_class class);
int64_t orphan_next_act_ms(enum answer_class class, int64_t attempts, const struct policy *policy,
                           int64_t now_ms, uint32_t random);

/* A call of a zone's job whose end is not known may still be sent by another; later, what is seen of
 * the thing counts [F_SOP]. */
bool orphan_call_is_under_way(bool open, int64_t send_by_ms, int64_t now_ms);

#endif
