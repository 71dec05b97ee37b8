#include "worker/engine_probe.h"

#include <string.h>

#include "base/json.h"

bool
engine_probe_lists(struct arena *arena, const char *reply, size_t length, const char *model)
{
    CLEANUP_JSON json_t *body = NULL;
    json_t *entry;
    size_t index;

    if (error_is(json_parse(arena, reply, length, &body))) {
        return false;
    }
    json_t *data = json_object_get(body, "data");
    if (model[0] == '\0') {
        return json_is_array(data);
    }
    json_array_foreach(data, index, entry)
    {
        if (strcmp(json_get_string(entry, "id", ""), model) == 0) {
            return true;
        }
    }
    return false;
}

static void
engine_probe_judge(struct arena *arena, const char *model, const struct http_call *call,
                   struct engine_sighting *out)
{
    *out = (struct engine_sighting){ .failure = "", .figures = ENGINE_FIGURES_NONE };
    switch (call->outcome) {
    case HTTP_NOT_SENT:
    case HTTP_NO_ANSWER:
        out->answer = call->outcome == HTTP_NOT_SENT ? ENGINE_REFUSING : ENGINE_SILENT;
        out->failure = call->failure;
        return;
    case HTTP_ANSWERED:
        break;
    }
    out->status = call->status;
    if (call->status != 200) {
        out->answer = ENGINE_OTHER;
        out->failure = arena_printf(arena, "/v1/models answered %d", call->status);
    } else if (engine_probe_lists(arena, call->reply, call->reply_length, model)) {
        out->answer = ENGINE_SERVES;
    } else {
        out->answer = ENGINE_OTHER;
        out->failure = arena_printf(arena, "/v1/models does not list %s", model);
    }
}

void
engine_probe(struct http_client *client, struct arena *arena, const struct worker_options *options,
             int64_t timeout_ms, struct engine_sighting *out)
{
    struct http_call models = { .method = "GET",
                                .url = options->engine_models_url,
                                .timeout_ms = timeout_ms,
                                .reply_max = options->reply_max };
    struct http_call metrics = { .method = "GET",
                                 .url = options->engine_metrics_url,
                                 .timeout_ms = timeout_ms,
                                 .reply_max = options->reply_max };

    http_client_run(client, arena, (struct http_call *[]){ &models, &metrics }, 2);
    engine_probe_judge(arena, options->model_id, &models, out);
    if (metrics.outcome == HTTP_ANSWERED && metrics.status == 200) {
        out->figures = engine_figures_read(metrics.reply, metrics.reply_length);
    }
}
