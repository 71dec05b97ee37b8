#include "cli/clean_text.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "base/buffer.h"

static const char clean_replacement[] = "\xef\xbf\xbd";

/* The length of the UTF-8 character at text and its code point; 1 and -1 for what is none. */
static size_t
clean_decode(const unsigned char *text, int32_t *code)
{
    static const int32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t length = text[0] < 0x80   ? 1
                    : text[0] < 0xc2 ? 0
                    : text[0] < 0xe0 ? 2
                    : text[0] < 0xf0 ? 3
                    : text[0] < 0xf5 ? 4
                                     : 0;

    *code = length == 1 ? text[0] : length == 0 ? -1 : text[0] & (0x7f >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) {
            *code = -1;
            return 1;
        }
        *code = (*code << 6) | (text[i] & 0x3f);
    }
    if (length == 0 || *code < smallest[length] || *code > 0x10ffff ||
        (*code >= 0xd800 && *code <= 0xdfff)) {
        *code = -1;
        return 1;
    }
    return length;
}

static bool
clean_is_turning_mark(int32_t code)
{
    return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0x200e || code == 0x200f || code == 0x061c;
}

static bool
clean_is_unfit(int32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x2028 || code == 0x2029 ||
           clean_is_turning_mark(code);
}

static const char *
clean_text(struct arena *arena, const char *text, bool lines)
{
    CLEANUP_BUFFER struct buffer out = { 0 };
    int32_t code;

    buffer_add_text(&out, "");
    while (text != NULL && *text != '\0') {
        size_t length = clean_decode((const unsigned char *)text, &code);
        bool space = code == '\n' || code == '\t' || code == '\r';
        if (space && (!lines || code == '\r')) {
            buffer_add_text(&out, lines ? "" : " ");
        } else if (!space && clean_is_unfit(code)) {
            buffer_add_text(&out, clean_replacement);
        } else {
            buffer_add(&out, text, length);
        }
        text += length;
    }
    return arena_strndup(arena, out.bytes, out.length);
}

const char *
clean_line(struct arena *arena, const char *text)
{
    return clean_text(arena, text, false);
}

const char *
clean_lines(struct arena *arena, const char *text)
{
    return clean_text(arena, text, true);
}

const char *
clean_json(struct arena *arena, const char *text)
{
    CLEANUP_BUFFER struct buffer out = { 0 };
    int32_t code;

    buffer_add_text(&out, "");
    while (*text != '\0') {
        size_t length = clean_decode((const unsigned char *)text, &code);
        if (code >= 0x7f && clean_is_unfit(code)) {
            buffer_printf(&out, "\\u%04x", (unsigned)code);
        } else {
            buffer_add(&out, text, length);
        }
        text += length;
    }
    return arena_strndup(arena, out.bytes, out.length);
}

static size_t
clean_code_width(int32_t code)
{
    int width = code < 0 ? 1 : wcwidth((wchar_t)code);

    return width < 0 ? 1 : (size_t)width;
}

size_t
clean_width(const char *text)
{
    size_t width = 0;
    int32_t code;

    while (*text != '\0') {
        text += clean_decode((const unsigned char *)text, &code);
        width += clean_code_width(code);
    }
    return width;
}

const char *
clean_cut(struct arena *arena, const char *text, size_t width, bool unicode)
{
    const char *mark = unicode ? "\xe2\x80\xa6" : "~";
    const char *end = text;
    size_t used = 0;
    int32_t code;

    if (clean_width(text) <= width) {
        return text;
    }
    while (*end != '\0') {
        size_t length = clean_decode((const unsigned char *)end, &code);
        if (used + clean_code_width(code) + 1 > width) {
            break;
        }
        used += clean_code_width(code);
        end += length;
    }
    return arena_printf(arena, "%.*s%s", (int)(end - text), text, width == 0 ? "" : mark);
}
