#include "mockcloud/fake_engine_text.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/digest.h"
#include "base/json.h"

enum { FAKE_ENGINE_ECHO_MAX = 200, FAKE_ENGINE_BYTES_A_TOKEN = 4, FAKE_ENGINE_ZEROS = 3 };
enum { FAKE_ENGINE_CONTEXT = 32768, FAKE_ENGINE_MS_A_SECOND = 1000 };

int64_t
fake_engine_tokens(const char *text)
{
    int64_t tokens = (int64_t)strlen(text) / FAKE_ENGINE_BYTES_A_TOKEN;

    return tokens < 1 ? 1 : tokens;
}

static const char *
fake_engine_content(struct arena *arena, const json_t *content)
{
    const char *all = "";
    size_t index;
    json_t *part;

    if (json_is_string(content)) {
        return json_string_value(content);
    }
    json_array_foreach(content, index, part)
    {
        all = arena_printf(arena, "%s%s", all, json_get_string(part, "text", ""));
    }
    return all;
}

const char *
fake_engine_last_message(struct arena *arena, const json_t *body)
{
    const char *last = "";
    size_t index;
    json_t *message;

    json_array_foreach(json_object_get(body, "messages"), index, message)
    {
        if (strcmp(json_get_string(message, "role", ""), "user") == 0) {
            last = fake_engine_content(arena, json_object_get(message, "content"));
        }
    }
    return last;
}

const char *
fake_engine_prompt(const json_t *body)
{
    const json_t *prompt = json_object_get(body, "prompt");

    if (json_is_array(prompt)) {
        prompt = json_array_get(prompt, 0);
    }
    return json_is_string(prompt) ? json_string_value(prompt) : "";
}

const char *
fake_engine_answer(struct arena *arena, const char *question)
{
    size_t length = 0;

    /* 200 characters, not bytes: a character is not cut in two. */
    for (int seen = 0; question[length] != '\0'; length++) {
        if (((unsigned char)question[length] & 0xC0) != 0x80 && ++seen > FAKE_ENGINE_ECHO_MAX) {
            break;
        }
    }
    return arena_printf(arena, "mock-vllm ok (echo): %.*s", (int)length, question);
}

static json_t *
fake_engine_usage_view(const struct fake_engine_usage *usage)
{
    return json_pack("{s:I, s:I, s:I}", "prompt_tokens", (json_int_t)usage->prompt_tokens,
                     "completion_tokens", (json_int_t)usage->completion_tokens, "total_tokens",
                     (json_int_t)usage->prompt_tokens + usage->completion_tokens);
}

static json_t *
fake_engine_reply(const char *model, const char *object, const char *prefix, int64_t now_ms)
{
    char id[UUID_TEXT_SIZE];
    char name[UUID_TEXT_SIZE + 16];

    digest_uuid(id);
    snprintf(name, sizeof name, "%s-%s", prefix, id);
    return json_pack("{s:s, s:s, s:I, s:s}", "id", name, "object", object, "created",
                     (json_int_t)(now_ms / FAKE_ENGINE_MS_A_SECOND), "model", model);
}

json_t *
fake_engine_completion(const char *model, const char *answer, bool is_chat,
                       const struct fake_engine_usage *usage, int64_t now_ms)
{
    json_t *reply = fake_engine_reply(model, is_chat ? "chat.completion" : "text_completion",
                                      is_chat ? "chatcmpl" : "cmpl", now_ms);
    json_t *choice = json_pack("{s:i, s:s, s:n}", "index", 0, "finish_reason", "stop", "logprobs");

    if (is_chat) {
        json_object_set_new(choice, "message",
                            json_pack("{s:s, s:s}", "role", "assistant", "content", answer));
    } else {
        json_object_set_new(choice, "text", json_string(answer));
    }
    json_object_set_new(reply, "choices", json_pack("[o]", choice));
    json_object_set_new(reply, "usage", fake_engine_usage_view(usage));
    return reply;
}

static void
fake_engine_event(struct arena *arena, struct buffer *stream, json_t *event)
{
    buffer_printf(stream, "data: %s\n\n", json_text(arena, event));
    json_decref(event);
}

