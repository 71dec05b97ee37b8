#include "base/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static void
test_sha256(void)
{
    char hex[DIGEST_HEX_SIZE];

    /* FIPS 180-2, appendix B. */
    digest_sha256_hex("abc", 3, hex);
    CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256_hex("", 0, hex);
    CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void
test_file(void)
{
    char path[] = "/tmp/inventiv-digest-XXXXXX";
    char hex[DIGEST_HEX_SIZE];
    FILE *file = fdopen(mkstemp(path), "w");

    for (int i = 0; i < 1000000; i++) {
        fputc('a', file);
    }
    fclose(file);
    CHECK(digest_file_sha256_hex(path, hex));
    CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    unlink(path);
    CHECK(!digest_file_sha256_hex(path, hex));
    CHECK(!digest_file_sha256_hex("/tmp", hex));
}

static void
test_random(void)
{
    char first[33];
    char second[33];
    bool seen[5] = { false };

    digest_random_hex(first, 16);
    digest_random_hex(second, 16);
    CHECK_I64(strlen(first), 32);
    CHECK_I64(strspn(first, "0123456789abcdef"), 32);
    CHECK(strcmp(first, second) != 0);
    for (int i = 0; i < 1000; i++) {
        uint32_t number = digest_random_below(5);
        CHECK(number < 5);
        seen[number % 5] = true;
    }
    for (int i = 0; i < 5; i++) {
        CHECK(seen[i]);
    }
}

static void
test_uuid(void)
{
    static const char *const wrong[] = {
        "",
        "9b2e4d1c-7a60-4f3b-8c5d-1e2f3a4b5c6",
        "9b2e4d1c-7a60-4f3b-8c5d-1e2f3a4b5c6dd",
        "9b2e4d1c07a60-4f3b-8c5d-1e2f3a4b5c6d",
        "9b2e4d1c-7a60-4f3b-8c5d-1e2f3a4b5c6g",
        "9b2e4d1c-7a60-4f3b-8c5d-1e2f3a4b5c6 ",
    };
    char uuid[UUID_TEXT_SIZE];
    char other[UUID_TEXT_SIZE];

    digest_uuid(uuid);
    digest_uuid(other);
    CHECK(digest_is_uuid(uuid) && digest_is_uuid(other) && strcmp(uuid, other) != 0);
    CHECK(uuid[14] == '4' && strchr("89ab", uuid[19]) != NULL);
    CHECK(digest_is_uuid("9B2E4D1C-7A60-4F3B-8C5D-1E2F3A4B5C6D"));
    CHECK(!digest_is_uuid(NULL));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CHECK_CASE(!digest_is_uuid(wrong[i]), wrong[i]);
    }
}

static void
test_equal(void)
{
    CHECK(digest_equal("", ""));
    CHECK(digest_equal("secret", "secret"));
    CHECK(!digest_equal("secret", "secreT"));
    CHECK(!digest_equal("secret", "secre"));
    CHECK(!digest_equal("", "x"));
}

int
main(void)
{
    digest_start();
    check_run("SHA-256 gives the published values", test_sha256);
    check_run("a file's hash is that of its bytes; one that cannot be read has none", test_file);
    check_run("random numbers differ and keep to their bound", test_random);
    check_run("uuids are of version 4, and nothing else passes for one", test_uuid);
    check_run("comparison in constant time still compares", test_equal);
    return check_end();
}
