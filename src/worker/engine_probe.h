/* engine_probe.h: asks the engine whether it serves the wanted model, and how busy it is. */
#ifndef INVENTIV_WORKER_ENGINE_PROBE_H
#define INVENTIV_WORKER_ENGINE_PROBE_H

#include "base/http_client.h"
#include "worker/engine_figures.h"
#include "worker/worker_options.h"

enum engine_answer {
    ENGINE_SERVES,   /* 200, with the wanted model */
    ENGINE_OTHER,    /* answers, but another model, or an error */
    ENGINE_REFUSING, /* nobody listens */
    ENGINE_SILENT,   /* listens, gives no whole answer in time */
};

struct engine_sighting {
    enum engine_answer answer;
    int status;                    /* 0: no answer */
    const char *failure;           /* for people; "" where it serves */
    struct engine_figures figures; /* not told where its metrics cannot be read */
};

/* Both questions at once, within timeout_ms.  Texts live in the arena. */
void
engine_probe(struct http_client *client, struct arena *arena, const struct worker_options *options,
             int64_t timeout_ms, struct engine_sighting *out);

/* True when the reply of /v1/models has that id in data[]; "" = any reply of that form will do. */
bool engine_probe_lists(struct arena *arena, const char *reply, size_t length, const char *model);

#endif
