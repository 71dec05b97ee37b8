/* wake_thread.h: starts the threads that talk to Redis; signals are the main thread's. */
#ifndef INVENTIV_STORE_WAKE_THREAD_H
#define INVENTIV_STORE_WAKE_THREAD_H

#include <pthread.h>

/* name: at most 15 bytes.  The caller joins it. */
pthread_t wake_thread_start(const char *name, void *(*main)(void *), void *argument);

#endif
