/* alerts.c: what somebody should know of, those that began last first. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/remote.h"

static const struct table_column alerts_columns[] = {
    { "STATUS", false, 0, 0 }, { "SEVERITY", false, 0, 2 },    { "ALERT", false, 0, 0 },
    { "ZONE", false, 6, 1 },   { "SINCE (UTC)", false, 0, 3 }, { "LAST (UTC)", false, 0, 4 },
    { "TIMES", true, 0, 5 },   { "WHAT", false, 20, 0 },
};

static enum colour
alerts_colour(const json_t *alert)
{
    if (strcmp(json_get_string(alert, "status", ""), "open") != 0) {
        return COLOUR_DIM;
    }
    return strcmp(json_get_string(alert, "severity", ""), "critical") == 0 ? COLOUR_RED
                                                                           : COLOUR_YELLOW;
}

static void
alerts_add(struct cli *cli, struct table *table, const json_t *alert)
{
    enum colour colour = alerts_colour(alert);
    const char *opened = json_get_string(alert, "opened_at", NULL);
    const char *touched = json_get_string(alert, "touched_at", NULL);
    long long times = json_get_i64(alert, "occurrences", 0);

    table_add(table, json_get_string(alert, "status", "?"), colour);
    table_add(table, json_get_string(alert, "severity", ""), colour);
    table_add(table, json_get_string(alert, "name", "?"), colour);
    table_add(table, json_get_string(alert, "zone_code", ""), COLOUR_NONE);
    table_add(table, time_second(cli->arena, opened), COLOUR_DIM);
    table_add(table, time_second(cli->arena, touched), COLOUR_DIM);
    table_add(table, arena_printf(cli->arena, "%lld", times), COLOUR_NONE);
    table_add(table, json_get_string(alert, "summary", ""), COLOUR_NONE);
}

/* ERR_INPUT: not one of the API's. */
static struct error
alerts_status(struct cli *cli, const char **out)
{
    static const char *const statuses[] = { "open", "acknowledged", "resolved" };
    const char *given = arguments_option(&cli->arguments, "status");

    *out = "";
    for (size_t i = 0; given != NULL && i < ARRAY_LENGTH(statuses); i++) {
        if (strcmp(given, statuses[i]) == 0) {
            *out = statuses[i];
        }
    }
    if (given != NULL && (*out)[0] == '\0') {
        return error_make(cli->arena, ERR_INPUT,
                          "--status %s: must be open, acknowledged or resolved", given);
    }
    return NO_ERROR;
}

struct error
alerts_run(struct cli *cli)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    struct table *table = table_new(cli->arena, alerts_columns, ARRAY_LENGTH(alerts_columns));
    const char *status;
    size_t i;
    json_t *alert;

    TRY(alerts_status(cli, &status));
    TRY(remote_get_list(cli, arena_printf(cli->arena, "/alerts?status=%s", status), &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    json_array_foreach(reply.json, i, alert)
    {
        alerts_add(cli, table, alert);
    }
    output_table(cli, table);
    if (json_array_size(reply.json) == 0) {
        output_note(cli, "there is none");
    }
    return NO_ERROR;
}
