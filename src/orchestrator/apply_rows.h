/* apply_rows.h: decisions as the parameters of sql/queries/instance_apply.sql. */
#ifndef INVENTIV_ORCHESTRATOR_APPLY_ROWS_H
#define INVENTIV_ORCHESTRATOR_APPLY_ROWS_H

#include "orchestrator/case.h"

/* JSON texts in the arena. */
struct apply_rows {
    const char *decisions;
    const char *marks;
    const char *things;
    const char *probes;
    const char *journal;
};

/* health: the cycle was a health check, whose failures are counted apart. */
struct apply_rows
apply_rows_make(struct arena *arena, const struct instance_case *cases, size_t count, bool health);

#endif
