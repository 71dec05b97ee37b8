#include "beat_text.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { BEAT_TEXT_MAX = 8192, BEAT_LINE_MAX = 256, BEAT_FIGURE_DIGITS = 6 };

static const char beat_no_id[] = "IIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIIII";
static const char beat_no_token[] =
    "TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT";
static const char beat_no_figure[] = "900000";

/* What one GPU tells; numbers like those of a worker. */
static int
beat_text_gpu(char *out, size_t room, int index)
{
    return snprintf(out, room,
                    "%s{\"gpu_index\":%d,\"gpu_utilization\":71.0,\"gpu_mem_used_mb\":70211.0,"
                    "\"gpu_mem_total_mb\":81559.0,\"gpu_temp_c\":64.0,\"gpu_power_w\":412.5,"
                    "\"gpu_power_limit_w\":700.0}",
                    index == 0 ? "" : ",", index);
}

/* As the worker makes it (src/worker/plane_body.c); what is missing in length goes into the
 * agent's checksum. */
static size_t
beat_text_body(char *out, size_t wanted)
{
    int gpus = wanted >= 1000 ? 4 : 1;
    size_t length = (size_t)snprintf(
        out, BEAT_TEXT_MAX,
        "{\"instance_id\":\"%s\",\"worker_id\":\"worker-1\",\"model_id\":\"bench-model\","
        "\"generation\":1,\"status\":\"ready\",\"period_seconds\":10.0,\"queue_depth\":3,"
        "\"gpu_utilization\":71.0,\"gpu_mem_used_mb\":70211.0,\"metadata\":{\"gpus\":[",
        beat_no_id);

    for (int i = 0; i < gpus; i++) {
        length += (size_t)beat_text_gpu(out + length, BEAT_TEXT_MAX - length, i);
    }
    length += (size_t)snprintf(
        out + length, BEAT_TEXT_MAX - length,
        "],\"vllm\":{\"requests_waiting\":3.0,\"requests_running\":8.0,"
        "\"generation_tokens_total\":%s.0}},\"agent_info\":{\"version\":\"0.1.0\",\"checksum\":\"",
        beat_no_figure);
    while (length + 3 < wanted) {
        out[length++] = 'c';
    }
    memcpy(out + length, "\"}}", 4);
    return length + 3;
}

static size_t
beat_text_place(const char *text, const char *what)
{
    return (size_t)(strstr(text, what) - text);
}

static void
beat_text_make(struct beat_text *text, size_t body_bytes)
{
    char body[BEAT_TEXT_MAX];

    text->body_length = beat_text_body(body, body_bytes);
    text->request = mem_alloc(2 * BEAT_TEXT_MAX);
    text->length = (size_t)snprintf(
        text->request, 2 * BEAT_TEXT_MAX,
        "POST /internal/worker/heartbeat HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: beats\r\n"
        "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
        "Content-Length: %zu\r\n\r\n%s",
        beat_no_token, text->body_length, body);
    text->token_at = beat_text_place(text->request, beat_no_token);
    text->id_at = beat_text_place(text->request, beat_no_id);
    text->figure_at = beat_text_place(text->request, beat_no_figure);
}

bool
beat_text_read(struct beat_text *text, const char *path, size_t body_bytes)
{
    char line[BEAT_LINE_MAX];
    size_t room = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL &&
           strlen(line) > BEAT_ID_LENGTH + BEAT_TOKEN_LENGTH) {
        if (text->worker_count == room) {
            room = room == 0 ? 1024 : 2 * room;
            text->workers = mem_realloc(text->workers, room * sizeof *text->workers);
        }
        struct beat_worker *worker = &text->workers[text->worker_count++];
        memcpy(worker->id, line, BEAT_ID_LENGTH);
        memcpy(worker->token, line + BEAT_ID_LENGTH + 1, BEAT_TOKEN_LENGTH);
    }
    fclose(file);
    beat_text_make(text, body_bytes);
    return text->worker_count > 0;
}

void
beat_text_fill(const struct beat_text *text, char *request, uint64_t number)
{
    const struct beat_worker *worker = &text->workers[number % text->worker_count];
    uint64_t figure = number / text->worker_count % 100000;

    memcpy(request + text->token_at, worker->token, BEAT_TOKEN_LENGTH);
    memcpy(request + text->id_at, worker->id, BEAT_ID_LENGTH);
    for (size_t place = BEAT_FIGURE_DIGITS - 1; place > 0; place--, figure /= 10) {
        request[text->figure_at + place] = (char)('0' + figure % 10);
    }
}
