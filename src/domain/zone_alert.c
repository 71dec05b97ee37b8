#include "domain/zone_alert.h"

bool
zone_alert_of(enum answer_class answer, enum alert_name *out)
{
    if (answer != ANSWER_DENIED && answer != ANSWER_QUOTA) {
        return false;
    }
    *out = answer == ANSWER_DENIED ? ALERT_PROVIDER_CREDENTIALS_REFUSED : ALERT_PROVIDER_QUOTA;
    return true;
}

bool
zone_alert_is_over(const struct zone_alert_facts *facts, int64_t rest_ms, int64_t now_ms)
{
    int64_t quiet_ms = facts->touched_ms + 2 * rest_ms; /* Whoever waited for the rest has asked. */

    if (facts->name == ALERT_PROVIDER_QUOTA) {
        return facts->created_ms > facts->touched_ms || now_ms > quiet_ms;
    }
    return facts->name == ALERT_PROVIDER_CREDENTIALS_REFUSED && facts->listed_ms > quiet_ms;
}
