/* test_seed.c: catalogue files are applied whole, once, or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/mem.h"
#include "check.h"
#include "store/migrate.h"
#include "test_db.h"

static struct config *config;
static char seed_path[] = "/var/tmp/inventiv-seed-XXXXXX";

#define REGIONS "[{\"code\":\"r\",\"name\":\"R\",\"zones\":[{\"code\":\"z\",\"name\":\"Z\"}]}]"
#define PROVIDER_HEAD                                                                              \
    "{\"code\":\"p\",\"name\":\"P\",\"driver\":\"scaleway\",\"api_url\":\"http://127.0.0.1:1\","   \
    "\"credentials_prefix\":\"P\",\"worker_port\":2,\"engine_port\":3,"                            \
    "\"install_profile\":\"bare\""
#define PROVIDER PROVIDER_HEAD ",\"ssh_port\":1,\"regions\":" REGIONS "}"
#define MODEL(vram)                                                                                \
    "{\"model_id\":\"m\",\"name\":\"M\",\"required_vram_gb\":" vram ",\"context_length\":10}"

/* Everything that a seed may write, and which transaction wrote it. */
static const char every_row[] =
    "SELECT md5(string_agg(x, ',' ORDER BY x)) FROM ("
    " SELECT t::text || t.xmin FROM providers t UNION ALL SELECT t::text || t.xmin FROM regions t"
    " UNION ALL SELECT t::text || t.xmin FROM zones t"
    " UNION ALL SELECT t::text || t.xmin FROM models t) AS rows (x)";

static struct error
seed_text(const char *text)
{
    FILE *file = fopen(seed_path, "w");

    fputs(text, file);
    fclose(file);
    return migrate_seed(test_db_arena(), config, seed_path);
}

static const char *
seed_deploy_file(const char *name)
{
    return arena_printf(test_db_arena(), "%s/deploy/catalogue/%s", getenv("SOURCE_ROOT"), name);
}

static void
test_files_of_the_tree(void)
{
    static const char *const names[] = { "scaleway.json", "models.json" };

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct error error = migrate_seed(test_db_arena(), config, seed_deploy_file(names[i]));
        CHECK_CASE(!error_is(error), error_is(error) ? error.message : names[i]);
    }
    CHECK_I64(test_db_i640("SELECT count(*) FROM providers WHERE code = 'scaleway'"), 1);
    CHECK_I64(test_db_i640("SELECT count(*) FROM zones z JOIN regions r ON r.id = z.region_id"
                           " WHERE r.code = 'fr-par'"),
              2);
    CHECK_I64(test_db_i640("SELECT count(*) FROM models WHERE model_id = 'mock-echo-model'"), 1);
}

static void
test_twice_changes_nothing(void)
{
    const char *text = "{\"providers\":[" PROVIDER "],\"models\":[" MODEL("5") "]}";

    CHECK(!error_is(seed_text(text)));
    const char *before = test_db_text0(every_row);
    CHECK(!error_is(seed_text(text)));
    CHECK_STR(test_db_text0(every_row), before);
}

static void
test_change_is_applied(void)
{
    const char *provider_before = test_db_text0("SELECT xmin FROM providers WHERE code = 'p'");

    CHECK(!error_is(seed_text("{\"models\":[" MODEL("7") "]}")));
    CHECK_I64(test_db_i640("SELECT required_vram_gb FROM models WHERE model_id = 'm'"), 7);
    CHECK(!error_is(seed_text("{\"providers\":[" PROVIDER_HEAD ",\"ssh_port\":1,\"regions\":"
                              "[{\"code\":\"r\",\"name\":\"Renamed\",\"zones\":[]}]}]}")));
    CHECK_STR(test_db_text0("SELECT name FROM regions WHERE code = 'r'"), "Renamed");
    CHECK_STR(test_db_text0("SELECT xmin FROM providers WHERE code = 'p'"), provider_before);
    CHECK_I64(test_db_i640("SELECT count(*) FROM zones WHERE code = 'z'"), 1);
}

static void
test_bad_files(void)
{
    static const struct {
        const char *text;
        const char *words[2]; /* the message names both */
    } cases[] = {
        { "{", { "JSON", "JSON" } },
        { "[]", { "catalogue", "object" } },
        { "{}", { "catalogue", "providers" } },
        { "{\"provider\":[]}", { "catalogue", "'provider'" } },
        { "{\"providers\":{}}", { "'providers'", "list" } },
        { "{\"providers\":[7]}", { "provider number 1", "object" } },
        { "{\"providers\":[" PROVIDER_HEAD ",\"regions\":[]}]}", { "'p'", "ssh_port" } },
        { "{\"providers\":[" PROVIDER_HEAD ",\"ssh_port\":70000,\"regions\":[]}]}",
          { "ssh_port", "65535" } },
        { "{\"providers\":[" PROVIDER_HEAD ",\"ssh_port\":\"22\",\"regions\":[]}]}",
          { "ssh_port", "number" } },
        { "{\"providers\":[" PROVIDER_HEAD ",\"ssh_port\":1,\"regions\":[],\"port\":1}]}",
          { "'p'", "'port'" } },
        { "{\"providers\":[" PROVIDER "," PROVIDER "]}", { "'p'", "twice" } },
        { "{\"providers\":[" PROVIDER_HEAD ",\"ssh_port\":1,\"regions\":[{\"code\":\"a\","
          "\"name\":\"A\",\"zones\":[{\"code\":\"z\",\"name\":\"Z\"}]},{\"code\":\"b\","
          "\"name\":\"B\",\"zones\":[{\"code\":\"z\",\"name\":\"Z\"}]}]}]}",
          { "'z'", "two regions" } },
        { "{\"providers\":[" PROVIDER_HEAD ",\"ssh_port\":1,\"regions\":[{\"code\":\"a\","
          "\"name\":\"A\",\"zones\":[{\"code\":\"Z\",\"name\":\"Z\"}]}]}]}",
          { "region 'a', zone 'Z'", "code" } },
        { "{\"models\":[" MODEL("-1") "]}", { "model 'm'", "required_vram_gb" } },
        { "{\"models\":[" MODEL("1") "," MODEL("2") "]}", { "model 'm'", "twice" } },
        { "{\"providers\":[" PROVIDER "],\"models\":[" MODEL("1.5") "]}",
          { "model 'm'", "required_vram_gb" } },
    };
    const char *before = test_db_text0(every_row);

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct error error = seed_text(cases[i].text);
        const char *message = error_is(error) ? error.message : "accepted";
        CHECK_CASE(error.code == ERR_INPUT, cases[i].text);
        CHECK_CASE(strstr(message, cases[i].words[0]) != NULL, message);
        CHECK_CASE(strstr(message, cases[i].words[1]) != NULL, message);
        CHECK_CASE(strstr(message, seed_path) != NULL, message);
    }
    CHECK_STR(test_db_text0(every_row), before);
}

static void
test_missing_file(void)
{
    struct error error = migrate_seed(test_db_arena(), config, "/nowhere/catalogue.json");

    CHECK_STR(error_code_name(error.code), error_code_name(ERR_IO));
}

int
main(void)
{
    config = test_db_start('O');
    int fd = mkstemp(seed_path);
    close(fd);
    check_run("the catalogue files of the tree are accepted", test_files_of_the_tree);
    check_run("the same file twice changes nothing", test_twice_changes_nothing);
    check_run("what a file changes is written, and nothing else", test_change_is_applied);
    check_run("a bad file is refused by provider and field, and changes nothing", test_bad_files);
    check_run("a file that is not there is named", test_missing_file);
    unlink(seed_path);
    return check_end();
}
