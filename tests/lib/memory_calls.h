/* memory_calls.h: what each kind of call does to the world in memory.  Fills the call's answer. */
#ifndef INVENTIV_TESTS_MEMORY_CALLS_H
#define INVENTIV_TESTS_MEMORY_CALLS_H

#include "memory_world.h"
#include "provider/provider.h"

void memory_calls_do(struct memory_world *world, struct arena *arena, struct provider_call *call);

#endif
