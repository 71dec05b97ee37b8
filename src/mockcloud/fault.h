/* fault.h: what the local cloud can be told to do wrong.  One table says what each fault is called,
 * when it applies, what a rule may say about it and what it does; the rules themselves are in
 * fault_rules.h, what they do in fault_calls.c, fault_latency.c, fault_lists.c, fault_machines.c. */
#ifndef INVENTIV_MOCKCLOUD_FAULT_H
#define INVENTIV_MOCKCLOUD_FAULT_H

#include <jansson.h>
#include <stdbool.h>

#include "mockcloud/call.h"
#include "mockcloud/cloud.h"

struct fault_rule;

enum fault_kind {
    FAULT_LATENCY,
    FAULT_UNAUTHORIZED,
    FAULT_THROTTLE,
    FAULT_ERROR_500,
    FAULT_QUOTA,
    FAULT_OUT_OF_STOCK,
    FAULT_ERROR_AFTER_WORK,
    FAULT_CUT_REPLY,
    FAULT_LOST_REPLY,
    FAULT_LIST_LAG,
    FAULT_LIST_SHORT,
    FAULT_NEVER_BOOTS,
    FAULT_NO_SSH,
    FAULT_STOPPED,
    FAULT_DELETED,
    FAULT_KIND_COUNT_
};

enum fault_moment {
    FAULT_ON_ARRIVAL,   /* a call has come; nothing is done */
    FAULT_INSTEAD,      /* in place of the call's work */
    FAULT_AFTER_WORK,   /* the work is done, its reply is ready */
    FAULT_ON_LIST,      /* while a list is made */
    FAULT_WHEN_STARTS,  /* a machine begins to start, or starts when the rule is set */
    FAULT_WHEN_BOOTS,   /* its processes are about to run */
    FAULT_WHILE_RUNS,   /* it runs, or runs when the rule is set */
    FAULT_WHILE_EXISTS, /* it runs, or exists in any state when the rule is set */
};

struct fault {
    const char *name;
    enum fault_moment moment;
    /* What a rule may name as operation, with blanks between; FAULT_ANY: each of the provider's. */
    const char *operations;
    bool takes_value;
    bool takes_jitter;
    double value; /* when a rule gives none */
    void (*on_call)(struct call *call, const struct fault_rule *rule);
    /* amount: the rule's value, give or take its jitter. */
    void (*on_server)(struct cloud *cloud, json_t *server, const struct fault_rule *rule,
                      double amount);
};

#define FAULT_ANY "*"
/* No call of the API: what happens when an accepted power-on comes to its machine. */
#define FAULT_BOOT "boot"

extern const struct fault faults[FAULT_KIND_COUNT_];

/* FAULT_KIND_COUNT_: there is none of that name. */
enum fault_kind fault_find(const char *name);
/* What a rule may name as operation, with blanks between. */
const char *fault_operations(enum fault_kind kind);
/* Whether the text, words with blanks between, holds that word. */
bool fault_has_word(const char *words, const char *word);
bool fault_has_operation(enum fault_kind kind, const char *operation);

#endif
