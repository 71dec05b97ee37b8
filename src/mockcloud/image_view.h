/* image_view.h: an image in the Instance API's form. */
#ifndef INVENTIV_MOCKCLOUD_IMAGE_VIEW_H
#define INVENTIV_MOCKCLOUD_IMAGE_VIEW_H

#include "mockcloud/product_table.h"
#include "mockcloud/world.h"

/* A new reference. */
json_t *image_view(const struct world *world, const struct image *image, const char *zone);

#endif
