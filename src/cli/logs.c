/* logs.c: an instance's journal, oldest first. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/instance_pick.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/remote.h"

enum { LOGS_LIMIT = 100, LOGS_LIMIT_MAX = 1000 };

static const struct table_column logs_columns[] = {
    { "TIME (UTC)", false, 0, 0 }, { "ACTION", false, 15, 0 }, { "RESULT", false, 6, 0 },
    { "RULE", false, 0, 2 },       { "CHANGE", false, 16, 0 }, { "TOOK", true, 0, 1 },
    { "DETAIL", false, 12, 0 },
};

static const char *
logs_rule(const json_t *entry)
{
    const char *rule = json_get_string(entry, "rule", NULL);

    return rule != NULL ? rule : json_get_string(json_object_get(entry, "metadata"), "rule", "");
}

/* "booting -> ready"; "" when the state stayed as it was. */
static const char *
logs_change(struct cli *cli, const json_t *entry)
{
    const char *before = json_get_string(entry, "instance_status_before", "");
    const char *after = json_get_string(entry, "instance_status_after", "");

    if (strcmp(before, after) == 0 || after[0] == '\0') {
        return "";
    }
    return before[0] == '\0' ? after : arena_printf(cli->arena, "%s -> %s", before, after);
}

static void
logs_add(struct cli *cli, struct table *table, const json_t *entry)
{
    const char *result = json_get_string(entry, "status", "");
    int64_t took_ms = json_get_i64(entry, "duration_ms", -1);
    bool failed = strcmp(result, "failed") == 0;

    table_add(table, time_moment(cli->arena, json_get_string(entry, "created_at", NULL)),
              COLOUR_DIM);
    table_add(table, json_get_string(entry, "action_type", "?"), COLOUR_NONE);
    table_add(table, strcmp(result, "success") == 0 ? "" : result,
              failed ? COLOUR_RED : COLOUR_NONE);
    table_add(table, logs_rule(entry), COLOUR_NONE);
    table_add(table, logs_change(cli, entry), COLOUR_NONE);
    table_add(table, took_ms < 0 ? "" : time_span(cli->arena, took_ms), COLOUR_NONE);
    table_add(table, instance_error(cli->arena, entry), failed ? COLOUR_RED : COLOUR_NONE);
}

struct logs_entry {
    int64_t at_ms;
    size_t place; /* by which entries of one instant are told apart */
    const json_t *json;
};

static int
logs_compare(const void *left, const void *right)
{
    const struct logs_entry *a = left;
    const struct logs_entry *b = right;

    if (a->at_ms != b->at_ms) {
        return a->at_ms < b->at_ms ? -1 : 1;
    }
    return a->place < b->place ? -1 : a->place > b->place;
}

/* Oldest first.  The API says the newest first, those of one instant too. */
static struct logs_entry *
logs_sorted(struct cli *cli, const json_t *list)
{
    size_t count = json_array_size(list);
    struct logs_entry *entries = arena_array(cli->arena, struct logs_entry, count + 1);

    for (size_t i = 0; i < count; i++) {
        const json_t *json = json_array_get(list, i);
        entries[i] = (struct logs_entry){ .place = count - i, .json = json };
        time_parse(json_get_string(json, "created_at", NULL), &entries[i].at_ms);
    }
    qsort(entries, count, sizeof *entries, logs_compare);
    return entries;
}

struct error
logs_run(struct cli *cli)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    struct table *table = table_new(cli->arena, logs_columns, ARRAY_LENGTH(logs_columns));
    const char *id;
    int64_t limit;

    TRY(arguments_count(&cli->arguments, cli->arena, "limit", LOGS_LIMIT, LOGS_LIMIT_MAX, &limit));
    TRY(instance_pick(cli, cli->arguments.given[0], &id));
    TRY(remote_get(
        cli, cli->arena,
        arena_printf(cli->arena, "/action_logs?instance_id=%s&limit=%lld", id, (long long)limit),
        true, &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    size_t count = json_array_size(reply.json);
    if (count == 0) { /* an instance has at least its request: is there one? */
        CLEANUP_REPLY struct remote_reply instance = { 0 };
        return remote_get(cli, cli->arena, instance_path(cli, id, ""), false, &instance);
    }
    struct logs_entry *entries = logs_sorted(cli, reply.json);
    for (size_t i = 0; i < count; i++) {
        logs_add(cli, table, entries[i].json);
    }
    output_table(cli, table);
    if ((int64_t)count == limit) {
        output_note(cli, "the last %lld entries; more with --limit", (long long)limit);
    }
    return NO_ERROR;
}
