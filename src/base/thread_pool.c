#include "base/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

struct thread_pool_work {
    thread_pool_fn fn;
    void *argument;
};

struct thread_pool_thread {
    struct thread_pool *pool;
    size_t slot;
    pthread_t id;
};

struct thread_pool {
    pthread_mutex_t mutex; /* guards all of it but the constants */
    pthread_cond_t added;
    size_t threads;
    size_t idle;   /* threads that wait for work; some of it may already be queued for them */
    size_t first;  /* index of the oldest in the ring */
    size_t queued; /* in the ring */
    size_t waiting_max;
    size_t room; /* of the ring: what waits and what idle threads are about to take */
    bool ending;
    struct thread_pool_work *ring;
    struct thread_pool_thread *members;
};

/* False when the pool ends and nothing is left.  was_busy: the thread comes back from work. */
static bool
thread_pool_take(struct thread_pool *pool, bool was_busy, struct thread_pool_work *out)
{
    pthread_mutex_lock(&pool->mutex);
    pool->idle += was_busy;
    while (pool->queued == 0 && !pool->ending) {
        pthread_cond_wait(&pool->added, &pool->mutex);
    }
    pool->idle--;
    bool taken = pool->queued > 0;
    if (taken) {
        *out = pool->ring[pool->first];
        pool->first = (pool->first + 1) % pool->room;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->mutex);
    return taken;
}

static void *
thread_pool_main(void *argument)
{
    struct thread_pool_thread *self = argument;
    struct thread_pool_work work;

    for (bool busy = false; thread_pool_take(self->pool, busy, &work); busy = true) {
        work.fn(work.argument, self->slot);
    }
    return NULL;
}

static void
thread_pool_start_thread(struct thread_pool *pool, const char *name, size_t slot)
{
    struct thread_pool_thread *member = &pool->members[slot];
    char label[16]; /* what the kernel keeps */

    *member = (struct thread_pool_thread){ .pool = pool, .slot = slot };
    if (pthread_create(&member->id, NULL, thread_pool_main, member) != 0) {
        abort(); /* as fatal as being out of memory */
    }
    snprintf(label, sizeof label, "%.11s-%u", name, (unsigned)(slot % 1000));
    pthread_setname_np(member->id, label);
}

struct thread_pool *
thread_pool_new(const char *name, size_t threads, size_t waiting_max)
{
    struct thread_pool *pool = mem_zalloc(sizeof *pool);
    sigset_t all;
    sigset_t before;

    pool->threads = threads;
    pool->idle = threads;
    pool->waiting_max = waiting_max;
    pool->room = threads + waiting_max;
    pool->ring = mem_zalloc(sizeof *pool->ring * pool->room);
    pool->members = mem_zalloc(sizeof *pool->members * threads);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->added, NULL);
    /* Signals are the main thread's and the loop's. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t slot = 0; slot < threads; slot++) {
        thread_pool_start_thread(pool, name, slot);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

bool
thread_pool_add(struct thread_pool *pool, thread_pool_fn fn, void *argument)
{
    pthread_mutex_lock(&pool->mutex);
    /* What an idle thread is about to take does not wait. */
    bool room = pool->queued < pool->waiting_max + pool->idle;
    if (room) {
        size_t last = (pool->first + pool->queued) % pool->room;
        pool->ring[last] = (struct thread_pool_work){ fn, argument };
        pool->queued++;
        pthread_cond_signal(&pool->added);
    }
    pthread_mutex_unlock(&pool->mutex);
    return room;
}

size_t
thread_pool_idle(struct thread_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    size_t idle = pool->idle > pool->queued ? pool->idle - pool->queued : 0;
    pthread_mutex_unlock(&pool->mutex);
    return idle;
}

void
thread_pool_free(struct thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->mutex);
    pool->ending = true;
    pthread_cond_broadcast(&pool->added);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t slot = 0; slot < pool->threads; slot++) {
        pthread_join(pool->members[slot].id, NULL);
    }
    pthread_cond_destroy(&pool->added);
    pthread_mutex_destroy(&pool->mutex);
    mem_free(pool->members);
    mem_free(pool->ring);
    mem_free(pool);
}
