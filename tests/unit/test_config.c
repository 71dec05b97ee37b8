#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/kill_point.h"
#include "check.h"

static const char long_secret[] = "0123456789abcdef0123456789abcdef";

static char warned_name[96];
static char warned_nearest[96];

static void
note_warning(const char *name, const char *nearest)
{
    snprintf(warned_name, sizeof warned_name, "%s", name);
    snprintf(warned_nearest, sizeof warned_nearest, "%s", nearest);
}

/* The message, or NULL when the environment is accepted; *out may then be freed. */
static const char *
load(struct arena *arena, char program, struct config **out)
{
    struct config *config = NULL;
    struct error error = config_load(arena, program, NULL, NULL, &config);

    CHECK(error_is(error) == (config == NULL));
    CHECK(!error_is(error) || error.code == ERR_CONFIG);
    *out = config;
    return error_is(error) ? error.message : NULL;
}

static void
test_defaults_hold(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();

    for (int id = 0; id < SETTING_COUNT_; id++) {
        const struct setting *setting = &settings[id];
        struct config *config = config_defaults(setting->programs[0]);
        struct error error = config_set(config, arena, (enum setting_id)id, setting->fallback);
        CHECK_CASE(!error_is(error), setting->name);
        CHECK_CASE(setting->text[0] != '\0' && setting->programs[0] != '\0', setting->name);
        CHECK_CASE(strspn(setting->programs, "AOWMC") == strlen(setting->programs), setting->name);
        bool number = setting->type == SETTING_COUNT || setting->type == SETTING_SECONDS;
        CHECK_CASE(!number || setting->min < setting->max, setting->name);
        for (int other = 0; other < id; other++) {
            CHECK_CASE(strcmp(setting->name, settings[other].name) != 0, setting->name);
        }
        config_free(config);
    }
    config_free(NULL);
}

static void
test_values(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *config = NULL;

    setenv("API_THREADS", "16", 1);
    setenv("SESSION_TTL_SECONDS", "90.5", 1);
    setenv("WORKER_BOOTSTRAP_BY_ADDRESS", "Yes", 1);
    setenv("API_LISTEN", "127.0.0.1:9", 1);
    CHECK_STR(load(arena, 'A', &config), NULL);
    CHECK_I64(config_count(config, SETTING_API_THREADS), 16);
    CHECK_I64(config_ms(config, SETTING_SESSION_TTL_SECONDS), 90500);
    CHECK(config_bool(config, SETTING_WORKER_BOOTSTRAP_BY_ADDRESS));
    CHECK_STR(config_text(config, SETTING_API_LISTEN), "127.0.0.1:9");
    CHECK_STR(config_text(config, SETTING_LOG_LEVEL), "info");
    config_free(config);

    CHECK_STR(load(arena, 'O', &config), NULL); /* reads not what is the API's */
    CHECK_I64(config_count(config, SETTING_API_THREADS), 8);
    config_free(config);
    unsetenv("API_THREADS");
    unsetenv("SESSION_TTL_SECONDS");
    unsetenv("WORKER_BOOTSTRAP_BY_ADDRESS");
    unsetenv("API_LISTEN");
}

static void
test_refused(void)
{
    static const struct {
        const char *name;
        const char *value;
        const char *says;
    } cases[] = {
        { "API_THREADS", "0", "API_THREADS=0: must be a whole number from 1 to 256" },
        { "API_THREADS", "257", "from 1 to 256" },
        { "API_THREADS", "1.5", "whole number" },
        { "API_THREADS", "", "whole number" },
        { "API_THREADS", "8x", "whole number" },
        { "API_THREADS", "nan", "whole number" },
        { "SESSION_TTL_SECONDS", "59", "seconds from 60 to" },
        { "SESSION_TTL_SECONDS", "1e999", "seconds" },
        { "WORKER_BOOTSTRAP_BY_ADDRESS", "maybe", "true or false" },
        { "JWT_SECRET", "short", "JWT_SECRET: must be 32 to 4096 bytes" },
        { "JWT_SECRET_FILE", "/nonexistent/file",
          "JWT_SECRET_FILE=/nonexistent/file: cannot be read" },
    };
    CLEANUP_ARENA struct arena *arena = arena_new();

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *config = NULL;
        setenv(cases[i].name, cases[i].value, 1);
        const char *message = load(arena, 'A', &config);
        CHECK_CASE(message != NULL && strstr(message, cases[i].says) != NULL, cases[i].value);
        CHECK_CASE(message == NULL || strstr(message, "short") == NULL, "a secret is not told");
        config_free(config);
        unsetenv(cases[i].name);
    }
}