const char *
fake_engine_stream(struct arena *arena, const char *model, const char *answer, bool is_chat,
                   const struct fake_engine_usage *usage, int64_t now_ms)
{
    CLEANUP_BUFFER struct buffer stream = { 0 };
    const char *object = is_chat ? "chat.completion.chunk" : "text_completion";
    json_t *content = fake_engine_reply(model, object, is_chat ? "chatcmpl" : "cmpl", now_ms);
    json_t *choice = json_pack("{s:i, s:s}", "index", 0, "finish_reason", "stop");
    json_t *last = json_deep_copy(content);

    if (is_chat) {
        json_object_set_new(choice, "delta",
                            json_pack("{s:s, s:s}", "role", "assistant", "content", answer));
    } else {
        json_object_set_new(choice, "text", json_string(answer));
    }
    json_object_set_new(content, "choices", json_pack("[o]", choice));
    json_object_set_new(last, "choices", json_array());
    json_object_set_new(last, "usage", fake_engine_usage_view(usage));
    fake_engine_event(arena, &stream, content);
    fake_engine_event(arena, &stream, last);
    buffer_add_text(&stream, "data: [DONE]\n\n");
    return arena_strdup(arena, stream.bytes);
}

json_t *
fake_engine_embeddings(const char *model, const json_t *body)
{
    const json_t *input = json_object_get(body, "input");
    size_t count = json_is_array(input) ? json_array_size(input) : 1;
    json_t *data = json_array();
    int64_t tokens = 0;

    for (size_t i = 0; i < count; i++) {
        const json_t *text = json_is_array(input) ? json_array_get(input, i) : input;
        json_t *zeros = json_array();
        for (int zero = 0; zero < FAKE_ENGINE_ZEROS; zero++) {
            json_array_append_new(zeros, json_real(0.0));
        }
        tokens += fake_engine_tokens(json_is_string(text) ? json_string_value(text) : "");
        json_array_append_new(data, json_pack("{s:s, s:I, s:o}", "object", "embedding", "index",
                                              (json_int_t)i, "embedding", zeros));
    }
    return json_pack("{s:s, s:s, s:o, s:{s:I, s:I}}", "object", "list", "model", model, "data",
                     data, "usage", "prompt_tokens", (json_int_t)tokens, "total_tokens",
                     (json_int_t)tokens);
}

json_t *
fake_engine_models(const char *model, int64_t started_ms)
{
    return json_pack("{s:s, s:[{s:s, s:s, s:I, s:s, s:s, s:n, s:i}]}", "object", "list", "data",
                     "id", model, "object", "model", "created",
                     (json_int_t)(started_ms / FAKE_ENGINE_MS_A_SECOND), "owned_by", "vllm", "root",
                     model, "parent", "max_model_len", FAKE_ENGINE_CONTEXT);
}

static void
fake_engine_metric(struct buffer *text, const char *name, const char *kind, const char *model,
                   int64_t value)
{
    buffer_printf(text, "# TYPE vllm:%s %s\nvllm:%s{model_name=\"%s\"} %lld.0\n", name, kind, name,
                  model, (long long)value);
}

const char *
fake_engine_metrics(struct arena *arena, const char *model, const struct fake_engine_totals *totals)
{
    CLEANUP_BUFFER struct buffer text = { 0 };

    /* Answers take no time: nothing is ever seen running or waiting. */
    fake_engine_metric(&text, "num_requests_running", "gauge", model, 0);
    fake_engine_metric(&text, "num_requests_waiting", "gauge", model, 0);
    fake_engine_metric(&text, "num_requests_swapped", "gauge", model, 0);
    fake_engine_metric(&text, "gpu_cache_usage_perc", "gauge", model, 0);
    fake_engine_metric(&text, "prompt_tokens_total", "counter", model, totals->prompt_tokens);
    fake_engine_metric(&text, "generation_tokens_total", "counter", model,
                       totals->generation_tokens);
    fake_engine_metric(&text, "request_success_total", "counter", model, totals->requests);
    return arena_strdup(arena, text.bytes);
}
