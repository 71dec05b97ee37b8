/* decide.h: the one decision about an instance, whichever job selected it: what its rows tell and
 * what was seen, the policy and the time in; what to do out.  Pure.  The order in which rules win
 * is that of lifecycle.md: terminate, vanished and gone, drain, reinstall, progress, loss,
 * deadline; where no rule fits, the state's next step. */
#ifndef INVENTIV_DOMAIN_DECIDE_H
#define INVENTIV_DOMAIN_DECIDE_H

#include "domain/look.h"
#include "domain/transitions.h"

/* What is to be written on record beside a change of state; id is an operation's or a thing's. */
enum mark_kind {
    MARK_OPERATION_ADOPTED,    /* an unsettled create made that machine (ref) */
    MARK_OPERATION_NOT_DONE,   /* an unsettled create made nothing: two looks in vain */
    MARK_OPERATION_CLOSED,     /* another's open call; it can no longer be sent */
    MARK_OPERATION_RESOLVED,   /* an unknown outcome: what is seen now counts */
    MARK_OPERATION_EMPTY_LOOK, /* first look for it in vain */
    MARK_CREATE_GONE,          /* the machine that it made is proven gone */
    MARK_MACHINE_ABSENT,       /* a look in vain; since when is told by the first */
    MARK_MACHINE_GONE,         /* looks enough */
    MARK_MACHINE_SEEN,         /* there after all */
    MARK_VOLUME_ABSENT,
    MARK_VOLUME_GONE,
    MARK_VOLUME_SEEN,
    MARK_ADDRESS_ABSENT,
    MARK_ADDRESS_GONE,
    MARK_ADDRESS_SEEN,
};

struct mark {
    enum mark_kind kind;
    const char *id;
    const char *ref; /* OPERATION_ADOPTED: the machine; else NULL */
};

/* Steps that the journal shows, each once a generation. */
enum note {
    NOTE_MACHINE_RECORDED = 1 << 0,
    NOTE_ADDRESS = 1 << 1,
    NOTE_SSH = 1 << 2,
    NOTE_ENGINE = 1 << 3,
    NOTE_MODEL = 1 << 4,
    NOTE_WARMUP = 1 << 5,
};

struct act {
    bool wanted;
    enum call_kind kind;
    const char *ref; /* what it is about; "" for a create */
    const char *volume_type;
    int64_t size_bytes; /* VOLUME_RESIZE: 0 to change tags alone */
};

enum { DECISION_MARKS_MAX = 24 };

struct decision {
    enum instance_rule rule; /* RULE_NONE: the state stays */
    enum instance_state to;
    int64_t deadline_ms;  /* of the state after; 0: none */
    bool next_generation; /* the move begins a new one */

    /* At most one; none beside a rule, a machine or things that are to go on record first. */
    struct act act;

    struct mark marks[DECISION_MARKS_MAX];
    size_t mark_count;
    const char *record_ref; /* machine to put on record; NULL: as it is */
    bool record_things;     /* volumes and addresses of the machine seen go on record */
    const char *address;    /* the machine's address; NULL: as it is */
    unsigned notes;
    int progress; /* per cent; 0: as it is */

    int64_t next_run_ms;    /* 0: never by itself */
    bool failed;            /* counts for the back-off; else the count begins anew */
    int64_t thing_next_ms;  /* after a deletion: when the volume or address is tried again */
    const char *error_code; /* NULL: as it is; "": none any more */
    const char *message;    /* why, for people; a literal, never NULL */
};

/* random: any number, for jitter. */
struct decision decide(const struct instance *instance, const struct seen *seen,
                       const struct policy *policy, int64_t now_ms, uint32_t random);

/* What follows an act with that answer: the next run and whether it counts as failed; error_code
 * and message likewise. retry_after_ms: as the provider told, else -1. */
struct decision decide_after_act(const struct instance *instance, const struct act *act,
                                 enum answer_class class, int64_t retry_after_ms,
                                 const struct policy *policy, int64_t now_ms, uint32_t random);

/* When a state entered at now_ms must end; 0: none of its own. */
int64_t decide_deadline_ms(enum instance_state state, const struct policy *policy, int64_t now_ms);

#endif
