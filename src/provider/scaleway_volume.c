/* scaleway_volume.c: volumes, which live in two APIs: local ones in the instance API, network
 * ones in the block API, each invisible to the other.  Where the type is not known the instance
 * API is asked first, and only its not_found leads to the block API. */
#include <string.h>

#include "provider/scaleway_step.h"

static bool
scaleway_volume_type_is_known(const struct provider_call *call)
{
    return call->volume_type != NULL && call->volume_type[0] != '\0';
}

static bool
scaleway_volume_is_block(const struct scaleway_step *step)
{
    return step->stage == SCALEWAY_SECOND || (scaleway_volume_type_is_known(step->call) &&
                                              strncmp(step->call->volume_type, "sbs", 3) == 0);
}

bool
scaleway_volume_try_block(struct scaleway_step *step)
{
    enum call_kind kind = step->call->kind;
    if (step->stage == SCALEWAY_SECOND || scaleway_volume_type_is_known(step->call) ||
        (kind != CALL_VOLUME_GET && kind != CALL_VOLUME_RESIZE && kind != CALL_VOLUME_DELETE)) {
        return false;
    }
    step->stage = SCALEWAY_SECOND;
    return true;
}

static const char *
scaleway_volume_url(struct scaleway_step *step)
{
    return scaleway_url(step, scaleway_volume_is_block(step) ? "block" : "instance",
                        scaleway_by_ref(step, "/volumes/", ""));
}

/* The block API gives the bare volume, the instance API wraps it. */
static const json_t *
scaleway_volume_in(const struct scaleway_step *step, const json_t *body)
{
    return scaleway_volume_is_block(step) ? body : json_object_get(body, "volume");
}

static bool
scaleway_volume_read(struct scaleway_step *step, const json_t *volume, struct volume_view *out)
{
    return scaleway_volume_is_block(step) ? scaleway_read_block_volume(step->arena, volume, out)
                                          : scaleway_read_volume(step->arena, volume, out);
}

bool
scaleway_volume_get_prepare(struct scaleway_step *step)
{
    return scaleway_ask(step, "GET", scaleway_volume_url(step));
}

enum scaleway_verdict
scaleway_volume_get_take(struct scaleway_step *step, const json_t *body)
{
    const json_t *volume = scaleway_volume_in(step, body);
    struct volume_view *view = arena_array(step->arena, struct volume_view, 1);
    if (!scaleway_is_about_ref(step, volume) || !scaleway_volume_read(step, volume, view)) {
        return SCALEWAY_GARBAGE;
    }
    step->call->volumes = view;
    step->call->volume_count = 1;
    return SCALEWAY_DONE;
}

bool
scaleway_volume_resize_prepare(struct scaleway_step *step)
{
    const struct provider_call *call = step->call;
    json_t *body = json_object();
    int failed = 0;
    if (call->size_bytes > 0) {
        failed |= json_object_set_new(body, "size", json_integer(call->size_bytes));
    }
    if (call->tags != NULL) {
        failed |= json_object_set_new(body, "tags", scaleway_tags_json(call));
    }
    if (failed != 0 || json_object_size(body) == 0) {
        json_decref(body);
        return false;
    }
    return scaleway_send(step, "PATCH", scaleway_volume_url(step), body);
}

enum scaleway_verdict
scaleway_volume_resize_take(struct scaleway_step *step, const json_t *body)
{
    return scaleway_is_about_ref(step, scaleway_volume_in(step, body)) ? SCALEWAY_DONE
                                                                       : SCALEWAY_GARBAGE;
}

bool
scaleway_volume_delete_prepare(struct scaleway_step *step)
{
    return scaleway_ask(step, "DELETE", scaleway_volume_url(step));
}

bool
scaleway_volume_list_prepare(struct scaleway_step *step)
{
    return step->stage == SCALEWAY_SECOND ? scaleway_list_ask_block(step, "/volumes")
                                          : scaleway_list_ask(step, "/volumes", true);
}

static bool
scaleway_volume_keep(struct scaleway_step *step, const char *id, const json_t *volume)
{
    (void)id;
    if (!scaleway_has_tags(step->call, volume)) {
        return true;
    }
    return scaleway_volume_read(step, volume, scaleway_list_add(step, sizeof(struct volume_view)));
}

enum scaleway_verdict
scaleway_volume_list_take(struct scaleway_step *step, const json_t *body)
{
    enum scaleway_verdict verdict = scaleway_list_take(step, body, "volumes", scaleway_volume_keep);
    if (verdict == SCALEWAY_DONE && step->stage == SCALEWAY_FIRST) {
        scaleway_list_next_stage(step);
        return SCALEWAY_MORE;
    }
    step->call->volumes = step->rows;
    step->call->volume_count = step->row_count;
    return verdict;
}