static void
test_secrets(void)
{
    char path[] = "/tmp/inventiv-config-XXXXXX";
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *config = NULL;
    char printed[65536] = "";
    FILE *file = fdopen(mkstemp(path), "w");

    fprintf(file, "%s\n", long_secret);
    fclose(file);
    setenv("JWT_SECRET_FILE", path, 1);
    CHECK_STR(load(arena, 'A', &config), NULL);
    CHECK_STR(config_text(config, SETTING_JWT_SECRET), long_secret);
    FILE *out = fmemopen(printed, sizeof printed, "w");
    config_print(config, out);
    fclose(out);
    CHECK(strstr(printed, "JWT_SECRET=***\n") != NULL);
    CHECK(strstr(printed, long_secret) == NULL);
    CHECK(strstr(printed, "REDIS_URL=\n") != NULL); /* an empty one shows as empty */
    CHECK(strstr(printed, "MOCKCLOUD_LISTEN") == NULL);
    config_free(config);

    setenv("MOCK_SECRET_KEY_FILE", path, 1);
    CHECK_STR(config_prefixed(arena, "MOCK", "_SECRET_KEY"), long_secret);
    CHECK_STR(config_prefixed(arena, "MOCK", "_ACCESS_KEY"), NULL);
    setenv("MOCK_SECRET_KEY", "direct", 1);
    CHECK_STR(config_prefixed(arena, "MOCK", "_SECRET_KEY"), "direct");
    unsetenv("MOCK_SECRET_KEY");
    unsetenv("MOCK_SECRET_KEY_FILE");
    unsetenv("JWT_SECRET_FILE");
    unlink(path);
}

static void
test_warnings(void)
{
    char wrong[] = "JOB_TERMINATOR_PERIOD_SECOND=5";
    char right[] = "JOB_TERMINATOR_PERIOD_SECONDS=5";
    char as_file[] = "ORCHESTRATOR_TOKEN_FILE=/x";
    char foreign[] = "HOME=/root";
    char *environment[] = { right, as_file, foreign, wrong, NULL };
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *config = NULL;

    CHECK(!error_is(config_load(arena, 'O', environment, note_warning, &config)));
    CHECK_STR(warned_name, "JOB_TERMINATOR_PERIOD_SECOND");
    CHECK_STR(warned_nearest, "JOB_TERMINATOR_PERIOD_SECONDS");
    config_free(config);

    warned_name[0] = '\0';
    environment[3] = NULL;
    CHECK(!error_is(config_load(arena, 'O', environment, note_warning, &config)));
    CHECK_STR(warned_name, "");
    config_free(config);
}

static void
test_documents(void)
{
    static char text[262144];
    FILE *out = fmemopen(text, sizeof text, "w");

    config_help('W', out);
    fflush(out);
    CHECK(strstr(text, "WORKER_HEALTH_PORT  [8080]") != NULL);
    CHECK(strstr(text, "JWT_SECRET") == NULL);
    rewind(out);
    config_markdown(out);
    fclose(out);
    for (int id = 0; id < SETTING_COUNT_; id++) {
        CHECK_CASE(strstr(text, settings[id].name) != NULL, settings[id].name);
    }
}

static void
test_kill_points(void)
{
    CLEANUP_ARENA struct arena *arena = arena_new();
    struct config *config = config_defaults('O');

    CHECK(!error_is(kill_point_start(arena, config)));
    kill_point_pass(KILL_POINT_SENT, "create"); /* none is set: we live on */
    CHECK(!error_is(config_set(config, arena, SETTING_INVENTIV_KILL_POINT, "nowhere:create")));
    CHECK_I64(kill_point_start(arena, config).code, ERR_CONFIG);
    CHECK(!error_is(config_set(config, arena, SETTING_INVENTIV_KILL_POINT, "sent:create:2")));
    CHECK(!error_is(kill_point_start(arena, config)));
    kill_point_pass(KILL_POINT_SENT, "delete");
    kill_point_pass(KILL_POINT_INTENDED, "create");
    kill_point_pass(KILL_POINT_SENT, "create"); /* the first of two */
    CHECK_STR(kill_point_name(KILL_POINT_SENT), "sent");
    config_free(config);
}

int
main(void)
{
    check_run("each default is allowed by its own row, and each name stands once",
              test_defaults_hold);
    check_run("a program reads its own settings from the environment", test_values);
    check_run("a wrong value is refused with its name and what is allowed", test_refused);
    check_run("secrets come from files, too, and are never printed", test_secrets);
    check_run("a name that looks like a setting is told, with the nearest one", test_warnings);
    check_run("help shows the program's settings, the document all", test_documents);
    check_run("a kill point fires at its own point, kind and time only", test_kill_points);
    return check_end();
}
