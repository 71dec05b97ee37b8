/* engine_figures.h: what an engine tells about itself in its Prometheus text.  Pure. */
#ifndef INVENTIV_WORKER_ENGINE_FIGURES_H
#define INVENTIV_WORKER_ENGINE_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below 0: not told.  Where a name occurs with several sets of labels, their sum. */
struct engine_figures {
    double requests_waiting;
    double requests_running;
    double prompt_tokens_total;
    double generation_tokens_total;
};

#define ENGINE_FIGURES_NONE ((struct engine_figures){ -1, -1, -1, -1 })

/* Reads vLLM's names, with "vllm:" or "vllm_" before them; anything else in the text, whatever
 * its form, is passed over. */
struct engine_figures engine_figures_read(const char *text, size_t length);
bool engine_figures_known(const struct engine_figures *figures);
/* Waiting requests as a whole number, or -1 where not told. */
int64_t engine_figures_queue(const struct engine_figures *figures);

#endif
