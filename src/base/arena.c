#include "base/arena.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { ARENA_BLOCK = 8 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(16) char bytes[];
};

struct arena {
    struct arena_block *blocks;
};

struct arena *
arena_new(void)
{
    return mem_zalloc(sizeof(struct arena));
}

void
arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    for (struct arena_block *block = arena->blocks; block != NULL;) {
        struct arena_block *next = block->next;
        mem_free(block);
        block = next;
    }
    mem_free(arena);
}

void
arena_free_at(struct arena **arena)
{
    arena_free(*arena);
}

static struct arena_block *
arena_block_add(struct arena *arena, size_t size)
{
    size_t room = size > ARENA_BLOCK ? size : ARENA_BLOCK;
    struct arena_block *block = mem_alloc(sizeof *block + room);

    *block = (struct arena_block){ .next = arena->blocks, .size = room };
    arena->blocks = block;
    return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    size_t need = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    struct arena_block *block = arena->blocks;

    if (block == NULL || block->size - block->used < need) {
        block = arena_block_add(arena, need);
    }
    void *ptr = block->bytes + block->used;
    block->used += need;
    return memset(ptr, 0, size);
}

char *
arena_strndup(struct arena *arena, const char *text, size_t length)
{
    if (text == NULL) {
        return NULL;
    }
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_strndup(arena, text, strlen(text));
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) {
        return arena_strdup(arena, format);
    }
    char *text = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, args);
    return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
