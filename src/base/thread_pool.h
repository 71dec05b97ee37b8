/* thread_pool.h: a fixed number of threads and a bounded queue of work. */
#ifndef INVENTIV_BASE_THREAD_POOL_H
#define INVENTIV_BASE_THREAD_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct thread_pool;

/* fn(argument, slot): slot is the index of the thread that runs it, 0 .. threads-1, so that a
 * thread can own a database connection. */
typedef void (*thread_pool_fn)(void *argument, size_t slot);

struct thread_pool *thread_pool_new(const char *name, size_t threads, size_t waiting_max);
/* False, and nothing kept, when waiting_max pieces of work wait already. */
bool thread_pool_add(struct thread_pool *pool, thread_pool_fn fn, void *argument);
/* Threads that have nothing to do right now; a moment's answer. */
size_t thread_pool_idle(struct thread_pool *pool);
/* Runs what is queued, then ends the threads; NULL accepted. */
void thread_pool_free(struct thread_pool *pool);

#endif
