/* fault_rules.h: the rules that are set, and their dice.  Kept in memory alone: a restarted cloud
 * has none.  Each rule draws from a generator of its own, so that one seed and one order of calls
 * give one outcome, whatever other rules there are. */
#ifndef INVENTIV_MOCKCLOUD_FAULT_RULES_H
#define INVENTIV_MOCKCLOUD_FAULT_RULES_H

#include <stdint.h>

#include "mockcloud/fault.h"

enum { FAULT_ID_SIZE = 24 };

struct fault_rule {
    struct fault_rule *next;
    int64_t id;
    char id_text[FAULT_ID_SIZE];
    enum fault_kind kind;
    char *operation; /* these three: NULL means any */
    char *zone;
    char *server_id;
    double probability;
    int64_t count; /* how many times it still fires; -1: no end */
    double value;
    double jitter;
    int64_t seed;
    uint64_t chance; /* the generator's state */
    int64_t fired;
};

/* What a rule is held against. */
struct fault_place {
    const char *operation; /* NULL: none, and any rule's operation fits */
    const char *zone;
    const char *server_id;
};
struct fault_place fault_place_of_call(const struct call *call);
struct fault_place fault_place_of_server(const json_t *server);

/* Copies what wish says and borrows; gives it an id.  Borrowed, or NULL when there are
 * MOCKCLOUD_FAULTS_MAX already. */
struct fault_rule *fault_rules_add(struct cloud *cloud, const struct fault_rule *wish);
/* By the id as it was given out; borrowed, or NULL. */
const struct fault_rule *fault_rules_find(const struct cloud *cloud, const char *id);
void fault_rules_remove(struct cloud *cloud, int64_t id);
void fault_rules_clear(struct cloud *cloud);
/* A new reference: all of them, oldest first. */
json_t *fault_rules_view(const struct cloud *cloud);

/* Whether the rule fires here and now; if so, that is one of its times. */
bool fault_rules_fires(struct fault_rule *rule, struct fault_place place);
/* The first rule of that kind that fires; borrowed until the rules change; NULL: none. */
struct fault_rule *
fault_rules_draw(struct cloud *cloud, enum fault_kind kind, struct fault_place place);

/* The largest value of that kind's rules that can still fire; 0: none. */
double fault_rules_largest(const struct cloud *cloud, enum fault_kind kind);

/* Of the rule's own generator: below bound; its value, give or take its jitter. */
uint64_t fault_rules_below(struct fault_rule *rule, uint64_t bound);
double fault_rules_amount(struct fault_rule *rule);

#endif
