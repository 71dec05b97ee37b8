#include "base/json_reader.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    JSON_READER_DEPTH_MAX = 64,
    JSON_READER_DIGITS_MAX = 18,       /* fit an int64_t */
    JSON_READER_EXACT_DIGITS_MAX = 15, /* a double holds them exactly, and as many powers of ten */
    JSON_READER_NUMBER_MAX = 64,
};

struct json_reader {
    const char *at;
    const char *end;
    int depth;
};

/* As it is written: where its parts begin and what its digits amount to. */
struct json_reader_number {
    const char *from;
    uint64_t digits; /* of no use when there are more than JSON_READER_DIGITS_MAX */
    size_t digit_count;
    size_t fraction_count;
    bool has_exponent;
};

static json_t *json_reader_value(struct json_reader *reader);

static char
json_reader_next(const struct json_reader *reader)
{
    return reader->at < reader->end ? *reader->at : '\0';
}

static bool
json_reader_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool
json_reader_take(struct json_reader *reader, char c)
{
    if (json_reader_next(reader) != c || reader->at == reader->end) {
        return false;
    }
    reader->at++;
    return true;
}

static void
json_reader_skip_blanks(struct json_reader *reader)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t' ||
                                        *reader->at == '\n' || *reader->at == '\r')) {
        reader->at++;
    }
}

static bool
json_reader_take_after_blanks(struct json_reader *reader, char c)
{
    json_reader_skip_blanks(reader);
    return json_reader_take(reader, c);
}

/* What stands between two quotes. */
static bool
json_reader_quoted(struct json_reader *reader, const char **text, size_t *length)
{
    if (!json_reader_take(reader, '"')) {
        return false;
    }
    *text = reader->at;
    while (reader->at < reader->end && (signed char)*reader->at >= 0x20 && *reader->at != '"' &&
           *reader->at != '\\') {
        reader->at++;
    }
    *length = (size_t)(reader->at - *text);
    return json_reader_take(reader, '"');
}

static json_t *
json_reader_string(struct json_reader *reader)
{
    const char *text;
    size_t length;

    return json_reader_quoted(reader, &text, &length) ? json_stringn_nocheck(text, length) : NULL;
}

static json_t *
json_reader_word(struct json_reader *reader, const char *word, json_t *value)
{
    size_t length = strlen(word);

    if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) {
        return NULL;
    }
    reader->at += length;
    return value;
}

static size_t
json_reader_digits(struct json_reader *reader, uint64_t *digits)
{
    const char *from = reader->at;

    while (json_reader_is_digit(json_reader_next(reader))) {
        *digits = *digits * 10 + (uint64_t)(*reader->at++ - '0');
    }
    return (size_t)(reader->at - from);
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool
json_reader_scan(struct json_reader *reader, struct json_reader_number *number)
{
    uint64_t exponent = 0;

    number->from = reader->at;
    json_reader_take(reader, '-');
    bool zero = json_reader_next(reader) == '0';
    number->digit_count = json_reader_digits(reader, &number->digits);
    if (number->digit_count == 0 || (zero && number->digit_count > 1)) {
        return false;
    }
    if (json_reader_take(reader, '.')) {
        number->fraction_count = json_reader_digits(reader, &number->digits);
        number->digit_count += number->fraction_count;
        if (number->fraction_count == 0) {
            return false;
        }
    }
    number->has_exponent = json_reader_take(reader, 'e') || json_reader_take(reader, 'E');
    if (number->has_exponent) {
        bool has_sign = json_reader_take(reader, '+') || json_reader_take(reader, '-');
        (void)has_sign;
        return json_reader_digits(reader, &exponent) > 0;
    }
    return true;
}

static json_t *
json_reader_any_real(const struct json_reader *reader, const struct json_reader_number *number)
{
    char copy[JSON_READER_NUMBER_MAX] = "";
    size_t length = (size_t)(reader->at - number->from);

    if (length >= sizeof copy) {
        return NULL;
    }
    memcpy(copy, number->from, length);
    double value = strtod(copy, NULL);
    return isfinite(value) ? json_real(value) : NULL;
}

static json_t *
json_reader_number(struct json_reader *reader)
{
    static const double powers[JSON_READER_EXACT_DIGITS_MAX + 1] = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };
    struct json_reader_number number = { 0 };

    if (!json_reader_scan(reader, &number)) {
        return NULL;
    }
    bool negative = number.from[0] == '-';
    if (number.fraction_count == 0 && !number.has_exponent) {
        int64_t value = (int64_t)number.digits;
        return number.digit_count > JSON_READER_DIGITS_MAX
                   ? NULL
                   : json_integer(negative ? -value : value);
    }
    if (number.has_exponent || number.digit_count > JSON_READER_EXACT_DIGITS_MAX) {
        return json_reader_any_real(reader, &number);
    }
    /* Both are exact, so the quotient is the double that lies nearest. */
    double value = (double)number.digits / powers[number.fraction_count];
    return json_real(negative ? -value : value);
}

static bool
json_reader_member(struct json_reader *reader, json_t *object)
{
    size_t count = json_object_size(object);
    const char *name;
    size_t length;

    json_reader_skip_blanks(reader);
    if (!json_reader_quoted(reader, &name, &length) ||
        !json_reader_take_after_blanks(reader, ':')) {
        return false;
    }
    json_t *value = json_reader_value(reader);
    return value != NULL && json_object_setn_new_nocheck(object, name, length, value) == 0 &&
           json_object_size(object) == count + 1;
}

static bool
json_reader_element(struct json_reader *reader, json_t *array)
{
    json_t *value = json_reader_value(reader);

    return value != NULL && json_array_append_new(array, value) == 0;
}

static json_t *
json_reader_members(struct json_reader *reader, json_t *container, char end,
                    bool (*take)(struct json_reader *reader, json_t *container))
{
    reader->at++;
    if (json_reader_take_after_blanks(reader, end)) {
        return container;
    }
    if (++reader->depth > JSON_READER_DEPTH_MAX) {
        return NULL;
    }
    do {
        if (!take(reader, container)) {
            return NULL;
        }
    } while (json_reader_take_after_blanks(reader, ','));
    reader->depth--;
    return json_reader_take(reader, end) ? container : NULL;
}

static json_t *
json_reader_value(struct json_reader *reader)
{
    json_reader_skip_blanks(reader);
    switch (json_reader_next(reader)) {
    case '{':
        return json_reader_members(reader, json_object(), '}', json_reader_member);
    case '[':
        return json_reader_members(reader, json_array(), ']', json_reader_element);
    case '"':
        return json_reader_string(reader);
    case 't':
        return json_reader_word(reader, "true", json_true());
    case 'f':
        return json_reader_word(reader, "false", json_false());
    case 'n':
        return json_reader_word(reader, "null", json_null());
    default:
        return json_reader_number(reader);
    }
}

json_t *
json_reader_read(const char *text, size_t length)
{
    struct json_reader reader = { .at = text, .end = text + length };
    json_t *value = json_reader_value(&reader);

    json_reader_skip_blanks(&reader);
    bool is_whole = reader.at == reader.end;
    return is_whole && (json_is_object(value) || json_is_array(value)) ? value : NULL;
}
