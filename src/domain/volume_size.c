#include "domain/volume_size.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

enum { VOLUME_DEFAULT_GB = 200 };

/* Billions of parameters as named, or 0. */
static double
volume_model_billions(const char *model)
{
    for (const char *c = model; *c != '\0'; c++) {
        bool begins = isdigit((unsigned char)*c) &&
                      (c == model || (!isalnum((unsigned char)c[-1]) && c[-1] != '.'));
        if (!begins) {
            continue;
        }
        char *end;
        double number = strtod(c, &end);
        bool billions = (*end == 'b' || *end == 'B') && !isalnum((unsigned char)end[1]);
        if (billions) {
            return number;
        }
        c = end - 1;
    }
    return 0;
}

int64_t
volume_size_gb(const char *model, int64_t stored_gb)
{
    static const struct {
        double billions;
        int64_t gb;
    } sizes[] = { { 0.6, 50 }, { 2, 70 }, { 9, 100 }, { 14, 120 }, { 34, 180 }, { 72, 450 } };
    double billions = volume_model_billions(model);

    if (stored_gb > 0) {
        return stored_gb;
    }
    for (size_t i = 0; billions > 0 && i < sizeof sizes / sizeof sizes[0]; i++) {
        if (billions <= sizes[i].billions) {
            return sizes[i].gb;
        }
    }
    return VOLUME_DEFAULT_GB;
}
