#include "domain/policy.h"

#include "domain/backoff.h"

struct policy
policy_load(const struct config *config)
{
    int64_t base_ms = config_ms(config, SETTING_HEALTH_CHECK_BASE_INTERVAL_SECONDS);
    bool backs_off = config_bool(config, SETTING_HEALTH_CHECK_BACKOFF_ENABLED);

    return (struct policy){
        .provisioning_ms = config_ms(config, SETTING_RECOVERY_PROVISIONING_TIMEOUT_SECONDS),
        .booting_ms = config_ms(config, SETTING_RECOVERY_BOOTING_TIMEOUT_SECONDS),
        .installing_ms = config_ms(config, SETTING_RECOVERY_INSTALLING_TIMEOUT_SECONDS),
        .starting_ms = config_ms(config, SETTING_RECOVERY_STARTING_TIMEOUT_SECONDS),
        .unavailable_ms = config_ms(config, SETTING_RECOVERY_UNAVAILABLE_TIMEOUT_SECONDS),
        .dead_ms = config_ms(config, SETTING_RECOVERY_DEAD_TIMEOUT_SECONDS),
        .draining_ms = config_ms(config, SETTING_DRAIN_TIMEOUT_SECONDS),
        .terminating_ms = config_ms(config, SETTING_RECOVERY_TERMINATING_TIMEOUT_SECONDS),
        .failed_retention_ms = config_ms(config, SETTING_FAILED_RETENTION_SECONDS),
        .heartbeat_fresh_ms = config_ms(config, SETTING_HEALTH_CHECK_HEARTBEAT_FRESH_SECONDS),
        .heartbeat_timeout_ms = config_ms(config, SETTING_WORKER_HEARTBEAT_TIMEOUT_SECONDS),
        .check_base_ms = base_ms,
        .check_backoff_max_ms =
            backs_off ? config_ms(config, SETTING_HEALTH_CHECK_BACKOFF_MAX_INTERVAL_SECONDS)
                      : base_ms,
        .probe_cache_ms = config_ms(config, SETTING_HEALTH_CHECK_CACHE_TTL_SECONDS),
        .provision_backoff_ms = config_ms(config, SETTING_PROVISION_BACKOFF_SECONDS),
        .provision_attempts_max = config_count(config, SETTING_PROVISION_MAX_ATTEMPTS),
        .list_lag_ms = config_ms(config, SETTING_PROVIDER_LIST_LAG_SECONDS),
        .gone_confirm_ms = config_ms(config, SETTING_PROVIDER_GONE_CONFIRM_SECONDS),
        .vanish_percent = config_count(config, SETTING_WATCH_DOG_MASS_VANISH_PERCENT),
        .vanish_minimum = config_count(config, SETTING_WATCH_DOG_MASS_VANISH_MINIMUM),
        .vanish_window_ms = config_ms(config, SETTING_WATCH_DOG_MASS_VANISH_WINDOW_SECONDS),
        .vanish_alone_ms = config_ms(config, SETTING_WATCH_DOG_SINGLE_VANISH_SECONDS),
        .volume_backoff_ms = config_ms(config, SETTING_VOLUME_DELETE_RETRY_BACKOFF_SECONDS),
        .volume_attempts_max = config_count(config, SETTING_VOLUME_DELETE_RETRY_MAX_ATTEMPTS),
        .settle_ms = config_ms(config, SETTING_PROVIDER_SETTLE_SECONDS),
    };
}

int64_t
policy_deletion_pause_ms(const struct policy *policy, int64_t attempts, uint32_t random)
{
    int64_t counted =
        attempts < policy->volume_attempts_max ? attempts : policy->volume_attempts_max;
    /* However it is set, no pause is longer than terminating should take. */
    int64_t longest_ms = policy->volume_backoff_ms > policy->terminating_ms
                             ? policy->volume_backoff_ms
                             : policy->terminating_ms;

    return backoff_ms(policy->volume_backoff_ms, longest_ms, counted, random);
}
