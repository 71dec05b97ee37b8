/* volume_size.h: how large a boot volume a model needs for its weights, engine and cache. */
#ifndef INVENTIV_DOMAIN_VOLUME_SIZE_H
#define INVENTIV_DOMAIN_VOLUME_SIZE_H

#include <stdint.h>

/* GB (10^9), by the number of parameters in the model's name ("Llama-3.1-8B" -> 100): the table of
 * the existing system (wire.md 7), read as numbers, so that "32B" is not taken for "2B".
 * stored_gb, where above 0, wins. */
int64_t volume_size_gb(const char *model, int64_t stored_gb);

#endif
