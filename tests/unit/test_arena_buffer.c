#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "check.h"

static bool
is_zero(const unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void
test_arena_memory(void)
{
    static const size_t sizes[] = { 1, 15, 16, 17, 100, 8191, 8192, 8193, 100000, 0, 3 };
    CLEANUP_ARENA struct arena *arena = arena_new();
    unsigned char *got[sizeof sizes / sizeof sizes[0]];

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        got[i] = arena_alloc(arena, sizes[i]);
        CHECK((uintptr_t)got[i] % 16 == 0);
        CHECK(is_zero(got[i], sizes[i]));
        memset(got[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            if (got[i][k] != i + 1) {
                CHECK(got[i][k] == i + 1); /* overlaps another */
                return;
            }
        }
    }
    arena_free(NULL);
}

static void
test_arena_text(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    CLEANUP_BUFFER struct buffer big = { 0 };

    CHECK_STR(arena_strdup(arena, "abc"), "abc");
    CHECK(arena_strdup(arena, NULL) == NULL);
    CHECK_STR(arena_strndup(arena, "abcdef", 3), "abc");
    CHECK_STR(arena_strndup(arena, "", 0), "");
    CHECK(arena_strndup(arena, NULL, 5) == NULL);
    CHECK_STR(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    for (int i = 0; i < 20000; i++) {
        buffer_add_text(&big, "y");
    }
    CHECK_STR(arena_printf(arena, "%s", big.bytes), big.bytes);
}

static void
test_buffer(void)
{
    CLEANUP_BUFFER struct buffer buffer = { 0 };
    char wanted[5001] = "";

    buffer_add(&buffer, NULL, 0);
    CHECK_STR(buffer.bytes, "");
    for (int i = 0; i < 1000; i++) {
        buffer_printf(&buffer, "%05d", i);
        CHECK(buffer.bytes[buffer.length] == '\0');
    }
    CHECK_I64(buffer.length, 5000);
    CHECK(strncmp(buffer.bytes, "000000000100002", 15) == 0);
    memcpy(wanted, buffer.bytes, 5000);
    buffer_add(&buffer, "\0z", 2); /* any byte */
    CHECK_I64(buffer.length, 5002);
    CHECK(memcmp(buffer.bytes, wanted, 5001) == 0 && buffer.bytes[5001] == 'z');
    size_t capacity = buffer.capacity;
    buffer_clear(&buffer);
    CHECK(buffer.length == 0 && buffer.bytes[0] == '\0' && buffer.capacity == capacity);
    buffer_free(&buffer);
    CHECK(buffer.bytes == NULL && buffer.capacity == 0);
    buffer_add_text(&buffer, "again");
    CHECK_STR(buffer.bytes, "again");
}

static struct error
pass_up(struct error error, bool *reached)
{
    TRY(error);
    *reached = true;
    return NO_ERROR;
}

static void
test_error(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    bool reached = false;

    struct error error = pass_up(error_make(arena, ERR_IO, "cannot read %s", "x"), &reached);
    CHECK(error_is(error) && !reached);
    CHECK_STR(error.message, "cannot read x");
    CHECK_STR(error_code_name(error.code), "io_error");
    CHECK(!error_is(pass_up(NO_ERROR, &reached)) && reached);
    CHECK_STR(error_static(ERR_LIMIT, "full").message, "full");
    CHECK_STR(error_code_name(ERR_LEASE_LOST), "LEASE_LOST");
}

int
main(void)
{
    check_run("an arena's memory is zeroed, aligned and does not overlap", test_arena_memory);
    check_run("an arena copies and prints texts of any length", test_arena_text);
    check_run("a buffer grows, holds any byte and always ends in NUL", test_buffer);
    check_run("an error goes up with its message", test_error);
    return check_end();
}
