/* models.c: what can be served, and where it is cheapest. */
#include "base/json.h"
#include "base/mem.h"
#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"

static void
models_add(struct cli *cli, struct table *table, const json_t *model, const json_t *types)
{
    const json_t *best = catalogue_cheapest(types, model);
    enum colour colour = best == NULL ? COLOUR_DIM : COLOUR_NONE;

    table_add(table, json_get_string(model, "model_id", "?"), colour);
    table_add(table, json_get_string(model, "name", ""), colour);
    table_add(table, catalogue_gb(cli->arena, json_get_i64(model, "required_vram_gb", 0)), colour);
    table_add(table,
              arena_printf(cli->arena, "%lld", (long long)json_get_i64(model, "context_length", 0)),
              colour);
    table_add(table, best == NULL ? "fits nowhere" : json_get_string(best, "code", "?"), colour);
    table_add(table, best == NULL ? "" : instance_money(cli->arena, best, "cost_per_hour"), colour);
    table_add(table, best == NULL ? "" : catalogue_zones_of(cli->arena, best), colour);
}

struct error
models_run(struct cli *cli)
{
    static const struct table_column columns[] = {
        { "MODEL", false, 0, 0 },  { "NAME", false, 10, 2 },         { "VRAM", true, 0, 3 },
        { "CONTEXT", true, 0, 4 }, { "CHEAPEST TYPE", false, 0, 0 }, { "EUR/H", true, 0, 1 },
        { "ZONES", false, 8, 5 },
    };
    CLEANUP_REPLY struct remote_reply models = { 0 };
    CLEANUP_REPLY struct remote_reply types = { 0 };
    struct table *table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    size_t i;
    json_t *model;

    TRY(remote_get(cli, cli->arena, "/models", true, &models));
    if (cli->json) {
        output_document(cli, models.text);
        return NO_ERROR;
    }
    TRY(remote_get(cli, cli->arena, "/instance_types", true, &types));
    json_array_foreach(models.json, i, model)
    {
        if (catalogue_is_active(model)) {
            models_add(cli, table, model, types.json);
        }
    }
    output_table(cli, table);
    return NO_ERROR;
}
