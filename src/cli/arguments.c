#include "cli/arguments.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/config.h"

static const struct option_form *
arguments_options(const struct argument_form *form)
{
    static const struct option_form none[] = { { 0 } };

    return form->options == NULL ? none : form->options;
}

static const char *
arguments_known(struct arena *arena, const struct argument_form *form)
{
    CLEANUP_BUFFER struct buffer known = { 0 };

    for (const struct option_form *option = arguments_options(form); option->name != NULL;
         option++) {
        buffer_printf(&known, "--%s, ", option->name);
    }
    return arena_printf(arena, "%s--json and --help", known.length == 0 ? "" : known.bytes);
}

/* One "--name" or "--name=value"; takes the value from the next word where it must. */
static struct error
arguments_take_option(struct arena *arena, struct arguments *out, char *const *words, size_t count,
                      size_t *at)
{
    const char *name = words[*at] + 2;
    size_t length = strcspn(name, "=");
    const struct option_form *options = arguments_options(out->form);

    for (size_t i = 0; options[i].name != NULL; i++) {
        if (strlen(options[i].name) != length || strncmp(options[i].name, name, length) != 0) {
            continue;
        }
        bool inside = name[length] == '=';
        if (options[i].value == NULL) {
            out->options[i] = "";
            return inside ? error_make(arena, ERR_INPUT, "--%s takes no value", options[i].name)
                          : NO_ERROR;
        }
        if (!inside && *at + 1 >= count) {
            return error_make(arena, ERR_INPUT, "--%s needs a value: --%s %s", options[i].name,
                              options[i].name, options[i].value);
        }
        out->options[i] = inside ? name + length + 1 : words[++*at];
        return NO_ERROR;
    }
    return error_make(arena, ERR_INPUT, "unknown option '--%.*s'; there are %s", (int)length, name,
                      arguments_known(arena, out->form));
}

static struct error
arguments_check_count(struct arena *arena, const struct arguments *arguments)
{
    const struct argument_form *form = arguments->form;

    if (arguments->count < form->least) {
        return error_make(arena, ERR_INPUT, "something is missing: %s", form->shown);
    }
    if (arguments->count > form->most) {
        return error_make(arena, ERR_INPUT, "'%s' is too much; wanted: %s",
                          arguments->given[form->most],
                          form->shown[0] == '\0' ? "options only" : form->shown);
    }
    return NO_ERROR;
}

struct error
arguments_parse(struct arena *arena, const struct argument_form *form, char *const *words,
                size_t count, struct arguments *out)
{
    bool options_ended = false;

    *out = (struct arguments){ .form = form, .given = arena_array(arena, const char *, count + 1) };
    for (size_t i = 0; i < count; i++) {
        if (!options_ended && strcmp(words[i], "--") == 0) {
            options_ended = true;
        } else if (!options_ended && strncmp(words[i], "--", 2) == 0) {
            TRY(arguments_take_option(arena, out, words, count, &i));
        } else if (!options_ended && words[i][0] == '-' && words[i][1] != '\0') {
            return error_make(arena, ERR_INPUT, "unknown option '%s'; there are %s", words[i],
                              arguments_known(arena, form));
        } else {
            out->given[out->count++] = words[i];
        }
    }
    return arguments_check_count(arena, out);
}

const char *
arguments_option(const struct arguments *arguments, const char *name)
{
    const struct option_form *options = arguments_options(arguments->form);

    for (size_t i = 0; options[i].name != NULL; i++) {
        if (strcmp(options[i].name, name) == 0) {
            return arguments->options[i];
        }
    }
    return NULL;
}

static bool
arguments_number(const char *text, double least, double most, double *out)
{
    char *end;

    errno = 0;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && isfinite(*out) && *out >= least &&
           *out <= most;
}

struct error
arguments_seconds(const struct arguments *arguments, struct arena *arena, const char *name,
                  int64_t fallback_ms, int64_t *out)
{
    const struct setting *bounds = &settings[SETTING_INVENTIV_WAIT_SECONDS];
    const char *text = arguments_option(arguments, name);
    double seconds;

    if (text == NULL) {
        *out = fallback_ms;
        return NO_ERROR;
    }
    if (!arguments_number(text, bounds->min, bounds->max, &seconds)) {
        return error_make(arena, ERR_INPUT, "--%s %s: must be a number of seconds from %g to %.0f",
                          name, text, bounds->min, bounds->max);
    }
    *out = (int64_t)llround(seconds * 1000);
    return NO_ERROR;
}

struct error
arguments_count(const struct arguments *arguments, struct arena *arena, const char *name,
                int64_t fallback, int64_t most, int64_t *out)
{
    const char *text = arguments_option(arguments, name);
    double number;

    if (text == NULL) {
        *out = fallback;
        return NO_ERROR;
    }
    if (!arguments_number(text, 1, (double)most, &number) || number != floor(number)) {
        return error_make(arena, ERR_INPUT, "--%s %s: must be a whole number from 1 to %lld", name,
                          text, (long long)most);
    }
    *out = (int64_t)number;
    return NO_ERROR;
}
