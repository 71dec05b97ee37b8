#include "api/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* By the first byte; 0: no character begins with it. */
static size_t
utf8_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Overlong forms, surrogates and what lies above U+10FFFF are told by the second byte. */
static bool
utf8_second_fits(unsigned char first, unsigned char second)
{
    switch (first) {
    case 0xe0:
        return second >= 0xa0;
    case 0xed:
        return second < 0xa0;
    case 0xf0:
        return second >= 0x90;
    case 0xf4:
        return second < 0x90;
    default:
        return true;
    }
}

/* Of the character that the text begins with; 0: it begins with none. */
static size_t
utf8_take(const unsigned char *text)
{
    size_t length = utf8_length(text[0]);

    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) { /* the end of the text is no such byte either */
            return 0;
        }
    }
    return length > 1 && !utf8_second_fits(text[0], text[1]) ? 0 : length;
}

const char *
utf8_repair(struct arena *arena, const char *text, size_t most)
{
    if (text == NULL) {
        return NULL;
    }
    size_t size = strlen(text) < most ? strlen(text) : most;
    char *copy = arena_alloc(arena, size + 1);
    size_t used = 0;

    while (text[0] != '\0') {
        size_t taken = utf8_take((const unsigned char *)text);
        size_t step = taken == 0 ? 1 : taken;
        if (used + step > size) {
            break;
        }
        memcpy(copy + used, taken == 0 ? "?" : text, step);
        used += step;
        text += step;
    }
    copy[used] = '\0';
    return copy;
}
