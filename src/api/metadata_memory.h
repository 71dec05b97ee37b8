/* metadata_memory.h: which workers' metadata is known to be stored, by its hash, so that it is not
 * sent to the database again with every beat.  Bounded: a slot is taken over by whoever comes
 * later, and what is forgotten is merely sent once more. */
#ifndef INVENTIV_API_METADATA_MEMORY_H
#define INVENTIV_API_METADATA_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { METADATA_KEY_BYTES = 16 };

struct metadata_memory;

struct metadata_memory *metadata_memory_new(size_t slots);
void metadata_memory_free(struct metadata_memory *memory);

bool metadata_memory_has(const struct metadata_memory *memory,
                         const unsigned char instance[METADATA_KEY_BYTES], int64_t hash);
void metadata_memory_put(struct metadata_memory *memory,
                         const unsigned char instance[METADATA_KEY_BYTES], int64_t hash);
void metadata_memory_forget(struct metadata_memory *memory,
                            const unsigned char instance[METADATA_KEY_BYTES]);

#endif
