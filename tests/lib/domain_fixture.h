/* domain_fixture.h: rows of the tables that say what is decided when.  A row gives what the rows of
 * the database tell and what was seen, over defaults that hold for a healthy instance, and what
 * must come of it.  Times are given as NOW plus or minus something. */
#ifndef INVENTIV_TESTS_DOMAIN_FIXTURE_H
#define INVENTIV_TESTS_DOMAIN_FIXTURE_H

#include "domain/decide.h"

#define NOW INT64_C(1700000000000)

enum {
    ROW_OPERATIONS_MAX = 8,
    ROW_THINGS_MAX = 4,
    ROW_LISTED_MAX = 3,
    ROW_MARKS_MAX = 3,
    NEVER = -1,    /* .in_ms: not by itself */
    WHENEVER = -2, /* .in_ms: not what the row is about */
    NO_PLAN = 1,   /* .flags: the look is as the row says, not as planned */
};

#define AN_HOUR INT64_C(3600000)

/* The defaults' numbers (ms), each different where it matters. */
struct policy domain_policy(void);

struct domain_expectation {
    enum instance_rule rule;
    enum instance_state to; /* where there is a rule */
    const char *act;        /* name of the call; NULL: none */
    const char *ref;        /* of the act */
    int64_t in_ms;          /* the next run; 0 is at once */
    bool failed;
    struct mark marks[ROW_MARKS_MAX]; /* all of them; an end is an id of NULL */
    const char *record_ref;
    bool records_things;
    const char *address;
    const char *error_code;
    const char *message; /* NULL: not what the row is about */
};

struct domain_row {
    const char *name;
    struct instance instance;
    struct operation operations[ROW_OPERATIONS_MAX]; /* an end is an op_id of NULL */
    struct rented volumes[ROW_THINGS_MAX];           /* an end is a ref of NULL */
    struct rented addresses[ROW_THINGS_MAX];
    struct seen seen;
    struct server_view server; /* what the look by id showed; ref NULL: nothing */
    struct server_view listed[ROW_LISTED_MAX];
    enum answer_class volume_classes[ROW_THINGS_MAX];
    enum answer_class address_classes[ROW_THINGS_MAX];
    struct volume_view volume_views[ROW_THINGS_MAX];
    unsigned flags;
    struct domain_expectation then;
};

/* Instance and look of a row, with defaults; what they point to lies in the row. */
struct instance domain_instance(struct domain_row *row);
struct seen domain_seen(struct domain_row *row, const struct instance *instance);
/* Decides at NOW without jitter (delays are half of their longest). */
struct decision domain_decide(const struct domain_row *row);
/* Decides and compares with row->then. */
void domain_check(const struct domain_row *row);
void domain_check_all(const struct domain_row *rows, size_t count);
#define DOMAIN_CHECK_ALL(rows) domain_check_all((rows), sizeof(rows) / sizeof((rows)[0]))

bool domain_has_mark(const struct decision *decision, enum mark_kind kind, const char *id);

#endif
