/* memory_provider.h: a provider in memory (driver "memory"): servers whose states advance on its
 * own clock, volumes, addresses, security groups, types; and faults on request.  Deterministic:
 * refs are counted, time moves only when told.  One world a process, behind a mutex, so that it
 * may be used from any thread. */
#ifndef INVENTIV_TESTS_MEMORY_PROVIDER_H
#define INVENTIV_TESTS_MEMORY_PROVIDER_H

#include "provider/provider.h"

/* Registers the driver and empties the world: no things, no faults, time 0, boot 1000 ms, stop
 * 500 ms, no list lag. */
void memory_provider_start(void);
void memory_provider_stop(void); /* frees the world */

/* A list has two pages, however short.  Options that open it.  Another secret_key gets DENIED for every call, another api_url is never
 * reached. */
struct provider_options memory_provider_options(void);

int64_t memory_provider_now_ms(void);
void memory_provider_advance(int64_t duration_ms);
void memory_provider_set_times(int64_t boot_ms, int64_t stop_ms);
/* How long a new thing is missing from lists. */
void memory_provider_set_list_lag(int64_t duration_ms);

/* The next count calls of this kind get this class, and nothing is done. */
void memory_provider_fail(enum call_kind kind, enum answer_class class, int count);
/* The next count calls of this kind are done, and answered UNKNOWN. */
void memory_provider_lose_reply(enum call_kind kind, int count);
void memory_provider_clear_faults(void);

/* Behind the caller's back. */
void memory_provider_set_state(const char *server_ref, enum server_state state);
/* A volume that somebody made and attached to the server; its ref, in the arena. */
const char *memory_provider_attach(struct arena *arena, const char *server_ref);
void memory_provider_remove(const char *ref);                        /* a thing of any kind */
void memory_provider_set_stock(const char *code, const char *stock); /* shortage: out of stock */

/* What is there. */
size_t memory_provider_servers(void);
size_t memory_provider_volumes(void);
size_t memory_provider_addresses(void);
size_t memory_provider_groups(void);
bool memory_provider_has(const char *server_ref);
/* Servers that share a tag of that beginning with another. */
size_t memory_provider_tagged_twice(const char *prefix);
/* The server made last; in the arena, NULL when there is none. */
const char *memory_provider_newest(struct arena *arena);
/* Calls run so far, failed ones too. */
int64_t memory_provider_calls(enum call_kind kind);
/* In the arena; NULL when the server has none, or is not there. */
const char *memory_provider_user_data(struct arena *arena, const char *server_ref);

#endif
