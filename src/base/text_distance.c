#include "base/text_distance.h"

#include <string.h>

enum { TEXT_DISTANCE_LENGTH_MAX = 96 };

unsigned
text_distance(const char *a, const char *b)
{
    size_t length_b = strnlen(b, TEXT_DISTANCE_LENGTH_MAX);
    unsigned row[TEXT_DISTANCE_LENGTH_MAX + 1];

    for (size_t j = 0; j <= length_b; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 0; a[i] != '\0' && i < TEXT_DISTANCE_LENGTH_MAX; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < length_b; j++) {
            unsigned change = diagonal + (a[i] != b[j]);
            unsigned step = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            diagonal = row[j + 1];
            row[j + 1] = change < step ? change : step;
        }
    }
    return row[length_b];
}
