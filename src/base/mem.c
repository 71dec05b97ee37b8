#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *
mem_check(void *ptr)
{
    static const char message[] = "out of memory\n";

    if (ptr == NULL) {
        ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
        (void)ignored;
        abort();
    }
    return ptr;
}

void *
mem_alloc(size_t size)
{
    return mem_check(malloc(size == 0 ? 1 : size));
}

void *
mem_zalloc(size_t size)
{
    return mem_check(calloc(1, size == 0 ? 1 : size));
}

void *
mem_realloc(void *ptr, size_t size)
{
    return mem_check(realloc(ptr, size == 0 ? 1 : size));
}

char *
mem_strdup(const char *text)
{
    return mem_check(strdup(text));
}

void
mem_free(void *ptr)
{
    free(ptr);
}

void
mem_free_at(void *variable)
{
    void *ptr;

    memcpy(&ptr, variable, sizeof ptr);
    free(ptr);
}
