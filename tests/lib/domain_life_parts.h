/* domain_life_parts.h: what domain_cloud.c (the provider) does for domain_life.c (the rows). */
#ifndef INVENTIV_TESTS_DOMAIN_LIFE_PARTS_H
#define INVENTIV_TESTS_DOMAIN_LIFE_PARTS_H

#include "domain_life.h"

/* What a look points to. */
struct life_look {
    struct server_view listed[LIFE_MACHINES_MAX];
    enum answer_class volume_classes[LIFE_THINGS_MAX];
    enum answer_class address_classes[LIFE_THINGS_MAX];
    struct volume_view volume_views[LIFE_THINGS_MAX];
};

/* True in so many of a hundred cases. */
bool life_draw(struct life *life, int per_cent);
/* The machine with that id, volume or address; NULL when there never was one. */
struct life_machine *life_machine_of(struct life *life, const char *ref);
/* A machine that is not born yet; NULL when there is no room. */
struct life_machine *life_machine_add(struct life *life, const char *op_id);
/* What time brings about. */
void life_world_moves(struct life *life);
/* The provider does it. */
void life_does(struct life *life, const struct act *act, const char *op_id);
void life_look(struct life *life, struct life_look *look, struct seen *seen);

#endif
