/* scaleway_catalogue.c: types of machines with prices, joined with what is in stock. */
#include <string.h>

#include "provider/scaleway_step.h"

bool
scaleway_type_list_prepare(struct scaleway_step *step)
{
    return scaleway_list_ask(step,
                             step->stage == SCALEWAY_SECOND ? "/products/servers/availability"
                                                            : "/products/servers",
                             false);
}

static bool
scaleway_type_keep(struct scaleway_step *step, const char *code, const json_t *type)
{
    const json_t *network = json_object_get(type, "network");
    struct type_view *view = scaleway_list_add(step, sizeof(*view));
    *view = (struct type_view){
        .code = arena_strdup(step->arena, code),
        .gpu_count = json_get_i64(type, "gpu", 0),
        .vram_per_gpu_bytes = json_get_i64(json_object_get(type, "gpu_info"), "gpu_memory", 0),
        .cpu_count = json_get_i64(type, "ncpus", 0),
        .ram_bytes = json_get_i64(type, "ram", 0),
        .bandwidth_bps = json_get_i64(network, "sum_internet_bandwidth", 0),
        .cost_per_hour_eur = json_get_double(type, "hourly_price", 0),
        .stock = "",
    };
    return true;
}

static void
scaleway_stock_read(struct scaleway_step *step, const char *code, const json_t *row)
{
    struct type_view *types = step->rows;
    for (size_t i = 0; i < step->row_count; i++) {
        if (strcmp(types[i].code, code) == 0) {
            types[i].stock = arena_strdup(step->arena, json_get_string(row, "availability", ""));
        }
    }
}

/* Stock of a type that the first list does not know is of no use. */
static bool
scaleway_stock_keep(struct scaleway_step *step, const char *code, const json_t *row)
{
    (void)step;
    (void)code;
    (void)row;
    return true;
}

enum scaleway_verdict
scaleway_type_list_take(struct scaleway_step *step, const json_t *body)
{
    if (step->stage == SCALEWAY_FIRST) {
        enum scaleway_verdict verdict =
            scaleway_list_take(step, body, "servers", scaleway_type_keep);
        if (verdict == SCALEWAY_DONE) {
            scaleway_list_next_stage(step);
            return SCALEWAY_MORE;
        }
        return verdict;
    }
    json_t *rows = json_object_get(body, "servers");
    const char *code;
    json_t *row;
    json_object_foreach(rows, code, row)
    {
        scaleway_stock_read(step, code, row);
    }
    enum scaleway_verdict verdict = scaleway_list_take(step, body, "servers", scaleway_stock_keep);
    step->call->types = step->rows;
    step->call->type_count = step->row_count;
    return verdict;
}
