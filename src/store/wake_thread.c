#include "store/wake_thread.h"

#include <signal.h>
#include <stdlib.h>

pthread_t
wake_thread_start(const char *name, void *(*main)(void *), void *argument)
{
    sigset_t all;
    sigset_t before;
    pthread_t id;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&id, NULL, main, argument) != 0) {
        abort(); /* as fatal as being out of memory */
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_setname_np(id, name);
    return id;
}
