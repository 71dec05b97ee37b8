#include "orchestrator/calls.h"

void
calls_run(struct job_cycle *cycle, struct provider **owners, struct provider_call **calls,
          size_t count)
{
    struct provider_call **mine = arena_array(cycle->arena, struct provider_call *, count + 1);
    bool *done = arena_array(cycle->arena, bool, count + 1);

    for (size_t i = 0; i < count; i++) {
        size_t length = 0;
        for (size_t j = i; j < count; j++) {
            if (!done[j] && owners[j] == owners[i]) {
                mine[length++] = calls[j];
                done[j] = true;
            }
        }
        if (length > 0) {
            provider_run(owners[i], cycle->arena, mine, length);
        }
    }
    cycle->calls += count;
}
