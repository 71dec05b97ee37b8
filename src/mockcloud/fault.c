#include "mockcloud/fault.h"

#include <string.h>

#include "mockcloud/fault_calls.h"
#include "mockcloud/fault_machines.h"
#include "mockcloud/routes.h"

#define LISTS_OF_THINGS "server_list local_volume_list volume_list address_list security_group_list"
#define CREATES "server_create local_volume_create volume_create address_create "
#define GROWS "local_volume_update volume_update security_group_create security_group_rule_create "

/* In the order in which they are asked where several could apply. */
const struct fault faults[FAULT_KIND_COUNT_] = {
    [FAULT_LATENCY] = { .name = "latency",
                        .moment = FAULT_ON_ARRIVAL,
                        .operations = FAULT_ANY,
                        .takes_value = true,
                        .takes_jitter = true },
    [FAULT_UNAUTHORIZED] = { .name = "unauthorized",
                             .moment = FAULT_INSTEAD,
                             .operations = FAULT_ANY,
                             .on_call = fault_calls_deny },
    [FAULT_THROTTLE] = { .name = "throttle",
                         .moment = FAULT_INSTEAD,
                         .operations = FAULT_ANY,
                         .takes_value = true,
                         .value = 1,
                         .on_call = fault_calls_throttle },
    [FAULT_ERROR_500] = { .name = "error_500",
                          .moment = FAULT_INSTEAD,
                          .operations = FAULT_ANY,
                          .on_call = fault_calls_fail },
    [FAULT_QUOTA] = { .name = "quota",
                      .moment = FAULT_INSTEAD,
                      .operations = CREATES GROWS "server_action",
                      .on_call = fault_calls_exceed_quota },
    [FAULT_OUT_OF_STOCK] = { .name = "out_of_stock",
                             .moment = FAULT_INSTEAD,
                             .operations = "server_create server_action " FAULT_BOOT,
                             .on_call = fault_calls_lack_stock },
    [FAULT_ERROR_AFTER_WORK] = { .name = "error_after_work",
                                 .moment = FAULT_AFTER_WORK,
                                 .operations = FAULT_ANY,
                                 .on_call = fault_calls_fail_late },
    [FAULT_CUT_REPLY] = { .name = "cut_reply",
                          .moment = FAULT_AFTER_WORK,
                          .operations = FAULT_ANY,
                          .on_call = fault_calls_cut },
    [FAULT_LOST_REPLY] = { .name = "lost_reply",
                           .moment = FAULT_AFTER_WORK,
                           .operations = FAULT_ANY,
                           .on_call = fault_calls_lose },
    [FAULT_LIST_LAG] = { .name = "list_lag",
                         .moment = FAULT_ON_LIST,
                         .operations = LISTS_OF_THINGS,
                         .takes_value = true,
                         .value = 1 },
    [FAULT_LIST_SHORT] = { .name = "list_short",
                           .moment = FAULT_ON_LIST,
                           .operations = LISTS_OF_THINGS " product_list image_list",
                           .takes_value = true,
                           .value = 1 },
    [FAULT_NEVER_BOOTS] = { .name = "never_boots",
                            .moment = FAULT_WHEN_STARTS,
                            .operations = "",
                            .on_server = fault_machines_hold },
    [FAULT_NO_SSH] = { .name = "no_ssh",
                       .moment = FAULT_WHEN_BOOTS,
                       .operations = "",
                       .takes_value = true },
    [FAULT_STOPPED] = { .name = "stopped",
                        .moment = FAULT_WHILE_RUNS,
                        .operations = "poweroff stop_in_place",
                        .takes_value = true,
                        .takes_jitter = true,
                        .on_server = fault_machines_doom },
    [FAULT_DELETED] = { .name = "deleted",
                        .moment = FAULT_WHILE_EXISTS,
                        .operations = "",
                        .takes_value = true,
                        .takes_jitter = true,
                        .on_server = fault_machines_doom },
};

enum fault_kind
fault_find(const char *name)
{
    enum fault_kind kind = 0;

    while (kind < FAULT_KIND_COUNT_ && strcmp(faults[kind].name, name) != 0) {
        kind++;
    }
    return kind;
}

const char *
fault_operations(enum fault_kind kind)
{
    const char *own = faults[kind].operations;

    return strcmp(own, FAULT_ANY) == 0 ? routes_provider_operations : own;
}

bool
fault_has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    while (*words != '\0') {
        size_t here = strcspn(words, " ");
        if (here == length && strncmp(words, word, length) == 0) {
            return true;
        }
        words += here + (words[here] == ' ' ? 1 : 0);
    }
    return false;
}

bool
fault_has_operation(enum fault_kind kind, const char *operation)
{
    return fault_has_word(fault_operations(kind), operation);
}
