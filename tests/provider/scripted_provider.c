#include "scripted_provider.h"

#include <stdlib.h>

#include "base/mem.h"

struct provider_options
scripted_provider_options(struct arena *arena, int port)
{
    return (struct provider_options){
        .code = "scripted",
        .driver = "scaleway",
        .api_url = arena_printf(arena, "http://127.0.0.1:%d/", port),
        .secret_key = SECRET_KEY,
        .project_id = PROJECT_ID,
        .call_timeout_ms = 10000,
        .connect_timeout_ms = 10000,
        .calls_at_once = 32,
        .reply_max = 65536,
        .page_rows = 2,
        .pages_max = 3,
    };
}

void
scripted_provider_start(struct scripted_provider *scripted, const struct scripted_rule *rules,
                        size_t count)
{
    scripted->sent = 0;
    if (scripted->arena == NULL) {
        scripted->arena = arena_new();
    }
    scripted->server = scripted_server_start(rules, count);
    struct provider_options options =
        scripted_provider_options(scripted->arena, scripted_server_port(scripted->server));
    if (scripted->call_timeout_ms > 0) {
        options.call_timeout_ms = scripted->call_timeout_ms;
    }
    if (error_is(provider_new(scripted->arena, &options, &scripted->provider))) {
        abort();
    }
}

void
scripted_provider_stop(struct scripted_provider *scripted)
{
    provider_free(scripted->provider);
    scripted_server_stop(scripted->server);
    arena_free(scripted->arena);
    scripted->arena = NULL;
}

static void
scripted_count_sent(void *argument)
{
    ++*(int *)argument;
}

struct provider_call
scripted_call(struct scripted_provider *scripted, enum call_kind kind)
{
    static const char *const tags[] = { "inventiv-fleet=f", "inventiv-instance=i" };
    static const int ports[] = { 22, 8080 };
    return (struct provider_call){
        .kind = kind,
        .zone = "local",
        .ref = SERVER_REF,
        .name = "inventiv-worker-1",
        .tags = tags,
        .tag_count = ARRAY_LENGTH(tags),
        .instance_type = "L4-1-24G",
        .user_data = "#!/bin/sh\n",
        .size_bytes = 50000000000,
        .volume_type = "sbs_volume",
        .ports = ports,
        .port_count = ARRAY_LENGTH(ports),
        .security_group_ref = THIRD_REF,
        .correlation_id = "correlation-1",
        .on_sent = scripted_count_sent,
        .on_sent_argument = &scripted->sent,
    };
}

void
scripted_run(struct scripted_provider *scripted, struct provider_call *call)
{
    provider_run(scripted->provider, scripted->arena, &call, 1);
}
