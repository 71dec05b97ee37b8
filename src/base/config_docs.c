/* config_docs.c: what people read about settings: --help and docs/configuration.md. */
#include <string.h>

#include "base/config.h"

static const char *const setting_type_names[] = {
    [SETTING_TEXT] = "text",   [SETTING_SECRET] = "secret",   [SETTING_BOOL] = "true or false",
    [SETTING_COUNT] = "count", [SETTING_SECONDS] = "seconds",
};

static void
config_print_range(const struct setting *setting, FILE *out)
{
    switch (setting->type) {
    case SETTING_COUNT:
    case SETTING_SECONDS:
        fprintf(out, "%.10g to %.10g", setting->min, setting->max);
        break;
    case SETTING_SECRET:
        if (setting->max > 0) {
            fprintf(out, "%.0f to %.0f bytes", setting->min, setting->max);
        }
        break;
    case SETTING_TEXT:
    case SETTING_BOOL:
        break;
    }
}

void
config_help(char program, FILE *out)
{
    fputs("Environment variables (secrets also as NAME_FILE):\n", out);
    for (int id = 0; id < SETTING_COUNT_; id++) {
        if (strchr(settings[id].programs, program) != NULL) {
            fprintf(out, "  %s  [%s]\n      %s\n", settings[id].name, settings[id].fallback,
                    settings[id].text);
        }
    }
}

static void
config_print_programs(const char *letters, FILE *out)
{
    static const struct {
        char letter;
        const char *name;
    } programs[] = {
        { 'A', "api" },       { 'O', "orchestrator" }, { 'W', "worker" },
        { 'M', "mockcloud" }, { 'C', "cli" },
    };
    const char *separator = "";

    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        if (strchr(letters, programs[i].letter) != NULL) {
            fprintf(out, "%s%s", separator, programs[i].name);
            separator = ", ";
        }
    }
}

void
config_markdown(FILE *out)
{
    fputs("# Configuration\n\n"
          "Generated from `src/base/settings.def` by `tools/print_configuration`; `./dev check` "
          "holds the two together.\nEvery setting is an environment variable. A value that is not "
          "allowed stops the process at start, with the variable's name, the value and what is "
          "allowed. Secrets can also be given as `NAME_FILE`, the path of a file.\n\n"
          "Credentials of a provider are `<PREFIX>_API_URL`, `<PREFIX>_ACCESS_KEY`, "
          "`<PREFIX>_SECRET_KEY` and `<PREFIX>_PROJECT_ID`, where PREFIX is the provider row's "
          "`credentials_prefix`.\n\n"
          "| variable | default | type | allowed | read by | what it is |\n"
          "|---|---|---|---|---|---|\n",
          out);
    for (int id = 0; id < SETTING_COUNT_; id++) {
        const struct setting *setting = &settings[id];
        fprintf(out, "| `%s` | %s%s%s | %s | ", setting->name, setting->fallback[0] ? "`" : "",
                setting->fallback[0] ? setting->fallback : "empty", setting->fallback[0] ? "`" : "",
                setting_type_names[setting->type]);
        config_print_range(setting, out);
        fputs(" | ", out);
        config_print_programs(setting->programs, out);
        fprintf(out, " | %s |\n", setting->text);
    }
}
