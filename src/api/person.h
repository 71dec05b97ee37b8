/* person.h: who asks, and what they may do. */
#ifndef INVENTIV_API_PERSON_H
#define INVENTIV_API_PERSON_H

#include <stdbool.h>

/* Each role may do what those before it may; a worker is no person and shares nothing. */
#define ROLES(X)                                                                                   \
    X(NOBODY, "nobody")                                                                            \
    X(VIEWER, "viewer")                                                                            \
    X(OPERATOR, "operator")                                                                        \
    X(ADMIN, "admin")                                                                              \
    X(WORKER, "worker")

enum role {
#define X(id, name) ROLE_##id,
    ROLES(X)
#undef X
};

struct person {
    enum role role;
    const char *session_id;
    const char *user_id; /* NULL for nobody */
    const char *email;
    const char *username;
    const char *first_name; /* or NULL */
    const char *last_name;  /* or NULL */
};

const char *role_name(enum role role);
/* The role of a user's row; ROLE_NOBODY when unknown. */
enum role role_parse(const char *name);
bool role_allows(enum role has, enum role needed);

#endif
