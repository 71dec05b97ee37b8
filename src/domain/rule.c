#include "domain/rule.h"

#include <string.h>

static const struct {
    const char *name;
    const char *when;
} rules[INSTANCE_RULE_COUNT_] = { [RULE_NONE] = { "none", "nothing fits" },
#define X(id, name, when) [RULE_##id] = { (name), (when) },
                                  INSTANCE_RULES(X)
#undef X
};

const char *
rule_name(enum instance_rule rule)
{
    return rules[rule].name;
}

bool
rule_parse(const char *name, enum instance_rule *out)
{
    for (int i = RULE_NONE + 1; i < INSTANCE_RULE_COUNT_; i++) {
        if (strcmp(name, rules[i].name) == 0) {
            *out = (enum instance_rule)i;
            return true;
        }
    }
    return false;
}

const char *
rule_when(enum instance_rule rule)
{
    return rules[rule].when;
}
