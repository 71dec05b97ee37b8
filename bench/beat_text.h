/* beat_text.h: heartbeats as they go over the wire: one request, into which each beat writes its
 * worker, that worker's token and a figure that changes. */
#ifndef INVENTIV_BENCH_BEAT_TEXT_H
#define INVENTIV_BENCH_BEAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BEAT_ID_LENGTH = 36, BEAT_TOKEN_LENGTH = 64 };

struct beat_worker {
    char id[BEAT_ID_LENGTH];
    char token[BEAT_TOKEN_LENGTH];
};

struct beat_text {
    char *request; /* the pattern */
    size_t length;
    size_t body_length;
    size_t token_at;
    size_t id_at;
    size_t figure_at;
    struct beat_worker *workers;
    size_t worker_count;
};

/* Reads the workers and makes a pattern with a body of that size (as near as its GPUs and padding
 * come).  False: no such file, or nothing in it. */
bool beat_text_read(struct beat_text *text, const char *path, size_t body_bytes);
/* Makes of the pattern's copy the beat of that number; workers take turns. */
void beat_text_fill(const struct beat_text *text, char *request, uint64_t number);

#endif
