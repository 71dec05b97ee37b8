#include "worker/engine_watch.h"

#include "base/log.h"

static void
engine_watch_set_serves(struct engine *engine, bool serves, const char *why)
{
    if (engine->facts.serves == serves) {
        return;
    }
    engine->facts.serves = serves;
    log_info(serves ? "the engine serves" : "the engine no longer serves", LOG_STR(REASON, why));
    event_log_add(engine->events, serves ? EVENT_VLLM_READY : EVENT_VLLM_NOT_READY, why,
                  json_pack("{s:s}", "model_id", engine->options->model_id));
}

/* One line a change, not one a probe. */
static void
engine_watch_note(struct engine *engine, const struct engine_sighting *sighting)
{
    if (engine->asked && engine->last_answer == sighting->answer) {
        return;
    }
    engine->asked = true;
    engine->last_answer = sighting->answer;
    switch (sighting->answer) {
    case ENGINE_SERVES:
        break;
    case ENGINE_OTHER:
        event_log_add(engine->events, EVENT_VLLM_CHECK_FAILED, sighting->failure,
                      json_pack("{s:i}", "status_code", sighting->status));
        break;
    case ENGINE_REFUSING:
    case ENGINE_SILENT:
        event_log_add(engine->events, EVENT_VLLM_CHECK_EXCEPTION, sighting->failure, NULL);
        break;
    }
}

void
engine_watch_probe(struct engine *engine)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct engine_sighting sighting;

    engine_probe(engine->client, arena, engine->options, engine->options->call_timeout_ms,
                 &sighting);
    engine_watch_note(engine, &sighting);
    engine->misses = sighting.answer == ENGINE_SILENT ? engine->misses + 1 : 0;
    bool lenient = sighting.answer == ENGINE_SILENT && engine->facts.serves &&
                   engine->misses < engine->options->engine_probe_fall;
    if (!lenient) {
        bool serves = sighting.answer == ENGINE_SERVES;
        engine_watch_set_serves(engine, serves,
                                serves ? "/v1/models lists the model" : sighting.failure);
    }
    /* Figures that could not be read now are better old than absent while the engine is busy. */
    if (engine_figures_known(&sighting.figures) || !lenient) {
        engine->facts.figures = sighting.figures;
    }
}

void
engine_watch_forget(struct engine *engine, const char *why)
{
    engine_watch_set_serves(engine, false, why);
    engine->facts.figures = ENGINE_FIGURES_NONE;
    engine->misses = 0;
    engine->asked = false;
}
