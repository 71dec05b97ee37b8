/* types.c: kinds of machines, what each costs and what fits on it. */
#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"

static const char *
types_fitting(struct cli *cli, const json_t *type, const json_t *models)
{
    CLEANUP_BUFFER struct buffer names = { 0 };
    size_t i;
    json_t *model;

    json_array_foreach(models, i, model)
    {
        if (catalogue_is_active(model) && catalogue_fits(model, type)) {
            buffer_printf(&names, "%s%s", names.length == 0 ? "" : ", ",
                          json_get_string(model, "model_id", "?"));
        }
    }
    return names.length == 0 ? "nothing" : arena_strndup(cli->arena, names.bytes, names.length);
}

static void
types_add(struct cli *cli, struct table *table, const json_t *type, const json_t *models)
{
    table_add(table, json_get_string(type, "code", "?"), COLOUR_NONE);
    table_add(table, json_get_string(type, "provider_code", ""), COLOUR_NONE);
    table_add(table,
              arena_printf(cli->arena, "%lld", (long long)json_get_i64(type, "gpu_count", 0)),
              COLOUR_NONE);
    table_add(table, catalogue_gb(cli->arena, catalogue_vram_gb(type)), COLOUR_NONE);
    table_add(table,
              arena_printf(cli->arena, "%lld", (long long)json_get_i64(type, "cpu_count", 0)),
              COLOUR_NONE);
    table_add(table, catalogue_gb(cli->arena, json_get_i64(type, "ram_gb", 0)), COLOUR_NONE);
    table_add(table, instance_money(cli->arena, type, "cost_per_hour"), COLOUR_NONE);
    table_add(table, catalogue_zones_of(cli->arena, type), COLOUR_NONE);
    table_add(table, types_fitting(cli, type, models), COLOUR_NONE);
}

/* The types that are shown: active, and where a model is named, those that it fits on. */
static struct error
types_show(struct cli *cli, const json_t *types, const json_t *models)
{
    static const struct table_column columns[] = {
        { "TYPE", false, 10, 0 }, { "PROVIDER", false, 6, 2 }, { "GPUS", true, 0, 4 },
        { "VRAM", true, 0, 0 },   { "CPUS", true, 0, 5 },      { "RAM", true, 0, 3 },
        { "EUR/H", true, 0, 0 },  { "ZONES", false, 8, 1 },    { "FITS", false, 10, 0 },
    };
    struct table *table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    const char *wanted = arguments_option(&cli->arguments, "model");
    const json_t *model = wanted == NULL ? NULL : catalogue_model_in(models, wanted);
    size_t i;
    json_t *type;

    if (wanted != NULL && model == NULL) {
        return error_make(cli->arena, ERR_INPUT, "there is no model '%s' (`inventiv models`)",
                          wanted);
    }
    json_array_foreach(types, i, type)
    {
        if (catalogue_is_active(type) && (model == NULL || catalogue_fits(model, type))) {
            types_add(cli, table, type, models);
        }
    }
    output_table(cli, table);
    return NO_ERROR;
}

struct error
types_run(struct cli *cli)
{
    CLEANUP_REPLY struct remote_reply types = { 0 };
    CLEANUP_REPLY struct remote_reply models = { 0 };

    TRY(remote_get(cli, cli->arena, "/instance_types", true, &types));
    if (cli->json) {
        output_document(cli, types.text);
        return NO_ERROR;
    }
    TRY(remote_get(cli, cli->arena, "/models", true, &models));
    return types_show(cli, types.json, models.json);
}
