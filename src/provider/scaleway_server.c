/* scaleway_server.c: servers, their actions, tags and user data. */
#include <string.h>

#include "base/mem.h"
#include "provider/scaleway_step.h"

/* The images that machines boot where none is named.  Families that boot from network storage
 * alone need an image that is a snapshot of such storage. */
static const char scaleway_image_gpu_os[] = "5c3d28db-33ce-4997-8572-f49506339283";
static const char scaleway_image_usual[] = "8e0da557-5d75-40ba-b928-5984075aa255";
static const char *const scaleway_diskless_families[] = { "L4-", "L40S-", "RENDER-" };

static const char *
scaleway_image(const struct provider_call *call)
{
    if (call->image != NULL && call->image[0] != '\0') {
        return call->image;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(scaleway_diskless_families); i++) {
        const char *family = scaleway_diskless_families[i];
        if (strncmp(call->instance_type, family, strlen(family)) == 0) {
            return scaleway_image_gpu_os;
        }
    }
    return call->diskless ? scaleway_image_gpu_os : scaleway_image_usual;
}

/* No volumes are named for any type: the image brings its root volume, and diskless types refuse
 * all others. */
bool
scaleway_server_create_prepare(struct scaleway_step *step)
{
    const struct provider_call *call = step->call;
    if (call->name == NULL || call->instance_type == NULL) {
        return false;
    }
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:o}", "name", call->name,
                             "commercial_type", call->instance_type, "project",
                             step->driver->project_id, "image", scaleway_image(call), "boot_type",
                             "local", "dynamic_ip_required", 1, "tags", scaleway_tags_json(call));
    return scaleway_send(step, "POST", scaleway_url(step, "instance", "/servers"), body);
}

static bool
scaleway_server_keep(struct scaleway_step *step, const char *id, const json_t *server)
{
    (void)id;
    if (!scaleway_has_tags(step->call, server)) {
        return true;
    }
    return scaleway_read_server(step->arena, server,
                                scaleway_list_add(step, sizeof(struct server_view)));
}

static enum scaleway_verdict
scaleway_server_only(struct scaleway_step *step, const json_t *server)
{
    struct server_view *view = arena_array(step->arena, struct server_view, 1);
    if (!scaleway_read_server(step->arena, server, view)) {
        return SCALEWAY_GARBAGE;
    }
    step->call->servers = view;
    step->call->server_count = 1;
    return SCALEWAY_DONE;
}

enum scaleway_verdict
scaleway_server_create_take(struct scaleway_step *step, const json_t *body)
{
    enum scaleway_verdict verdict = scaleway_server_only(step, json_object_get(body, "server"));
    if (verdict == SCALEWAY_DONE) {
        step->call->new_ref = step->call->servers[0].ref;
    }
    return verdict;
}

bool
scaleway_server_delete_prepare(struct scaleway_step *step)
{
    return scaleway_ask(step, "DELETE",
                        scaleway_url(step, "instance", scaleway_by_ref(step, "/servers/", "")));
}

static const char *
scaleway_action_name(enum call_kind kind)
{
    return kind == CALL_SERVER_POWERON    ? "poweron"
           : kind == CALL_SERVER_POWEROFF ? "poweroff"
                                          : "reboot";
}

bool
scaleway_server_action_prepare(struct scaleway_step *step)
{
    return scaleway_send(
        step, "POST", scaleway_url(step, "instance", scaleway_by_ref(step, "/servers/", "/action")),
        json_pack("{s:s}", "action", scaleway_action_name(step->call->kind)));
}

enum scaleway_verdict
scaleway_server_action_take(struct scaleway_step *step, const json_t *body)
{
    (void)step;
    return json_is_object(json_object_get(body, "task")) ? SCALEWAY_DONE : SCALEWAY_GARBAGE;
}

bool
scaleway_server_tags_prepare(struct scaleway_step *step)
{
    return scaleway_send(step, "PATCH",
                         scaleway_url(step, "instance", scaleway_by_ref(step, "/servers/", "")),
                         json_pack("{s:o}", "tags", scaleway_tags_json(step->call)));
}

enum scaleway_verdict
scaleway_server_patch_take(struct scaleway_step *step, const json_t *body)
{
    return scaleway_is_about_ref(step, json_object_get(body, "server")) ? SCALEWAY_DONE
                                                                        : SCALEWAY_GARBAGE;
}

bool
scaleway_user_data_prepare(struct scaleway_step *step)
{
    const char *rest = scaleway_by_ref(step, "/servers/", "/user_data/cloud-init");
    return scaleway_send_text(step, "PATCH", scaleway_url(step, "instance", rest),
                              step->call->user_data);
}

bool
scaleway_server_get_prepare(struct scaleway_step *step)
{
    return scaleway_ask(step, "GET",
                        scaleway_url(step, "instance", scaleway_by_ref(step, "/servers/", "")));
}

enum scaleway_verdict
scaleway_server_get_take(struct scaleway_step *step, const json_t *body)
{
    const json_t *server = json_object_get(body, "server");
    return scaleway_is_about_ref(step, server) ? scaleway_server_only(step, server)
                                               : SCALEWAY_GARBAGE;
}

bool
scaleway_server_list_prepare(struct scaleway_step *step)
{
    return scaleway_list_ask(step, "/servers", true);
}

enum scaleway_verdict
scaleway_server_list_take(struct scaleway_step *step, const json_t *body)
{
    enum scaleway_verdict verdict = scaleway_list_take(step, body, "servers", scaleway_server_keep);
    step->call->servers = step->rows;
    step->call->server_count = step->row_count;
    return verdict;
}
