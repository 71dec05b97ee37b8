/* arena.h: memory that is freed whole.  One arena serves one unit of work (a request, a cycle, a
 * heartbeat); whatever was taken from it lives until arena_free().  Not safe to share between
 * threads that allocate at the same time. */
#ifndef INVENTIV_BASE_ARENA_H
#define INVENTIV_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* Never NULL; the caller frees it with arena_free(), which accepts NULL. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
void arena_free_at(struct arena **arena);
#define CLEANUP_ARENA __attribute__((cleanup(arena_free_at)))

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))

/* NULL in, NULL out. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *
arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
