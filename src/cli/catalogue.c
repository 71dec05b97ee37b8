#include "cli/catalogue.h"

#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/json.h"
#include "base/mem.h"
#include "cli/remote.h"

/* "a, b, c": one member of every active row. */
static const char *
catalogue_names(struct arena *arena, const json_t *list, const char *key)
{
    CLEANUP_BUFFER struct buffer names = { 0 };
    size_t i;
    json_t *row;

    json_array_foreach(list, i, row)
    {
        if (catalogue_is_active(row)) {
            buffer_printf(&names, "%s%s", names.length == 0 ? "" : ", ",
                          json_get_string(row, key, "?"));
        }
    }
    return names.length == 0 ? "none" : arena_strndup(arena, names.bytes, names.length);
}

const json_t *
catalogue_model_in(const json_t *models, const char *given)
{
    static const char *const keys[] = { "id", "model_id", "name" };
    size_t i;
    json_t *row;

    for (size_t k = 0; k < ARRAY_LENGTH(keys); k++) {
        json_array_foreach(models, i, row)
        {
            if (strcasecmp(json_get_string(row, keys[k], ""), given) == 0) {
                return row;
            }
        }
    }
    return NULL;
}

struct error
catalogue_find_model(struct cli *cli, const char *given, const char **out_id)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };

    TRY(remote_get(cli, cli->arena, "/models", true, &reply));
    const json_t *model = catalogue_model_in(reply.json, given);
    if (model == NULL) {
        return error_make(cli->arena, ERR_INPUT, "there is no model '%s'; there are: %s", given,
                          catalogue_names(cli->arena, reply.json, "model_id"));
    }
    *out_id = arena_strdup(cli->arena, json_get_string(model, "id", ""));
    return NO_ERROR;
}

/* Codes of the providers with such a zone, in the order of the list; how many. */
static size_t
catalogue_zone_owners(const json_t *zones, const char *zone, struct buffer *codes)
{
    size_t count = 0;
    size_t i;
    json_t *row;

    json_array_foreach(zones, i, row)
    {
        if (strcmp(json_get_string(row, "code", ""), zone) == 0) {
            buffer_printf(codes, "%s%s", count == 0 ? "" : ", ",
                          json_get_string(row, "provider_code", "?"));
            count++;
        }
    }
    return count;
}

struct error
catalogue_provider_of_zone(struct cli *cli, const char *zone, const char **out_code)
{
    CLEANUP_BUFFER struct buffer codes = { 0 };
    CLEANUP_REPLY struct remote_reply zones = { 0 };

    TRY(remote_get(cli, cli->arena, "/zones", true, &zones));
    size_t owners = catalogue_zone_owners(zones.json, zone, &codes);
    if (owners == 0) {
        return error_make(cli->arena, ERR_INPUT, "there is no zone '%s'; there are: %s", zone,
                          catalogue_names(cli->arena, zones.json, "code"));
    }
    if (owners > 1) {
        return error_make(cli->arena, ERR_INPUT,
                          "several providers have a zone '%s': add --provider, one of %s", zone,
                          codes.bytes);
    }
    *out_code = arena_strdup(cli->arena, codes.bytes);
    return NO_ERROR;
}

struct error
catalogue_find_zone(struct cli *cli, const char *zone, const char *provider, const char **out_id)
{
    CLEANUP_REPLY struct remote_reply zones = { 0 };
    const char *owner = provider == NULL ? "" : provider;
    size_t i;
    json_t *row;

    if (provider == NULL) {
        TRY(catalogue_provider_of_zone(cli, zone, &owner));
    }
    TRY(remote_get(cli, cli->arena, "/zones", true, &zones));
    json_array_foreach(zones.json, i, row)
    {
        if (strcmp(json_get_string(row, "code", ""), zone) == 0 &&
            strcmp(json_get_string(row, "provider_code", ""), owner) == 0) {
            *out_id = arena_strdup(cli->arena, json_get_string(row, "id", ""));
            return NO_ERROR;
        }
    }
    return error_make(cli->arena, ERR_INPUT, "provider '%s' has no zone '%s'", owner, zone);
}

bool
catalogue_is_active(const json_t *row)
{
    return json_get_bool(row, "is_active", true);
}

const char *
catalogue_zones_of(struct arena *arena, const json_t *type)
{
    CLEANUP_BUFFER struct buffer codes = { 0 };
    size_t i;
    json_t *zone;

    json_array_foreach(json_object_get(type, "zones"), i, zone)
    {
        if (json_get_bool(zone, "is_available", false)) {
            buffer_printf(&codes, "%s%s", codes.length == 0 ? "" : ", ",
                          json_get_string(zone, "code", "?"));
        }
    }
    return codes.length == 0 ? "" : arena_strndup(arena, codes.bytes, codes.length);
}

static bool
catalogue_is_to_be_had(const json_t *type)
{
    size_t i;
    json_t *zone;

    json_array_foreach(json_object_get(type, "zones"), i, zone)
    {
        if (catalogue_is_active(type) && json_get_bool(zone, "is_available", false)) {
            return true;
        }
    }
    return false;
}

const char *
catalogue_gb(struct arena *arena, int64_t gb)
{
    return gb == 0 ? "-" : arena_printf(arena, "%lld GB", (long long)gb);
}

int64_t
catalogue_vram_gb(const json_t *type)
{
    return json_get_i64(type, "gpu_count", 0) * json_get_i64(type, "vram_per_gpu_gb", 0);
}

bool
catalogue_fits(const json_t *model, const json_t *type)
{
    return catalogue_vram_gb(type) >= json_get_i64(model, "required_vram_gb", 0);
}

static double
catalogue_price(const json_t *type)
{
    return json_get_double(type, "cost_per_hour", 1e9);
}

const json_t *
catalogue_cheapest(const json_t *types, const json_t *model)
{
    const json_t *best = NULL;
    size_t i;
    json_t *type;

    json_array_foreach(types, i, type)
    {
        if (catalogue_is_to_be_had(type) && catalogue_fits(model, type) &&
            (best == NULL || catalogue_price(type) < catalogue_price(best))) {
            best = type;
        }
    }
    return best;
}

const json_t **
catalogue_by_price(struct arena *arena, const json_t *types, const json_t *model, size_t *count)
{
    const json_t **sorted = arena_array(arena, const json_t *, json_array_size(types) + 1);
    size_t i;
    json_t *type;

    *count = 0;
    json_array_foreach(types, i, type)
    {
        if (!catalogue_is_active(type) || (model != NULL && !catalogue_fits(model, type))) {
            continue;
        }
        size_t place = (*count)++;
        for (; place > 0 && catalogue_price(sorted[place - 1]) > catalogue_price(type); place--) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = type;
    }
    return sorted;
}
