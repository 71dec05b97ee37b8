/* Products, availability and images: what can be rented and from what it boots. */
#include "mockcloud/apis.h"
#include "mockcloud/image_view.h"
#include "mockcloud/list.h"
#include "mockcloud/product_table.h"

#define GIB (1024LL * 1024 * 1024)
#define MBIT 1000000LL
enum { HOURS_A_MONTH = 730 };
#define IMAGE_DATE "2024-10-02T09:00:00.000Z"
#define IMAGE_ROOT_BYTES 20000000000LL

static json_t *
product_network(const struct product *product)
{
    json_int_t bits = product->mbit * MBIT;

    return json_pack("{s:I, s:I, s:b, s:[{s:I, s:I}]}", "sum_internal_bandwidth", bits,
                     "sum_internet_bandwidth", bits, "ipv6_support", 1, "interfaces",
                     "internal_bandwidth", bits, "internet_bandwidth", bits);
}

static json_t *
product_view(const struct product *product)
{
    json_t *view = json_pack(
        "{s:[], s:s, s:i, s:I, s:i, s:{s:s, s:s, s:I}, s:f, s:f, s:b, s:b}", "alt_names", "arch",
        "x86_64", "ncpus", product->vcpus, "ram", (json_int_t)(product->ram_gib * GIB), "gpu",
        product->gpus, "gpu_info", "gpu_manufacturer", "NVIDIA", "gpu_name", product->gpu_name,
        "gpu_memory", (json_int_t)(product->vram_gib * GIB), "hourly_price", product->hourly_price,
        "monthly_price", product->hourly_price * HOURS_A_MONTH, "baremetal", 0, "end_of_service",
        0);
    json_int_t local_max = product->local_max_bytes;

    json_object_set_new(view, "volumes_constraint",
                        json_pack("{s:i, s:I}", "min_size", 0, "max_size", local_max));
    json_object_set_new(view, "per_volume_constraint",
                        json_pack("{s:{s:i, s:I}}", "l_ssd", "min_size", 0, "max_size", local_max));
    json_object_set_new(view, "network", product_network(product));
    json_object_set_new(view, "block_bandwidth", json_integer((json_int_t)(product->mbit * MBIT)));
    json_object_set_new(view, "scratch_storage_max_size", json_integer(0));
    json_object_set_new(view, "capabilities",
                        json_pack("{s:[s], s:b, s:b, s:i, s:i}", "boot_types", "local",
                                  "block_storage", 1, "placement_groups", 0, "private_network", 0,
                                  "max_file_systems", 0));
    return view;
}

void
api_product_list(struct call *call)
{
    json_t *servers = json_object();

    for (size_t i = 0; i < product_count; i++) {
        json_object_set_new(servers, products[i].name, product_view(&products[i]));
    }
    list_reply_page(call, "servers", false, servers);
}

void
api_product_availability(struct call *call)
{
    json_t *servers = json_object();

    for (size_t i = 0; i < product_count; i++) {
        json_object_set_new(servers, products[i].name,
                            json_pack("{s:s}", "availability", "available"));
    }
    list_reply_page(call, "servers", false, servers);
}

json_t *
image_view(const struct world *world, const struct image *image, const char *zone)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:I, s:s}, s:{}, s:n, s:s, "
                     "s:s, s:b, s:[], s:s}",
                     "id", image->id, "name", image->name, "arch", "x86_64", "creation_date",
                     IMAGE_DATE, "modification_date", IMAGE_DATE, "organization",
                     world->organization, "project", world->project, "root_volume", "id", image->id,
                     "name", image->name, "size", (json_int_t)IMAGE_ROOT_BYTES, "volume_type",
                     "sbs_snapshot", "extra_volumes", "default_bootscript", "from_server", "",
                     "state", "available", "public", 1, "tags", "zone", zone);
}

void
api_image_list(struct call *call)
{
    json_t *list = json_array();

    for (size_t i = 0; i < image_count; i++) {
        json_array_append_new(list, image_view(call->world, &images[i], call->zone));
    }
    list_reply_page(call, "images", false, list);
}

void
api_image_get(struct call *call)
{
    const struct image *image = image_find(call->id);

    if (image == NULL) {
        call_not_found(call, "instance_image", call->id);
        return;
    }
    call_reply_named(call, 200, "image", image_view(call->world, image, call->zone));
}
