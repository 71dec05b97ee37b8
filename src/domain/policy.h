/* policy.h: every duration and limit that a decision rests on, read once from the settings. */
#ifndef INVENTIV_DOMAIN_POLICY_H
#define INVENTIV_DOMAIN_POLICY_H

#include "base/config.h"

/* All in ms but where said. */
struct policy {
    int64_t provisioning_ms;
    int64_t booting_ms;
    int64_t installing_ms;
    int64_t starting_ms;
    int64_t unavailable_ms;
    int64_t dead_ms;
    int64_t draining_ms;
    int64_t terminating_ms;
    int64_t failed_retention_ms;
    int64_t heartbeat_fresh_ms;   /* stands in for SSH and /readyz */
    int64_t heartbeat_timeout_ms; /* silence after which a worker counts as lost */
    int64_t check_base_ms;
    int64_t check_backoff_max_ms; /* equals check_base_ms where backing off is switched off */
    int64_t probe_cache_ms;
    int64_t provision_backoff_ms;
    int64_t provision_attempts_max; /* a count */
    int64_t list_lag_ms;
    int64_t gone_confirm_ms;
    int64_t vanish_percent;   /* of a zone's machines: above, it is a mass vanish ... */
    int64_t vanish_minimum;   /* ... from that many on (a count) */
    int64_t vanish_window_ms; /* what vanished in it counts together */
    int64_t vanish_alone_ms;  /* a zone's single machine is missed for so long */
    int64_t volume_backoff_ms;
    int64_t volume_attempts_max; /* a count */
    int64_t settle_ms;           /* between two looks at a machine that is changing by itself */
};

struct policy policy_load(const struct config *config);

/* After so many refused deletions in a row of a thing, until it is tried again. */
int64_t policy_deletion_pause_ms(const struct policy *policy, int64_t attempts, uint32_t random);

#endif
