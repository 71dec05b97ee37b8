/* product_table.h: the types of machine that the local cloud rents: one of its own, and the
 * provider's real GPU types with their prices, so that fit, cost and fallback are real questions. */
#ifndef INVENTIV_MOCKCLOUD_PRODUCT_TABLE_H
#define INVENTIV_MOCKCLOUD_PRODUCT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct product {
    const char *name;
    const char *gpu_name;
    int gpus;
    int vram_gib; /* of each GPU */
    int vcpus;
    int ram_gib;
    int mbit;                /* network */
    double hourly_price;     /* EUR */
    int64_t local_max_bytes; /* local volumes together; 0: none allowed */
};

extern const struct product products[];
extern const size_t product_count;

/* NULL when it is none of ours. */
const struct product *product_find(const char *name);

struct image {
    const char *id;
    const char *name;
};

/* The images that the driver knows by id. */
extern const struct image images[];
extern const size_t image_count;
const struct image *image_find(const char *id);

#endif
