/* probe.c: probes of machines, those of all cases at once: SSH banners over plain sockets, the rest
 * over HTTP.  They go to the provider's address of the machine and to ports on record only. */
#include <string.h>

#include "base/clock.h"
#include "orchestrator/case.h"
#include "orchestrator/ssh_banner.h"
#include "orchestrator/workbench.h"

enum { PROBE_REPLY_MAX = 256 * 1024, PROBE_TEXT_MAX = 120 };

static const char *const probe_json_headers[] = { "Content-Type: application/json", NULL };

static const char *
probe_url(struct arena *arena, const struct instance_case *one, enum probe_kind kind)
{
    int port = kind == PROBE_READYZ ? one->around.worker_port : one->around.engine_port;
    const char *path = kind == PROBE_READYZ   ? "/readyz"
                       : kind == PROBE_MODELS ? "/v1/models"
                                              : "/v1/chat/completions";

    return arena_printf(arena, "%s%s", http_url_of(arena, one->instance.address, port), path);
}

static void
probe_http_make(struct job_cycle *cycle, const struct instance_case *one, enum probe_kind kind,
                struct http_call *out)
{
    *out = (struct http_call){
        .method = kind == PROBE_WARMUP ? "POST" : "GET",
        .url = probe_url(cycle->arena, one, kind),
        .timeout_ms = config_ms(cycle->config, SETTING_HEALTH_CHECK_PROBE_TIMEOUT_SECONDS),
        .reply_max = PROBE_REPLY_MAX,
        .fresh = true,
    };
    if (kind == PROBE_WARMUP) {
        json_t *body = json_pack("{s:s, s:i, s:[{s:s, s:s}]}", "model", one->around.model,
                                 "max_tokens", 1, "messages", "role", "user", "content", "ping");
        out->body = json_text(cycle->arena, body);
        out->body_length = strlen(out->body);
        out->headers = probe_json_headers;
        json_decref(body);
    }
}

/* An engine that serves, among others, what was asked for. */
static void
probe_read_models(struct arena *arena, const struct instance_case *one,
                  const struct http_call *call, struct probe_seen *out)
{
    json_t *reply = NULL;
    struct error error = json_parse(arena, call->reply, call->reply_length, &reply);
    const json_t *list = error_is(error) ? NULL : json_object_get(reply, "data");
    size_t index;
    const json_t *model;

    json_array_foreach((json_t *)(uintptr_t)list, index, model)
    {
        if (strcmp(json_get_string(model, "id", ""), one->around.model) == 0) {
            out->ok = true;
        }
    }
    out->mismatch = !out->ok && json_array_size(list) > 0;
    if (!out->ok) {
        out->detail = out->mismatch ? "other models are served" : "no model is served yet";
    }
    json_decref(reply);
}

static void
probe_read(struct job_cycle *cycle, const struct instance_case *one, enum probe_kind kind,
           const struct http_call *call, struct probe_seen *out)
{
    *out = (struct probe_seen){ .asked = true,
                                .answered = call->outcome == HTTP_ANSWERED,
                                .latency_ms = call->duration_ms,
                                .detail = "" };
    if (!out->answered) {
        out->detail = call->failure;
        return;
    }
    if (call->status != 200) {
        const char *told =
            arena_printf(cycle->arena, "HTTP %d: %.*s", call->status, PROBE_TEXT_MAX, call->reply);
        out->detail = json_clean_text(cycle->arena, told); /* cut, perhaps within a character */
        return;
    }
    if (kind == PROBE_MODELS) {
        probe_read_models(cycle->arena, one, call, out);
        return;
    }
    out->ok = true;
}

static void
probe_http(struct job_cycle *cycle, struct instance_case *cases, size_t count,
           const struct look_plan *plans)
{
    struct http_call *calls =
        arena_array(cycle->arena, struct http_call, count * PROBE_KIND_COUNT_);
    struct http_call **asked =
        arena_array(cycle->arena, struct http_call *, count * PROBE_KIND_COUNT_);
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        for (int kind = PROBE_READYZ; kind < PROBE_KIND_COUNT_; kind++) {
            struct http_call *call = &calls[i * PROBE_KIND_COUNT_ + (size_t)kind];
            if (plans[i].probes[kind]) {
                probe_http_make(cycle, &cases[i], (enum probe_kind)kind, call);
                asked[length++] = call;
            }
        }
    }
    http_client_run(workbench_http(cycle->workbench), cycle->arena, asked, length);
    for (size_t i = 0; i < count; i++) {
        for (int kind = PROBE_READYZ; kind < PROBE_KIND_COUNT_; kind++) {
            if (plans[i].probes[kind]) {
                probe_read(cycle, &cases[i], (enum probe_kind)kind,
                           &calls[i * PROBE_KIND_COUNT_ + (size_t)kind],
                           &cases[i].seen.probes[kind]);
            }
        }
    }
}

static void
probe_ssh(struct job_cycle *cycle, struct instance_case *cases, size_t count,
          const struct look_plan *plans)
{
    struct ssh_banner *banners = arena_array(cycle->arena, struct ssh_banner, count + 1);
    size_t length = 0;

    for (size_t i = 0; i < count; i++) {
        if (plans[i].probes[PROBE_SSH]) {
            banners[length++] = (struct ssh_banner){ .address = cases[i].instance.address,
                                                     .port = cases[i].around.ssh_port };
        }
    }
    ssh_banner_read(banners, length,
                    config_ms(cycle->config, SETTING_HEALTH_CHECK_PROBE_TIMEOUT_SECONDS));
    length = 0;
    for (size_t i = 0; i < count; i++) {
        if (plans[i].probes[PROBE_SSH]) {
            const struct ssh_banner *banner = &banners[length++];
            cases[i].seen.probes[PROBE_SSH] =
                (struct probe_seen){ .asked = true,
                                     .answered = banner->answered,
                                     .ok = banner->answered,
                                     .latency_ms = banner->latency_ms,
                                     .detail = banner->answered ? "" : "no SSH banner" };
        }
    }
}

void
probe_run(struct job_cycle *cycle, struct instance_case *cases, size_t count,
          const struct look_plan *plans)
{
    probe_ssh(cycle, cases, count, plans);
    probe_http(cycle, cases, count, plans);
}
