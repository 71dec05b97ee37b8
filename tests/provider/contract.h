/* contract.h: what every driver must do, whatever provider stands behind it.  One suite, run for
 * each driver by contract_main.c. */
#ifndef INVENTIV_TESTS_CONTRACT_H
#define INVENTIV_TESTS_CONTRACT_H

#include "provider/provider.h"

struct contract_subject {
    const char *name;
    const char *zone;
    const char *instance_type; /* one that boots from network storage alone */
    struct provider_options options;
    const char *wrong_key;       /* well formed, but not let in */
    const char *unreachable_url; /* nobody listens there */
    /* Lets the provider's time pass between two looks at a condition. */
    void (*pass_time)(void);
};

/* The subject of the checks below, opened, with an arena that lives as long as a check. */
extern const struct contract_subject *contract_subject;
extern struct provider *contract_provider;
extern struct arena *contract_arena;

/* --- contract_steps.c: steps that several checks take --- */

/* "prefix=<fresh uuid>", in the arena. */
const char *contract_tag(const char *prefix);
/* A call of this kind in the subject's zone; ref may be NULL. */
struct provider_call contract_call(enum call_kind kind, const char *ref);
/* Runs one call with these tags to have, or to be filtered by. */
struct provider_call contract_run(enum call_kind kind, const char *ref);
struct provider_call
contract_run_tagged(enum call_kind kind, const char *ref, const char *const *tags, size_t count);
/* A new server with one tag; "" when it failed, which is checked. */
const char *contract_create(const char *tag);
/* Until the server is in that state; the last look, class TRANSIENT when it never was. */
struct provider_call contract_wait_state(const char *ref, enum server_state state);
/* Until a GET of the thing says not_found; false: it never did. */
bool contract_wait_gone(enum call_kind get, const char *ref, const char *volume_type);
/* Gives back a server, stopping it first, with its volumes and addresses. */
void contract_give_back(const char *ref);

/* --- the checks --- */

void contract_check_servers(void);   /* contract_servers.c */
void contract_check_leftovers(void); /* contract_leftovers.c: volumes, addresses, groups */
void contract_check_refusals(void);  /* contract_refusals.c */
/* Of the local cloud at that URL alone. */
void contract_check_faults(const char *url);

#endif
