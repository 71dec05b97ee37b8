/* fake_engine_text.h: what the fake engine says: answers, streams and metrics as text. */
#ifndef INVENTIV_MOCKCLOUD_FAKE_ENGINE_TEXT_H
#define INVENTIV_MOCKCLOUD_FAKE_ENGINE_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct fake_engine_usage {
    int64_t prompt_tokens;
    int64_t completion_tokens;
};

struct fake_engine_totals {
    int64_t prompt_tokens;
    int64_t generation_tokens;
    int64_t requests;
};

/* A quarter of its bytes, at least one. */
int64_t fake_engine_tokens(const char *text);

/* The last message of the user; "" when there is none.  Content may be a text or parts of it. */
const char *fake_engine_last_message(struct arena *arena, const json_t *body);
/* The prompt of a plain completion. */
const char *fake_engine_prompt(const json_t *body);
/* The answer to a question, in the arena. */
const char *fake_engine_answer(struct arena *arena, const char *question);

/* A chat completion or (is_chat false) a plain one; a new reference. */
json_t *fake_engine_completion(const char *model, const char *answer, bool is_chat,
                               const struct fake_engine_usage *usage, int64_t now_ms);
/* The same as a stream of events: one with the content, one with the usage, the end. */
const char *fake_engine_stream(struct arena *arena, const char *model, const char *answer,
                               bool is_chat, const struct fake_engine_usage *usage, int64_t now_ms);
json_t *fake_engine_embeddings(const char *model, const json_t *body);
json_t *fake_engine_models(const char *model, int64_t started_ms);
/* In vLLM's names. */
const char *fake_engine_metrics(struct arena *arena, const char *model,
                                const struct fake_engine_totals *totals);

#endif
