#include "orchestrator/tags.h"

#include "domain/operation.h"

const char *const *
tags_of_create(struct arena *arena, const char *fleet_id, const char *instance_id,
               const char *op_id)
{
    const char **tags = arena_array(arena, const char *, TAGS_OF_CREATE);

    tags[0] = arena_printf(arena, "inventiv-fleet=%s", fleet_id);
    tags[1] = arena_printf(arena, INSTANCE_TAG "%s", instance_id);
    tags[2] = arena_printf(arena, OPERATION_TAG "%s", op_id);
    tags[3] = "inventiv-agents";
    tags[4] = "worker";
    return tags;
}

const char *const *
tags_of_instance(struct arena *arena, const char *fleet_id, const char *instance_id)
{
    return tags_of_create(arena, fleet_id, instance_id, "");
}

const char *const *
tags_of_fleet(struct arena *arena, const char *fleet_id)
{
    return tags_of_create(arena, fleet_id, "", "");
}
