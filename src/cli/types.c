/* types.c: kinds of machines, what each costs and what fits on it. */
#include "base/json.h"
#include "base/mem.h"
#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"

/* "6 of 7 models"; which ones, `models` and --model tell. */
static const char *
types_fitting(struct cli *cli, const json_t *type, const json_t *models)
{
    size_t fitting = 0;
    size_t all = 0;
    size_t i;
    json_t *model;

    json_array_foreach(models, i, model)
    {
        all += catalogue_is_active(model);
        fitting += catalogue_is_active(model) && catalogue_fits(model, type);
    }
    return arena_printf(cli->arena, "%zu of %zu models", fitting, all);
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

/* The cheapest first; where a model is named, those that it fits on. */
static struct error
types_show(struct cli *cli, const json_t *types, const json_t *models)
{
    static const struct table_column columns[] = {
        { "TYPE", false, 0, 0 }, { "PROVIDER", false, 6, 2 }, { "GPUS", true, 0, 4 },
        { "VRAM", true, 0, 0 },  { "CPUS", true, 0, 5 },      { "RAM", true, 0, 3 },
        { "EUR/H", true, 0, 0 }, { "ZONES", false, 8, 1 },    { "FITS", false, 10, 0 },
    };
    struct table *table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    const char *wanted = arguments_option(&cli->arguments, "model");
    const json_t *model = wanted == NULL ? NULL : catalogue_model_in(models, wanted);
    size_t count;

    if (wanted != NULL && model == NULL) {
        return error_make(cli->arena, ERR_INPUT, "there is no model '%s' (`inventiv models`)",
                          wanted);
    }
    const json_t **sorted = catalogue_by_price(cli->arena, types, model, &count);
    for (size_t i = 0; i < count; i++) {
        types_add(cli, table, sorted[i], models);
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
