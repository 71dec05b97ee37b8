/* json.h: strict JSON over jansson: whole input, valid UTF-8, no duplicate keys, int64 numbers, a
 * bounded depth.  Getters never fail: they give the fallback where the member is missing, null
 * or of another type; whoever must tell these apart asks jansson itself. */
#ifndef INVENTIV_BASE_JSON_H
#define INVENTIV_BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Sets *out (one reference, the caller's) on success only; ERR_INPUT says where it went wrong. */
MUST_CHECK struct error
json_parse(struct arena *arena, const char *text, size_t length, json_t **out);
/* Once at start, before threads and before any value is made: what json_parse_in() needs. */
void json_start(void);
/* As json_parse(), with all that the value consists of in the arena, which it lives and goes with:
 * it is only read, has no references to give up, and costs neither malloc() nor free(). */
MUST_CHECK struct error
json_parse_in(struct arena *arena, const char *text, size_t length, const json_t **out);
/* Reads and parses a whole file of at most 4 MiB; ERR_IO or ERR_INPUT name the path. */
MUST_CHECK struct error json_parse_file(struct arena *arena, const char *path, json_t **out);

/* The text itself where it is valid UTF-8, else a copy in which other bytes than ASCII are '?'. */
const char *json_clean_text(struct arena *arena, const char *text);

/* Compact text in the arena. */
char *json_text(struct arena *arena, const json_t *value);

/* Borrowed from the value. */
const char *json_get_string(const json_t *object, const char *key, const char *fallback);
int64_t json_get_i64(const json_t *object, const char *key, int64_t fallback);
double json_get_double(const json_t *object, const char *key, double fallback);
bool json_get_bool(const json_t *object, const char *key, bool fallback);

/* A string, or null for NULL; a new reference. */
json_t *json_string_or_null(const char *text);

void json_decref_at(json_t **value);
#define CLEANUP_JSON __attribute__((cleanup(json_decref_at)))

#endif
