#include "mockcloud/ghosts.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

/* So many things removed last are remembered, however long lists lag. */
enum { GHOSTS_MAX = 1000 };

static void
ghosts_cut(struct ghost **link)
{
    while (*link != NULL) {
        struct ghost *ghost = *link;
        *link = ghost->next;
        json_decref(ghost->thing);
        mem_free(ghost);
    }
}

void
ghosts_free(struct world *world)
{
    ghosts_cut(&world->ghosts);
}

void
ghosts_add(struct world *world, const json_t *table, json_t *thing)
{
    int64_t now_ms = clock_wall_ms();
    struct ghost **link = &world->ghosts;

    for (int count = 1;
         count < GHOSTS_MAX && *link != NULL && now_ms - (*link)->removed_ms < world->ghost_ms;
         count++) {
        link = &(*link)->next;
    }
    ghosts_cut(link);
    if (world->ghost_ms > 0) {
        struct ghost *ghost = mem_zalloc(sizeof *ghost);
        ghost->next = world->ghosts;
        ghost->table = table;
        ghost->thing = json_incref(thing);
        ghost->removed_ms = now_ms;
        world->ghosts = ghost;
    }
}

static size_t
ghosts_position(const json_t *rows, const json_t *thing)
{
    int64_t born_ms = json_get_i64(thing, "created_ms", 0);
    size_t index = json_array_size(rows);

    while (index > 0 && json_get_i64(json_array_get(rows, index - 1), "created_ms", 0) > born_ms) {
        index--;
    }
    return index;
}

void
ghosts_merge(const struct world *world, const json_t *table, int64_t lag_ms, int64_t now_ms,
             json_t *rows)
{
    for (const struct ghost *ghost = world->ghosts; ghost != NULL; ghost = ghost->next) {
        if (ghost->table == table && now_ms - ghost->removed_ms < lag_ms) {
            json_array_insert(rows, ghosts_position(rows, ghost->thing), ghost->thing);
        }
    }
}
