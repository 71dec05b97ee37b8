#include "base/thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "check.h"

enum { THREADS = 3, WAITING = 4, MANY = 20000 };

/* A gate that work waits at until the test opens it. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int arrived;
    bool open;
} gate = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static atomic_int slots_seen[THREADS];

static void
wait_at_gate(void *argument, size_t slot)
{
    (void)argument;
    atomic_fetch_add(&slots_seen[slot], 1);
    pthread_mutex_lock(&gate.mutex);
    gate.arrived++;
    pthread_cond_broadcast(&gate.changed);
    while (!gate.open) {
        pthread_cond_wait(&gate.changed, &gate.mutex);
    }
    pthread_mutex_unlock(&gate.mutex);
}

static void
await_arrivals(int count)
{
    pthread_mutex_lock(&gate.mutex);
    while (gate.arrived < count) {
        pthread_cond_wait(&gate.changed, &gate.mutex);
    }
    pthread_mutex_unlock(&gate.mutex);
}

static void
open_gate(bool open)
{
    pthread_mutex_lock(&gate.mutex);
    gate.open = open;
    gate.arrived = 0;
    pthread_cond_broadcast(&gate.changed);
    pthread_mutex_unlock(&gate.mutex);
}

static void
test_bounds(void)
{
    struct thread_pool *pool = thread_pool_new("test", THREADS, WAITING);
    int accepted = 0;

    open_gate(false);
    CHECK_I64(thread_pool_idle(pool), THREADS);
    for (int i = 0; i < THREADS; i++) {
        accepted += thread_pool_add(pool, wait_at_gate, NULL);
    }
    await_arrivals(THREADS);
    CHECK_I64(thread_pool_idle(pool), 0);
    for (int i = 0; i < WAITING + 3; i++) {
        accepted += thread_pool_add(pool, wait_at_gate, NULL);
    }
    CHECK_I64(accepted, THREADS + WAITING);
    open_gate(true);
    thread_pool_free(pool);
    int ran = 0;
    for (int i = 0; i < THREADS; i++) {
        CHECK(atomic_load(&slots_seen[i]) > 0);
        ran += atomic_load(&slots_seen[i]);
    }
    CHECK_I64(ran, THREADS + WAITING); /* freeing ran what waited */
}

static void
test_no_waiting(void)
{
    struct thread_pool *pool = thread_pool_new("test", 2, 0);

    open_gate(false);
    CHECK(thread_pool_add(pool, wait_at_gate, NULL)); /* even before its threads have started */
    CHECK(thread_pool_add(pool, wait_at_gate, NULL));
    CHECK(!thread_pool_add(pool, wait_at_gate, NULL));
    open_gate(true);
    thread_pool_free(pool);
}

static void
count_up(void *argument, size_t slot)
{
    (void)slot;
    atomic_fetch_add((atomic_int *)argument, 1);
}

static void
test_many(void)
{
    struct thread_pool *pool = thread_pool_new("test", THREADS, MANY);
    atomic_int count = 0;

    for (int i = 0; i < MANY; i++) {
        CHECK(thread_pool_add(pool, count_up, &count));
    }
    thread_pool_free(pool);
    CHECK_I64(atomic_load(&count), MANY);
}

static void
note_name(void *argument, size_t slot)
{
    (void)slot;
    pthread_getname_np(pthread_self(), argument, 16);
}

static void
test_name(void)
{
    char name[16] = "";
    struct thread_pool *pool = thread_pool_new("a-very-long-name", 1, 1);

    CHECK(thread_pool_add(pool, note_name, name));
    thread_pool_free(pool);
    CHECK(strncmp(name, "a-very-long", 11) == 0 || strncmp(name, "test", 4) == 0);
}

int
main(void)
{
    check_run("work beyond the threads and the waiting room is refused, the rest runs once",
              test_bounds);
    check_run("without a waiting room each idle thread still takes a piece", test_no_waiting);
    check_run("nothing is lost among many pieces", test_many);
    check_run("threads bear the pool's name", test_name);
    thread_pool_free(NULL);
    return check_end();
}
