/* show_command.c: show: the whole story of one instance, a fact a line. */
#include "cli/commands.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/time_text.h"
#include "cli/clean_text.h"
#include "cli/instance_pick.h"
#include "cli/instance_text.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "cli/remote.h"
#include "cli/stage.h"

enum { SHOW_BAR_CELLS = 20 };

static void
show_moment(struct cli *cli, const char *label, const json_t *instance, const char *key)
{
    const char *at = time_second(cli->arena, json_get_string(instance, key, NULL));
    const char *age = instance_age(cli->arena, instance, key);

    output_fact(cli, label, at[0] == '\0' ? "%s" : "%s UTC (%s ago)", at, age);
}

/* How long the state may last, and what follows then. */
static void
show_deadline(struct cli *cli, const json_t *instance)
{
    const char *deadline = json_get_string(instance, "deadline_at", NULL);
    const char *at = time_second(cli->arena, deadline);
    int64_t at_ms;

    if (time_parse(deadline, &at_ms)) {
        int64_t left_ms = at_ms - clock_wall_ms();
        output_fact(cli, "until", "%s UTC (%s%s), then %s", at, left_ms < 0 ? "passed " : "in ",
                    time_age(cli->arena, left_ms < 0 ? -left_ms : left_ms),
                    json_get_string(instance, "next", "?"));
    }
}

/* The state's colour is ours; all else on the line is cleaned. */
static void
show_state(struct cli *cli, const json_t *instance)
{
    const char *state = json_get_string(instance, "status", "?");
    int64_t percent = json_get_i64(instance, "progress_percent", 0);
    enum colour colour = cli->out.colour ? stage_colour(state) : COLOUR_NONE;
    const char *now = stage_now(state, percent);

    printf("%-12s %s%s%s%s%s\n", "state", colour_begin(colour), clean_line(cli->arena, state),
           colour_end(colour), now[0] == '\0' ? "" : ": ", now);
    if (stage_is_on_its_way(state)) {
        output_fact(cli, "done", "%s %lld %%",
                    progress_bar(cli->arena, percent, SHOW_BAR_CELLS, cli->out.unicode),
                    (long long)percent);
    }
    show_moment(cli, "since", instance, "status_changed_at");
    show_deadline(cli, instance);
    output_fact(cli, "error", "%s", instance_error(cli->arena, instance));
    output_fact(cli, "reason", "%s", json_get_string(instance, "deletion_reason", ""));
}

static void
show_wish(struct cli *cli, const json_t *instance)
{
    output_fact(cli, "model", "%s", instance_model(instance));
    output_fact(cli, "type", "%s", instance_code(instance, "instance_type", ""));
    output_fact(cli, "zone", "%s", instance_code(instance, "zone", ""));
    output_fact(cli, "provider", "%s", json_get_string(instance, "provider_code", ""));
    show_moment(cli, "created", instance, "created_at");
    show_moment(cli, "ready", instance, "ready_at");
    show_moment(cli, "terminated", instance, "terminated_at");
}

static void
show_machine(struct cli *cli, const json_t *instance)
{
    int64_t gpus = json_get_i64(instance, "gpu_count", 0);
    int64_t vram = json_get_i64(instance, "gpu_vram", 0);

    output_fact(cli, "machine", "%s", json_get_string(instance, "provider_instance_id", ""));
    output_fact(cli, "address", "%s", instance_address(cli->arena, instance));
    if (gpus > 0) {
        output_fact(cli, "gpus", "%lld x %lld GB", (long long)gpus, (long long)vram);
    }
}

static void
show_worker(struct cli *cli, const json_t *instance)
{
    const char *status = json_get_string(instance, "worker_status", "");
    const char *age = instance_age(cli->arena, instance, "worker_last_heartbeat");
    int64_t queue = json_get_i64(instance, "worker_queue_depth", -1);

    if (age[0] != '\0') {
        output_fact(cli, "worker", "%s, last heartbeat %s ago", status, age);
        output_fact(cli, "serves", "%s", json_get_string(instance, "worker_model_id", ""));
    }
    if (queue >= 0) {
        output_fact(cli, "queue", "%lld", (long long)queue);
    }
}

static void
show_volume(struct cli *cli, const json_t *volume)
{
    int64_t gb = json_get_i64(volume, "size_gb", 0);

    output_fact(cli, "volume", "%s  %s  %lld GB  %s%s",
                json_get_string(volume, "provider_volume_id", "?"),
                json_get_string(volume, "volume_type", ""), (long long)gb,
                json_get_string(volume, "status", ""),
                json_get_bool(volume, "delete_on_terminate", true) ? "" : "  (kept)");
}

static void
show_rented(struct cli *cli, const json_t *instance)
{
    const char *hour = instance_money(cli->arena, instance, "cost_per_hour");
    const char *total = instance_money(cli->arena, instance, "total_cost");
    const json_t *billed = json_object_get(instance, "billed");
    size_t i;
    json_t *volume;

    json_array_foreach(json_object_get(instance, "storages"), i, volume)
    {
        show_volume(cli, volume);
    }
    if (hour[0] != '\0') {
        output_fact(cli, "cost", "%s EUR an hour%s%s%s%s", hour, total[0] == '\0' ? "" : ", ",
                    total, total[0] == '\0' ? "" : " EUR so far",
                    !json_is_boolean(billed) ? ""
                    : json_is_true(billed)   ? "; money runs"
                                             : "; no money runs");
    }
}

struct error
show_run(struct cli *cli)
{
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    const char *id;

    TRY(instance_pick(cli, cli->arguments.given[0], &id));
    TRY(remote_get(cli, cli->arena, instance_path(cli, id, ""), false, &reply));
    if (cli->json) {
        output_document(cli, reply.text);
        return NO_ERROR;
    }
    output_fact(cli, "instance", "%s", json_get_string(reply.json, "id", id));
    show_state(cli, reply.json);
    show_wish(cli, reply.json);
    show_machine(cli, reply.json);
    show_worker(cli, reply.json);
    show_rented(cli, reply.json);
    return NO_ERROR;
}
