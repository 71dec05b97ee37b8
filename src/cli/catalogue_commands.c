/* catalogue_commands.c: models, types, zones. */
#include "cli/catalogue.h"

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"
#include "cli/time_text.h"

static const char *
catalogue_gb(struct cli *cli, int64_t gb)
{
    return gb == 0 ? "-" : arena_printf(cli->arena, "%lld GB", (long long)gb);
}

static void
models_add(struct cli *cli, struct table *table, const json_t *model, const json_t *types)
{
    const json_t *best = catalogue_cheapest(types, model);
    enum colour colour = best == NULL ? COLOUR_DIM : COLOUR_NONE;

    table_add(table, json_get_string(model, "model_id", "?"), colour);
    table_add(table, json_get_string(model, "name", ""), colour);
    table_add(table, catalogue_gb(cli, json_get_i64(model, "required_vram_gb", 0)), colour);
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
        { "MODEL", false, 16, 0 }, { "NAME", false, 10, 2 },          { "VRAM", true, 0, 3 },
        { "CONTEXT", true, 0, 4 }, { "CHEAPEST TYPE", false, 10, 0 }, { "EUR/H", true, 0, 1 },
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
    table_add(table, catalogue_gb(cli, catalogue_vram_gb(type)), COLOUR_NONE);
    table_add(table,
              arena_printf(cli->arena, "%lld", (long long)json_get_i64(type, "cpu_count", 0)),
              COLOUR_NONE);
    table_add(table, catalogue_gb(cli, json_get_i64(type, "ram_gb", 0)), COLOUR_NONE);
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

static const char *
zones_state(struct cli *cli, const json_t *zone)
{
    const char *until = time_second(cli->arena, json_get_string(zone, "paused_until", NULL));

    if (!catalogue_is_active(zone)) {
        return "closed";
    }
    return until[0] == '\0'
               ? "open"
               : arena_printf(cli->arena, "paused until %s UTC: %s", until,
                              json_get_string(zone, "paused_reason", "no reason told"));
}

struct error
zones_run(struct cli *cli)
{
    static const struct table_column columns[] = {
        { "ZONE", false, 0, 0 },     { "NAME", false, 8, 2 },   { "REGION", false, 6, 3 },
        { "PROVIDER", false, 6, 1 }, { "STATE", false, 10, 0 },
    };
    CLEANUP_REPLY struct remote_reply zones = { 0 };
    struct table *table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    size_t i;
    json_t *zone;

    TRY(remote_get(cli, cli->arena, "/zones", true, &zones));
    if (cli->json) {
        output_document(cli, zones.text);
        return NO_ERROR;
    }
    json_array_foreach(zones.json, i, zone)
    {
        const char *state = zones_state(cli, zone);
        table_add(table, json_get_string(zone, "code", "?"), COLOUR_NONE);
        table_add(table, json_get_string(zone, "name", ""), COLOUR_NONE);
        table_add(table, json_get_string(zone, "region_code", ""), COLOUR_NONE);
        table_add(table, json_get_string(zone, "provider_code", ""), COLOUR_NONE);
        table_add(table, state, state[0] == 'o' ? COLOUR_GREEN : COLOUR_YELLOW);
    }
    output_table(cli, table);
    return NO_ERROR;
}
