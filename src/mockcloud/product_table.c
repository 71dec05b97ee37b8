#include "mockcloud/product_table.h"

#include <string.h>

#include "base/mem.h"

#define GB 1000000000LL

const struct product products[] = {
    { "mock-local-instance", "Mock-GPU", 1, 2, 4, 8, 1000, 0.0, 100 * GB },
    { "B300-SXM-8-288G", "B300-SXM", 8, 288, 224, 3840, 20000, 60.0, 3000 * GB },
    { "H100-SXM-8-80G", "H100-SXM", 8, 80, 128, 960, 20000, 23.028, 3000 * GB },
    { "H100-SXM-4-80G", "H100-SXM", 4, 80, 64, 480, 20000, 11.61, 3000 * GB },
    { "H100-SXM-2-80G", "H100-SXM", 2, 80, 32, 240, 20000, 6.018, 3000 * GB },
    { "H100-2-80G", "H100-PCIe", 2, 80, 48, 480, 20000, 5.46, 3000 * GB },
    { "H100-1-80G", "H100-PCIe", 1, 80, 24, 240, 10000, 2.73, 3000 * GB },
    { "L40S-8-48G", "L40S", 8, 48, 64, 768, 20000, 11.1994, 0 },
    { "L40S-4-48G", "L40S", 4, 48, 32, 384, 10000, 5.5997, 0 },
    { "L40S-2-48G", "L40S", 2, 48, 16, 192, 5000, 2.7998, 0 },
    { "L40S-1-48G", "L40S", 1, 48, 8, 96, 2500, 1.3999, 0 },
    { "L4-8-24G", "L4", 8, 24, 64, 384, 20000, 6.0, 0 },
    { "L4-4-24G", "L4", 4, 24, 32, 192, 10000, 3.0, 0 },
    { "L4-2-24G", "L4", 2, 24, 16, 96, 5000, 1.5, 0 },
    { "L4-1-24G", "L4", 1, 24, 8, 48, 2500, 0.75, 0 },
    { "RENDER-S", "P100", 1, 16, 10, 42, 2000, 1.221, 400 * GB },
};
const size_t product_count = ARRAY_LENGTH(products);

const struct image images[] = {
    { "5c3d28db-33ce-4997-8572-f49506339283", "Ubuntu Noble GPU OS 13 passthrough" },
    { "8e0da557-5d75-40ba-b928-5984075aa255", "Ubuntu Noble" },
};
const size_t image_count = ARRAY_LENGTH(images);

const struct product *
product_find(const char *name)
{
    for (size_t i = 0; i < product_count; i++) {
        if (strcmp(products[i].name, name) == 0) {
            return &products[i];
        }
    }
    return NULL;
}

const struct image *
image_find(const char *id)
{
    for (size_t i = 0; i < image_count; i++) {
        if (strcmp(images[i].id, id) == 0) {
            return &images[i];
        }
    }
    return NULL;
}
