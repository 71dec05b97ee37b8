/* mem.h: heap memory that never comes back NULL.  The one home of malloc and of the decision
 * that running out of memory ends the process (mem.c). */
#ifndef INVENTIV_BASE_MEM_H
#define INVENTIV_BASE_MEM_H

#include <stddef.h>

/* All of these abort the process when memory is out; the caller owns what is returned and
 * gives it back with mem_free(). */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *ptr, size_t size);
char *mem_strdup(const char *text);
void mem_free(void *ptr);

/* For use with __attribute__((cleanup)): frees the pointer that a variable holds. */
void mem_free_at(void *variable);
#define CLEANUP_MEM __attribute__((cleanup(mem_free_at)))

#define ARRAY_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#endif
