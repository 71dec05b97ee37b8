#include "base/json.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "check.h"

static void
test_refused(void)
{
    static const char *const texts[] = {
        "",
        "{",
        "nul",
        "{\"a\":1} x",
        "{\"a\":1}{",
        "{\"a\":1,\"a\":2}",
        "{'a':1}",
        "{\"a\":01}",
        "[1,]",
        "\"\\u0000\"",
        "\"\xff\"",
        "\"\xc0\xaf\"",
        "{\"a\":9223372036854775808}",
        "// no\n{}",
    };
    CLEANUP_ARENA struct arena *arena = arena_new();

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_t *value = NULL;
        struct error error = json_parse(arena, texts[i], strlen(texts[i]), &value);
        CHECK_CASE(error.code == ERR_INPUT, texts[i]);
        CHECK_CASE(error.message != NULL && strstr(error.message, "line") != NULL, texts[i]);
        CHECK_CASE(value == NULL, texts[i]);
        json_decref(value);
    }
}

/* The same of values that live in an arena; what was read of a text before it was refused goes
 * with it, too. */
static void
test_in_arena(void)
{
    static const char text[] = "{\"a\":[1,2.5,{\"b\":\"c\"},null,true],\"long\":\"%s\"}";
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *before = json_pack("{s:s}", "a", "of the heap");
    const json_t *value = NULL;
    const json_t *refused = before;

    for (int i = 0; i < 100; i++) {
        CHECK_I64(json_parse_in(arena, text, strlen(text) - 1, &refused).code, ERR_INPUT);
        CHECK(refused == NULL);
        CHECK(!error_is(json_parse_in(arena, text, strlen(text), &value)));
        json_decref(json_string("of the heap")); /* is freed between them */
    }
    CHECK_STR(json_text(arena, value), "{\"a\":[1,2.5,{\"b\":\"c\"},null,true],\"long\":\"%s\"}");
    CHECK_STR(json_get_string(before, "a", "-"), "of the heap");
}

static void *
test_make_and_free(void *stop)
{
    while (!atomic_load((atomic_bool *)stop)) {
        json_decref(json_pack("{s:[i,i], s:s}", "a", 1, 2, "b", "of the heap"));
    }
    return NULL;
}

static void
test_in_arena_beside_threads(void)
{
    static const char text[] = "{\"a\":{\"b\":[1,2,3]}}";
    atomic_bool stop = false;
    pthread_t other;

    pthread_create(&other, NULL, test_make_and_free, &stop);
    for (int i = 0; i < 10000; i++) {
        CLEANUP_ARENA struct arena *arena = arena_new();
        const json_t *value;
        CHECK(!error_is(json_parse_in(arena, text, strlen(text), &value)));
        CHECK_I64(json_object_size(json_object_get(value, "a")), 1);
    }
    atomic_store(&stop, true);
    pthread_join(other, NULL);
}

static void
test_depth(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_BUFFER struct buffer deep = { 0 };
    json_t *value = NULL;

    for (int i = 0; i < 100000; i++) {
        buffer_add_text(&deep, "[");
    }
    CHECK_I64(json_parse(arena, deep.bytes, deep.length, &value).code, ERR_INPUT);
}

static void
test_getters(void)
{
    static const char text[] =
        "{\"s\":\"t\",\"i\":9223372036854775807,\"n\":-3,\"d\":1.5,\"b\":true,"
        "\"z\":null,\"f\":false}";
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *value = NULL;

    struct error error = json_parse(arena, text, strlen(text), &value);
    CHECK(!error_is(error));
    CHECK_STR(json_get_string(value, "s", "-"), "t");
    CHECK_STR(json_get_string(value, "i", "-"), "-");
    CHECK_STR(json_get_string(value, "z", NULL), NULL);
    CHECK_STR(json_get_string(value, "missing", "-"), "-");
    CHECK_I64(json_get_i64(value, "i", 0), INT64_MAX);
    CHECK_I64(json_get_i64(value, "n", 0), -3);
    CHECK_I64(json_get_i64(value, "d", 7), 7);
    CHECK(json_get_double(value, "d", 0) == 1.5 && json_get_double(value, "n", 0) == -3);
    CHECK(json_get_double(value, "s", 2) == 2);
    CHECK(json_get_bool(value, "b", false) && !json_get_bool(value, "f", true));
    CHECK(json_get_bool(value, "s", true));
    CHECK_STR(json_get_string(NULL, "s", "none"), "none");
}

static void
test_text(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *value =
        json_pack("{s:o, s:o}", "a", json_string_or_null(NULL), "b", json_string_or_null("x\n\""));
    CLEANUP_JSON json_t *bare = json_string("alone");

    CHECK_STR(json_text(arena, value), "{\"a\":null,\"b\":\"x\\n\\\"\"}");
    CHECK_STR(json_text(arena, bare), "\"alone\"");
}

static void
write_file(const char *path, const char *text, size_t times)
{
    FILE *file = fopen(path, "we");

    for (size_t i = 0; i < times; i++) {
        fputs(text, file);
    }
    fclose(file);
}

static void
test_file(void)
{
    char path[] = "/tmp/inventiv-json-XXXXXX";
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_JSON json_t *value = NULL;
    json_t *none = NULL;

    close(mkstemp(path));
    write_file(path, "{\"a\": 5}\n", 1);
    CHECK(!error_is(json_parse_file(arena, path, &value)));
    CHECK_I64(json_get_i64(value, "a", 0), 5);
    write_file(path, "{\"a\":", 1);
    struct error error = json_parse_file(arena, path, &none);
    CHECK(error.code == ERR_INPUT && strstr(error.message, path) != NULL);
    write_file(path, "                ", 300000); /* over 4 MiB */
    CHECK_I64(json_parse_file(arena, path, &none).code, ERR_IO);
    write_file(path, "", 1);
    CHECK_I64(json_parse_file(arena, path, &none).code, ERR_INPUT);
    unlink(path);
    error = json_parse_file(arena, path, &none);
    CHECK(error.code == ERR_IO && strstr(error.message, path) != NULL);
    CHECK(none == NULL);
}

int
main(void)
{
    json_start();
    check_run("what is not strict JSON is refused, with the place", test_refused);
    check_run("values in an arena go with it", test_in_arena);
    check_run("... while another thread makes and frees values", test_in_arena_beside_threads);
    check_run("a depth without end is refused", test_depth);
    check_run("getters give the fallback for what is missing, null or of another type",
              test_getters);
    check_run("values are written compactly and escaped", test_text);
    check_run("a file is read whole, or the error names it", test_file);
    return check_end();
}
