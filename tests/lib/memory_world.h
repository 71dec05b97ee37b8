/* memory_world.h: the things of the provider in memory, and how they change with time.  Not
 * locked: memory_provider.c does that. */
#ifndef INVENTIV_TESTS_MEMORY_WORLD_H
#define INVENTIV_TESTS_MEMORY_WORLD_H

#include "base/arena.h"
#include "domain/operation.h"

enum memory_sort { MEMORY_SERVER, MEMORY_VOLUME, MEMORY_ADDRESS, MEMORY_GROUP };

enum { MEMORY_REF_SIZE = 40, MEMORY_TYPES_MAX = 16 };

/* One thing of any sort; which fields count depends on it. */
struct memory_thing {
    struct memory_thing *next;
    enum memory_sort sort;
    char ref[MEMORY_REF_SIZE];
    char *zone;
    char *name;
    char **tags;
    size_t tag_count;
    int64_t born_ms;
    char server_ref[MEMORY_REF_SIZE]; /* volumes and addresses: attached to; "" = nothing */
    /* servers */
    enum server_state state;
    enum server_state next_state; /* at due_ms */
    int64_t due_ms;               /* 0: it stays */
    char group_ref[MEMORY_REF_SIZE];
    char *user_data;
    /* volumes */
    int64_t size_bytes;
    bool is_data; /* none that a machine boots from */
    /* addresses */
    char address[MEMORY_REF_SIZE];
};

struct memory_world {
    struct memory_thing *things; /* in order of birth */
    int64_t now_ms;
    int64_t boot_ms;
    int64_t stop_ms;
    int64_t list_lag_ms;
    int born;
    struct type_view types[MEMORY_TYPES_MAX];
    size_t type_count;
};

/* Empties it and sets the defaults. */
void memory_world_reset(struct memory_world *world);
/* Applies what is due. */
void memory_world_settle(struct memory_world *world);

struct memory_thing *
memory_world_add(struct memory_world *world, enum memory_sort sort, const char *zone,
                 const char *name, const char *const *tags, size_t tag_count);
/* NULL: not there.  zone NULL: any. */
struct memory_thing *memory_world_find(struct memory_world *world, enum memory_sort sort,
                                       const char *zone, const char *ref);
void memory_world_remove(struct memory_world *world, struct memory_thing *thing);
void memory_thing_set_tags(struct memory_thing *thing, const char *const *tags, size_t count);
bool memory_thing_has_tags(const struct memory_thing *thing, const char *const *tags, size_t count);
/* A new address for a server that is powered on. */
void memory_world_give_address(struct memory_world *world, const struct memory_thing *server);

/* Views, copied into the arena. */
struct server_view memory_view_server(struct memory_world *world, struct arena *arena,
                                      const struct memory_thing *server);
struct volume_view memory_view_volume(struct arena *arena, const struct memory_thing *volume);
struct address_view memory_view_address(struct arena *arena, const struct memory_thing *address);
struct security_group_view memory_view_group(struct arena *arena, const struct memory_thing *group);

#endif
