/* deploy.c: asks for an instance; with --wait stays until it is ready. */
#include "base/json.h"
#include "cli/catalogue.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/instance_pick.h"
#include "cli/output.h"
#include "cli/remote.h"

static struct error
deploy_required(struct cli *cli, const char *option, const char **out)
{
    *out = arguments_option(&cli->arguments, option);
    if (*out == NULL || (*out)[0] == '\0') {
        return error_make(cli->arena, ERR_INPUT,
                          "deploy needs --model, --type and --zone; --%s is missing (`inventiv "
                          "%ss` lists what there is)",
                          option, option);
    }
    return NO_ERROR;
}

/* The body of POST /deployments; a new reference. */
static struct error
deploy_body(struct cli *cli, json_t **out)
{
    const char *model;
    const char *type;
    const char *zone;
    const char *model_id;
    const char *provider = arguments_option(&cli->arguments, "provider");

    TRY(deploy_required(cli, "model", &model));
    TRY(deploy_required(cli, "type", &type));
    TRY(deploy_required(cli, "zone", &zone));
    TRY(catalogue_find_model(cli, model, &model_id));
    if (provider == NULL) {
        TRY(catalogue_provider_of_zone(cli, zone, &provider));
    }
    *out = json_pack("{s:s, s:s, s:s}", "model_id", model_id, "instance_type", type, "zone", zone);
    if (*out == NULL) {
        return error_static(ERR_INPUT, "what is asked for must be valid UTF-8");
    }
    if (provider != NULL) {
        json_object_set_new(*out, "provider_code", json_string(provider));
    }
    return NO_ERROR;
}

struct error
deploy_run(struct cli *cli)
{
    CLEANUP_JSON json_t *body = NULL;
    CLEANUP_REPLY struct remote_reply reply = { 0 };
    struct follow_wish wish = { .goal = GOAL_READY, .patient = true };

    TRY(follow_timeout_given(cli, &wish.timeout_ms));
    TRY(deploy_body(cli, &body));
    TRY(remote_call(cli, cli->arena, "POST", "/deployments", body, &reply));
    wish.id = arena_strdup(cli->arena, json_get_string(reply.json, "instance_id", ""));
    bool waits = arguments_option(&cli->arguments, "wait") != NULL;
    if (cli->json && !waits) {
        output_document(cli, reply.text);
    }
    output_line(cli, "%s  accepted", wish.id);
    if (!waits) {
        output_line(cli, "`inventiv wait %s` shows how far it is", instance_short(cli, wish.id));
        return NO_ERROR;
    }
    return follow_instance(cli, &wish);
}
