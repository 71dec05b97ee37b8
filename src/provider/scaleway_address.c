/* scaleway_address.c: public addresses. */
#include "provider/scaleway_step.h"

static const char *
scaleway_address_url(struct scaleway_step *step)
{
    return scaleway_url(step, "instance", scaleway_by_ref(step, "/ips/", ""));
}

bool
scaleway_address_get_prepare(struct scaleway_step *step)
{
    return scaleway_ask(step, "GET", scaleway_address_url(step));
}

enum scaleway_verdict
scaleway_address_get_take(struct scaleway_step *step, const json_t *body)
{
    const json_t *ip = json_object_get(body, "ip");
    struct address_view *view = arena_array(step->arena, struct address_view, 1);
    if (!scaleway_is_about_ref(step, ip) || !scaleway_read_address(step->arena, ip, view)) {
        return SCALEWAY_GARBAGE;
    }
    step->call->addresses = view;
    step->call->address_count = 1;
    return SCALEWAY_DONE;
}

bool
scaleway_address_delete_prepare(struct scaleway_step *step)
{
    return scaleway_ask(step, "DELETE", scaleway_address_url(step));
}

bool
scaleway_address_list_prepare(struct scaleway_step *step)
{
    return scaleway_list_ask(step, "/ips", true);
}

static bool
scaleway_address_keep(struct scaleway_step *step, const char *id, const json_t *ip)
{
    (void)id;
    if (!scaleway_has_tags(step->call, ip)) {
        return true;
    }
    return scaleway_read_address(step->arena, ip,
                                 scaleway_list_add(step, sizeof(struct address_view)));
}

enum scaleway_verdict
scaleway_address_list_take(struct scaleway_step *step, const json_t *body)
{
    enum scaleway_verdict verdict = scaleway_list_take(step, body, "ips", scaleway_address_keep);
    step->call->addresses = step->rows;
    step->call->address_count = step->row_count;
    return verdict;
}
