#include "api/metadata_memory.h"

#include <string.h>

#include "base/mem.h"

struct metadata_slot {
    unsigned char instance[METADATA_KEY_BYTES]; /* all zero: empty */
    int64_t hash;
};

/* A key has its place in one bucket, in any of its slots.  With eight of them, and twice as many
 * slots as workers, next to nobody is pushed out by others; with one, most would be. */
enum { METADATA_WAYS = 8 };

struct metadata_memory {
    size_t buckets;
    struct metadata_slot *slots; /* METADATA_WAYS a bucket */
};

struct metadata_memory *
metadata_memory_new(size_t slots)
{
    struct metadata_memory *memory = mem_alloc(sizeof *memory);

    memory->buckets = (slots + METADATA_WAYS - 1) / METADATA_WAYS;
    memory->slots = mem_zalloc(memory->buckets * METADATA_WAYS * sizeof(struct metadata_slot));
    return memory;
}

void
metadata_memory_free(struct metadata_memory *memory)
{
    if (memory != NULL) {
        mem_free(memory->slots);
        mem_free(memory);
    }
}

/* Ids are random but for a few bits, which are the same in all: mixed, they spread over all
 * buckets. */
static uint64_t
metadata_memory_key(const unsigned char instance[METADATA_KEY_BYTES])
{
    uint64_t key;

    memcpy(&key, instance + METADATA_KEY_BYTES - sizeof key, sizeof key);
    return key * 0x9e3779b97f4a7c15ULL >> 24;
}

static struct metadata_slot *
metadata_memory_bucket(const struct metadata_memory *memory,
                       const unsigned char instance[METADATA_KEY_BYTES])
{
    return &memory->slots[metadata_memory_key(instance) % memory->buckets * METADATA_WAYS];
}

/* The slot that holds the key; NULL: none. */
static struct metadata_slot *
metadata_memory_find(const struct metadata_memory *memory,
                     const unsigned char instance[METADATA_KEY_BYTES])
{
    struct metadata_slot *bucket = metadata_memory_bucket(memory, instance);

    for (size_t i = 0; i < METADATA_WAYS; i++) {
        if (memcmp(bucket[i].instance, instance, METADATA_KEY_BYTES) == 0) {
            return &bucket[i];
        }
    }
    return NULL;
}

bool
metadata_memory_has(const struct metadata_memory *memory,
                    const unsigned char instance[METADATA_KEY_BYTES], int64_t hash)
{
    const struct metadata_slot *slot = metadata_memory_find(memory, instance);

    return slot != NULL && slot->hash == hash;
}

/* Its own slot, an empty one, or, in a full bucket, one that its key chooses: so a few too many do
 * not push all others out in turn. */
static struct metadata_slot *
metadata_memory_room(struct metadata_memory *memory,
                     const unsigned char instance[METADATA_KEY_BYTES])
{
    static const unsigned char nobody[METADATA_KEY_BYTES];
    struct metadata_slot *bucket = metadata_memory_bucket(memory, instance);
    struct metadata_slot *slot = metadata_memory_find(memory, instance);

    for (size_t i = 0; slot == NULL && i < METADATA_WAYS; i++) {
        if (memcmp(bucket[i].instance, nobody, METADATA_KEY_BYTES) == 0) {
            slot = &bucket[i];
        }
    }
    return slot != NULL ? slot : &bucket[metadata_memory_key(instance) >> 37 & (METADATA_WAYS - 1)];
}

void
metadata_memory_put(struct metadata_memory *memory,
                    const unsigned char instance[METADATA_KEY_BYTES], int64_t hash)
{
    struct metadata_slot *slot = metadata_memory_room(memory, instance);

    memcpy(slot->instance, instance, METADATA_KEY_BYTES);
    slot->hash = hash;
}

void
metadata_memory_forget(struct metadata_memory *memory,
                       const unsigned char instance[METADATA_KEY_BYTES])
{
    struct metadata_slot *slot = metadata_memory_find(memory, instance);

    if (slot != NULL) {
        *slot = (struct metadata_slot){ .hash = 0 };
    }
}
