/* ls.c: all instances, one a line. */
#include "base/json.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/id_prefix.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"
#include "cli/stage.h"

static const struct table_column ls_columns[] = {
    { "ID", false, 0, 0 },     { "STATE", false, 0, 0 }, { "DONE", true, 0, 5 },
    { "MODEL", false, 10, 2 }, { "TYPE", false, 6, 4 },  { "ZONE", false, 6, 3 },
    { "AGE", true, 0, 6 },     { "EUR/H", true, 0, 1 },  { "ADDRESS", false, 0, 7 },
};

static void
ls_add(struct cli *cli, struct table *table, const json_t *instance, size_t id_length)
{
    const char *state = json_get_string(instance, "status", "?");
    long long percent = json_get_i64(instance, "progress_percent", 0);

    table_add(
        table,
        arena_printf(cli->arena, "%.*s", (int)id_length, json_get_string(instance, "id", "?")),
        COLOUR_NONE);
    table_add(table, state, stage_colour(state));
    table_add(table, stage_is_on_its_way(state) ? arena_printf(cli->arena, "%lld %%", percent) : "",
              COLOUR_NONE);
    table_add(table, instance_model(instance), COLOUR_NONE);
    table_add(table, instance_code(instance, "instance_type", ""), COLOUR_NONE);
    table_add(table, instance_code(instance, "zone", ""), COLOUR_NONE);
    table_add(table, instance_age(cli->arena, instance, "created_at"), COLOUR_NONE);
    table_add(table, instance_money(cli->arena, instance, "cost_per_hour"), COLOUR_NONE);
    table_add(table, instance_address(cli->arena, instance), COLOUR_NONE);
}

/* On a terminal as much of the ids as tells them apart; elsewhere, whole ones. */
struct error
ls_run(struct cli *cli)
{
    bool archived = arguments_option(&cli->arguments, "archived") != NULL;
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    struct table *table = table_new(cli->arena, ls_columns, ARRAY_LENGTH(ls_columns));
    size_t i;
    json_t *instance;

    TRY(remote_get_list(cli, archived ? "/instances?archived=true" : "/instances?archived=false",
                        &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    size_t id_length =
        cli->out.is_terminal ? id_prefix_length(cli->arena, reply.json) : (size_t)ID_LENGTH;
    json_array_foreach(reply.json, i, instance)
    {
        ls_add(cli, table, instance, id_length);
    }
    output_table(cli, table);
    if (json_array_size(reply.json) == 0) {
        output_note(cli, "there is none; `inventiv deploy --help` says how to make one");
    }
    return NO_ERROR;
}
