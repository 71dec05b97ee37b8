/* zones.c: where machines can be rented, and whether now; and what an operator knows of a zone. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/instance_pick.h"
#include "cli/output.h"
#include "cli/remote.h"

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

static struct error
zones_list(struct cli *cli)
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

static struct error
zones_confirm_vanished(struct cli *cli, const char *zone)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    const char *id;
    size_t i;
    json_t *instance;

    TRY(catalogue_find_zone(cli, zone, arguments_option(&cli->arguments, "provider"), &id));
    TRY(remote_call(cli, cli->arena, "POST",
                    arena_printf(cli->arena, "/zones/%s/confirm-vanished", id), NULL, &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    json_array_foreach(json_object_get(reply.json, "instance_ids"), i, instance)
    {
        output_line(cli, "%s  confirmed as gone; it is given back",
                    instance_short(cli, json_string_value(instance)));
    }
    if (json_get_i64(reply.json, "confirmed", 0) == 0) {
        output_line(cli, "no machine is absent in zone %s", zone);
    }
    return NO_ERROR;
}

struct error
zones_run(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;

    if (arguments->count == 0 && arguments_option(arguments, "provider") == NULL) {
        return zones_list(cli);
    }
    if (arguments->count == 2 && strcmp(arguments->given[0], "confirm-vanished") == 0) {
        return zones_confirm_vanished(cli, arguments->given[1]);
    }
    return error_static(ERR_INPUT, "wanted: nothing (a list), or confirm-vanished ZONE");
}
