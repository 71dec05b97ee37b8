/* scripted_provider.h: the Scaleway driver talking to a scripted server. */
#ifndef INVENTIV_TESTS_SCRIPTED_PROVIDER_H
#define INVENTIV_TESTS_SCRIPTED_PROVIDER_H

#include "provider/provider.h"
#include "scripted_server.h"

#define SERVER_REF "11111111-1111-4111-8111-111111111111"
#define OTHER_REF "22222222-2222-4222-8222-222222222222"
#define THIRD_REF "33333333-3333-4333-8333-333333333333"
#define SECRET_KEY "99999999-9999-4999-8999-999999999999"
#define PROJECT_ID "88888888-8888-4888-8888-888888888888"

struct scripted_provider {
    struct arena *arena;
    struct scripted_server *server;
    struct provider *provider;
    int sent;                /* on_sent so far */
    int64_t call_timeout_ms; /* set it before the start; 0: ten seconds */
};

/* Two rows a page, three pages at most, replies up to 64 KiB. */
void scripted_provider_start(struct scripted_provider *scripted, const struct scripted_rule *rules,
                             size_t count);
void scripted_provider_stop(struct scripted_provider *scripted);
struct provider_options scripted_provider_options(struct arena *arena, int port);

/* A call with all that its kind needs, about SERVER_REF, in zone "local". */
struct provider_call scripted_call(struct scripted_provider *scripted, enum call_kind kind);
void scripted_run(struct scripted_provider *scripted, struct provider_call *call);

#endif
