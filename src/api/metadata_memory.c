#include "api/metadata_memory.h"

#include <string.h>

#include "base/mem.h"

struct metadata_slot {
    unsigned char instance[METADATA_KEY_BYTES]; /* all zero: empty */
    int64_t hash;
};

struct metadata_memory {
    size_t slots;
    struct metadata_slot *slot;
};

struct metadata_memory *
metadata_memory_new(size_t slots)
{
    struct metadata_memory *memory = mem_alloc(sizeof *memory);

    *memory = (struct metadata_memory){ slots, mem_zalloc(slots * sizeof(struct metadata_slot)) };
    return memory;
}

void
metadata_memory_free(struct metadata_memory *memory)
{
    if (memory != NULL) {
        mem_free(memory->slot);
        mem_free(memory);
    }
}

/* Ids are random, so their own bytes are hash enough. */
static struct metadata_slot *
metadata_memory_slot(const struct metadata_memory *memory,
                     const unsigned char instance[METADATA_KEY_BYTES])
{
    uint64_t key;

    memcpy(&key, instance + METADATA_KEY_BYTES - sizeof key, sizeof key);
    return &memory->slot[key % memory->slots];
}

bool
metadata_memory_has(const struct metadata_memory *memory,
                    const unsigned char instance[METADATA_KEY_BYTES], int64_t hash)
{
    const struct metadata_slot *slot = metadata_memory_slot(memory, instance);

    return slot->hash == hash && memcmp(slot->instance, instance, METADATA_KEY_BYTES) == 0;
}

void
metadata_memory_put(struct metadata_memory *memory,
                    const unsigned char instance[METADATA_KEY_BYTES], int64_t hash)
{
    struct metadata_slot *slot = metadata_memory_slot(memory, instance);

    memcpy(slot->instance, instance, METADATA_KEY_BYTES);
    slot->hash = hash;
}

void
metadata_memory_forget(struct metadata_memory *memory,
                       const unsigned char instance[METADATA_KEY_BYTES])
{
    struct metadata_slot *slot = metadata_memory_slot(memory, instance);

    if (memcmp(slot->instance, instance, METADATA_KEY_BYTES) == 0) {
        *slot = (struct metadata_slot){ .hash = 0 };
    }
}
